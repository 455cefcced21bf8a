use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::{AccountExport, AuditRecord, Excerpt, ExportedMail, ExportedSession, ExportedSignIn, UserId};
use utoipa::ToSchema;

use super::{ActorKind, ProfileBody, SegmentBody, UserBody, instant};

/// Everything that is stored about the caller, without secrets. Lists are sorted newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = AccountExport)]
pub struct AccountExportBody {
    /// When the data was read.
    #[serde(serialize_with = "instant::serialize")]
    pub exported_at: DateTime<Utc>,
    /// Maximum number of items in each list.
    #[schema(example = 10_000)]
    pub limit: u32,
    /// The lists that are cut to the limit.
    #[schema(example = json!([]))]
    pub truncated: Vec<String>,
    /// The account.
    pub account: UserBody,
    /// The profile. `GET /api/auth/me/avatar` returns the picture.
    pub profile: ProfileBody,
    /// The sessions, open or over.
    pub sessions: Vec<ExportedSessionBody>,
    /// The sign-in attempts.
    pub sign_ins: Vec<ExportedSignInBody>,
    /// The audit entries with the caller as actor or target.
    pub audit_entries: Vec<ExportedAuditEntry>,
    /// The mails to the caller.
    pub mails: Vec<ExportedMailBody>,
    /// The saved filters of the user list.
    pub segments: Vec<SegmentBody>,
}

impl AccountExportBody {
    /// Converts an export that was read at `exported_at` with this `limit`.
    pub fn new(export: AccountExport, limit: u32, exported_at: DateTime<Utc>) -> Self {
        let AccountExport { user, profile, sessions, sign_ins, audit_entries, mails, segments } = export;
        let mut truncated = Vec::new();
        let user_id = user.user_id.clone();
        Self {
            exported_at,
            limit,
            account: user.into(),
            profile: profile.into(),
            sessions: list("sessions", sessions, &mut truncated),
            sign_ins: list("sign_ins", sign_ins, &mut truncated),
            audit_entries: entries("audit_entries", audit_entries, &user_id, &mut truncated),
            mails: list("mails", mails, &mut truncated),
            segments: segments.into_iter().map(Into::into).collect(),
            truncated,
        }
    }
}

fn list<T, Body: From<T>>(name: &str, excerpt: Excerpt<T>, truncated: &mut Vec<String>) -> Vec<Body> {
    if excerpt.is_truncated {
        truncated.push(name.to_owned());
    }
    excerpt.items.into_iter().map(Into::into).collect()
}

fn entries(
    name: &str,
    excerpt: Excerpt<AuditRecord>,
    reader: &UserId,
    truncated: &mut Vec<String>,
) -> Vec<ExportedAuditEntry> {
    let Excerpt { items, is_truncated } = excerpt;
    let items = items.into_iter().map(|record| ExportedAuditEntry::for_user(record, reader)).collect();
    list(name, Excerpt { items, is_truncated }, truncated)
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ExportedSession)]
pub struct ExportedSessionBody {
    /// The id.
    #[schema(example = "4f2d9c1e7a6b8d30f1e2c3b4a5968778")]
    pub id: String,
    /// When the caller signed in.
    #[serde(serialize_with = "instant::serialize")]
    pub created_at: DateTime<Utc>,
    /// When the session was last used.
    #[serde(serialize_with = "instant::serialize")]
    pub last_seen_at: DateTime<Utc>,
    /// When the session expires or expired.
    #[serde(serialize_with = "instant::serialize")]
    pub expires_at: DateTime<Utc>,
    /// When the session ended; null if it did not end before it expires.
    #[serde(serialize_with = "instant::option::serialize")]
    pub ended_at: Option<DateTime<Utc>>,
    /// The client's address.
    #[schema(example = "192.0.2.7")]
    pub ip_address: Option<String>,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
}

impl From<ExportedSession> for ExportedSessionBody {
    fn from(session: ExportedSession) -> Self {
        Self {
            id: session.id.to_string(),
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            expires_at: session.expires_at,
            ended_at: session.ended_at,
            ip_address: session.origin.ip_address,
            user_agent: session.origin.user_agent,
        }
    }
}

/// A sign-in attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ExportedSignIn)]
pub struct ExportedSignInBody {
    /// When the attempt happened.
    #[serde(serialize_with = "instant::serialize")]
    pub at: DateTime<Utc>,
    /// The reason of a failure; null for a success.
    #[schema(example = "wrong_password")]
    pub reason: Option<String>,
    /// The id of the opened session.
    pub session_id: Option<String>,
    /// The client's address.
    #[schema(example = "192.0.2.7")]
    pub ip_address: Option<String>,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
}

