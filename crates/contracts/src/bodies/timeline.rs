use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::{TimelineEvent, TimelineItem, UserId};
use utoipa::ToSchema;

use super::ActorKind;

/// What happened to an account, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Timeline {
    /// What happened.
    pub items: Vec<TimelineEntry>,
    /// What to send as `cursor` for what happened before; null at the end.
    pub next_cursor: Option<String>,
}

/// Something that happened. What a kind does not have is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimelineEntry {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What it was.
    pub kind: TimelineKind,
    /// The session that was opened, or is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015")]
    pub session_id: Option<String>,
    /// Why a sign-in failed (`wrong_password`, `inactive`, `locked`), or how a session ended (`ended`, `expired`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "wrong_password")]
    pub reason: Option<String>,
    /// What was changed, as in the audit trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "USER_UPDATED")]
    pub action: Option<String>,
    /// What kind of actor changed it. Like `actor_id`, a user sees it only for their own changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_kind: Option<ActorKind>,
    /// Who changed it. Users are told of themselves alone, administrators of everyone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "admin")]
    pub actor_id: Option<String>,
    /// How they were called then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "System Administrator")]
    pub actor_name: Option<String>,
    /// What changed, before → after.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "name: John Doe → John D. Doe")]
    pub details: Option<String>,
    /// The address it was done from, if the reader may know.
    #[schema(example = "127.0.0.1")]
    pub ip_address: Option<String>,
    /// The browser or program it was done with, if the reader may know.
    #[schema(example = "curl/8.5.0")]
    pub user_agent: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// The user signed in.
    SignIn,
    /// Somebody tried to sign in as the user.
    SignInFailed,
    /// A session ended.
    SessionEnded,
    /// The account was changed.
    Change,
}

/// As administrators read it.
impl From<TimelineItem> for TimelineEntry {
    fn from(item: TimelineItem) -> Self {
        let bare = |kind| Self::bare(item.cursor.at, kind);
        let entry = match item.event {
            TimelineEvent::SignIn { session } => {
                Self { session_id: session.map(|session| session.to_string()), ..bare(TimelineKind::SignIn) }
            }
            TimelineEvent::FailedSignIn { reason } => Self { reason: Some(reason), ..bare(TimelineKind::SignInFailed) },
            TimelineEvent::SessionEnd { session, expired } => Self {
                session_id: Some(session.to_string()),
                reason: Some(if expired { "expired" } else { "ended" }.to_owned()),
                ..bare(TimelineKind::SessionEnded)
            },
            TimelineEvent::Change { action, actor_kind, actor_id, actor_name, details } => Self {
                action: Some(action),
                actor_kind: Some(actor_kind.into()),
                actor_id: Some(actor_id),
                actor_name: Some(actor_name),
                details,
                ..bare(TimelineKind::Change)
            },
        };
        Self { ip_address: item.origin.ip_address, user_agent: item.origin.user_agent, ..entry }
    }
}

impl TimelineEntry {
    /// Something that happened then, with nothing more known of it.
    #[must_use]
    pub fn bare(at: DateTime<Utc>, kind: TimelineKind) -> Self {
        Self {
            at,
            kind,
            session_id: None,
            reason: None,
            action: None,
            actor_kind: None,
            actor_id: None,
            actor_name: None,
            details: None,
            ip_address: None,
            user_agent: None,
        }
    }

    /// As `reader`, whom it is about, reads it: who else changed something, and from where, is not theirs to know.
    #[must_use]
    pub fn for_user(self, reader: &UserId) -> Self {
        let is_ones_own = |id: &String| id.eq_ignore_ascii_case(reader.as_str());
        // The program may have the id of a user.
        let is_by_user = self.actor_kind.is_none_or(|kind| kind == ActorKind::User);
        match self.kind {
            TimelineKind::Change if !(is_by_user && self.actor_id.as_ref().is_some_and(is_ones_own)) => {
                Self { actor_kind: None, actor_id: None, actor_name: None, ip_address: None, user_agent: None, ..self }
            }
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::timeline::EventSource;
    use steward_domain::{Origin, TimelineCursor};

    use super::*;

    fn change_by(actor: &str) -> TimelineEntry {
        let event = TimelineEvent::Change {
            action: "USER_UPDATED".to_owned(),
            actor_kind: steward_domain::ActorKind::User,
            actor_id: actor.to_owned(),
            actor_name: "The Boss".to_owned(),
            details: Some("role: user → admin".to_owned()),
        };
        let cursor = TimelineCursor { at: DateTime::UNIX_EPOCH, source: EventSource::Changes, id: 1 };
        TimelineItem { cursor, event, origin: Origin::new(Some([192, 0, 2, 7].into()), Some("curl/8")) }.into()
    }

    #[test]
    fn a_user_with_the_id_of_the_program_is_not_told_that_it_was_themself() {
        let system = UserId::parse("system").unwrap();
        let by_program = TimelineEntry { actor_kind: Some(ActorKind::System), ..change_by("system") };
        assert_eq!(by_program.for_user(&system).actor_id, None);
        assert_eq!(change_by("system").for_user(&system), change_by("system"));
    }

    #[test]
    fn a_user_is_told_what_an_administrator_did_and_not_who_or_where() {
        let alice = UserId::parse("Alice").unwrap();
        let told = serde_json::to_string(&change_by("boss").for_user(&alice)).unwrap();
        assert!(told.contains("role: user → admin"), "{told}");
        for secret in ["boss", "Boss", "192.0.2.7", "curl"] {
            assert!(!told.contains(secret), "{told}");
        }
        assert_eq!(change_by("ALICE").for_user(&alice), change_by("ALICE"));
    }
}
