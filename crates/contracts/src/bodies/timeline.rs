use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::{TimelineEvent, TimelineItem, UserId};
use utoipa::ToSchema;

use super::{ActorKind, MailState};

/// The history of an account, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Timeline {
    /// The events.
    pub items: Vec<TimelineEntry>,
    /// Cursor for earlier events; null at the end.
    pub next_cursor: Option<String>,
}

/// An event. Fields that do not apply to its kind are omitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimelineEntry {
    /// When the event happened.
    pub at: DateTime<Utc>,
    /// The kind of the event.
    pub kind: TimelineKind,
    /// The session that began or ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015")]
    pub session_id: Option<String>,
    /// The reason of a failed sign-in (`wrong_password`, `inactive`, `locked`) or of the end of a session (`ended`,
    /// `expired`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "wrong_password")]
    pub reason: Option<String>,
    /// The action, as in the audit trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "USER_UPDATED")]
    pub action: Option<String>,
    /// The kind of the actor. Like `actor_id`, users see it only for their own actions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_kind: Option<ActorKind>,
    /// User id of the actor. Users see only themselves; administrators see all actors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "admin")]
    pub actor_id: Option<String>,
    /// The actor's name at that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "System Administrator")]
    pub actor_name: Option<String>,
    /// The changed fields, before → after.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "name: John Doe → John D. Doe")]
    pub details: Option<String>,
    /// The client's address, if the reader may see it.
    #[schema(example = "127.0.0.1")]
    pub ip_address: Option<String>,
    /// The client's user agent, if the reader may see it.
    #[schema(example = "curl/8.5.0")]
    pub user_agent: Option<String>,
    /// The mail; `at` is the time of its cause. Only administrators see mails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<TimelineMail>,
}

/// A mail in a timeline, without its text and link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimelineMail {
    /// What the mail is about, as in the outbox.
    #[schema(example = "password_changed")]
    pub kind: String,
    /// The state.
    pub state: MailState,
    /// Number of attempts to send it.
    #[schema(example = 1)]
    pub attempts: u32,
    /// When a mail server accepted the mail.
    pub sent_at: Option<DateTime<Utc>>,
}

/// The kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// The user signed in.
    SignIn,
    /// A sign-in as the user failed.
    SignInFailed,
    /// A session ended.
    SessionEnded,
    /// The account changed.
    Change,
    /// A mail to the user was caused.
    Mail,
}

/// Converts an event for administrators.
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
            TimelineEvent::Mail { kind, state, attempts, sent_at } => {
                let mail = TimelineMail { kind, state: state.into(), attempts, sent_at };
                Self { mail: Some(mail), ..bare(TimelineKind::Mail) }
            }
        };
        Self { ip_address: item.origin.ip_address, user_agent: item.origin.user_agent, ..entry }
    }
}

impl TimelineEntry {
    /// Creates an event without optional fields.
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
            mail: None,
        }
    }

    /// Removes the details that `reader`, the user of the account, must not see: the actor and origin of another user's
    /// action.
    #[must_use]
    pub fn for_user(self, reader: &UserId) -> Self {
        let is_own = |id: &String| id.eq_ignore_ascii_case(reader.as_str());
        // A user may have the same id as the program.
        let is_by_user = self.actor_kind.is_none_or(|kind| kind == ActorKind::User);
        match self.kind {
            TimelineKind::Change if !(is_by_user && self.actor_id.as_ref().is_some_and(is_own)) => {
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
    fn a_user_with_the_id_of_the_program_does_not_see_the_program_as_actor() {
        let system = UserId::parse("system").unwrap();
        let by_program = TimelineEntry { actor_kind: Some(ActorKind::System), ..change_by("system") };
        assert_eq!(by_program.for_user(&system).actor_id, None);
        assert_eq!(change_by("system").for_user(&system), change_by("system"));
    }

    #[test]
    fn a_user_sees_what_an_administrator_did_but_not_the_actor_or_origin() {
        let alice = UserId::parse("Alice").unwrap();
        let json = serde_json::to_string(&change_by("boss").for_user(&alice)).unwrap();
        assert!(json.contains("role: user → admin"), "{json}");
        for secret in ["boss", "Boss", "192.0.2.7", "curl"] {
            assert!(!json.contains(secret), "{json}");
        }
        assert_eq!(change_by("ALICE").for_user(&alice), change_by("ALICE"));
    }
}