impl From<ExportedSignIn> for ExportedSignInBody {
    fn from(sign_in: ExportedSignIn) -> Self {
        Self {
            at: sign_in.at,
            reason: sign_in.reason,
            session_id: sign_in.session.map(|session| session.to_string()),
            ip_address: sign_in.origin.ip_address,
            user_agent: sign_in.origin.user_agent,
        }
    }
}

/// An audit entry, without data of other users: neither the actor and the origin of another user's action, nor the details
/// of an action on another user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportedAuditEntry {
    /// When the action happened.
    #[serde(serialize_with = "instant::serialize")]
    pub timestamp: DateTime<Utc>,
    /// The kind of the actor.
    pub actor_kind: ActorKind,
    /// Whether the caller is the actor.
    pub is_own: bool,
    /// The action.
    #[schema(example = "PASSWORD_CHANGED")]
    pub action: String,
    /// User id of the target.
    #[schema(example = "user123")]
    pub target: Option<String>,
    /// The changed fields.
    pub details: Option<String>,
    /// The client's address.
    #[schema(example = "192.0.2.7")]
    pub ip_address: Option<String>,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
}

impl ExportedAuditEntry {
    /// Converts an entry for `reader`.
    fn for_user(record: AuditRecord, reader: &UserId) -> Self {
        let is_reader = |id: &str| id.eq_ignore_ascii_case(reader.as_str());
        // A user may have the same id as the program.
        let is_own = record.actor_kind == steward_domain::ActorKind::User && is_reader(&record.actor_id);
        let is_target = record.target.as_deref().is_some_and(is_reader);
        Self {
            timestamp: record.timestamp,
            actor_kind: record.actor_kind.into(),
            is_own,
            action: record.action,
            target: record.target,
            details: record.details.filter(|_| is_target),
            ip_address: record.origin.ip_address.filter(|_| is_own),
            user_agent: record.origin.user_agent.filter(|_| is_own),
        }
    }
}

/// A mail. Its text is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ExportedMail)]
pub struct ExportedMailBody {
    /// The kind.
    #[schema(example = "password_changed")]
    pub kind: String,
    /// The address that the mail goes to.
    #[schema(example = "john.doe@example.com")]
    pub recipient: String,
    /// The state: `queued`, `sent`, `failed` or `cancelled`.
    #[schema(example = "sent")]
    pub state: String,
    /// When the cause of the mail happened.
    #[serde(serialize_with = "instant::serialize")]
    pub created_at: DateTime<Utc>,
    /// When a mail server accepted the mail.
    #[serde(serialize_with = "instant::option::serialize")]
    pub sent_at: Option<DateTime<Utc>>,
}

impl From<ExportedMail> for ExportedMailBody {
    fn from(mail: ExportedMail) -> Self {
        Self {
            kind: mail.kind,
            recipient: mail.address,
            state: mail.state.as_str().to_owned(),
            created_at: mail.created_at,
            sent_at: mail.sent_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::Origin;

    use super::*;

    fn entry(actor: &str, target: Option<&str>) -> ExportedAuditEntry {
        let record = AuditRecord {
            id: 1,
            timestamp: DateTime::UNIX_EPOCH,
            actor_kind: steward_domain::ActorKind::User,
            actor_id: actor.to_owned(),
            actor_name: "A name".to_owned(),
            action: "USER_UPDATED".to_owned(),
            target: target.map(str::to_owned),
            details: Some("name: Kim → Lee".to_owned()),
            origin: Origin::new(Some([192, 0, 2, 7].into()), Some("curl/8")),
        };
        ExportedAuditEntry::for_user(record, &UserId::parse("Alice").unwrap())
    }

    #[test]
    fn an_entry_has_no_data_of_other_users() {
        for (actor, target, is_own, has_details) in [
            ("ALICE", Some("alice"), true, true),
            ("alice", Some("bob"), true, false),
            ("alice", None, true, false),
            ("boss", Some("alice"), false, true),
        ] {
            let entry = entry(actor, target);
            assert_eq!((entry.is_own, entry.details.is_some()), (is_own, has_details), "{actor} {target:?}");
            assert_eq!((entry.ip_address.is_some(), entry.user_agent.is_some()), (is_own, is_own));
            let json = serde_json::to_string(&entry).unwrap();
            assert!(!json.contains("boss") && !json.contains("A name"), "{json}");
        }
    }
}
