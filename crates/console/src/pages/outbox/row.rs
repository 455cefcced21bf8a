use chrono::{DateTime, Utc};
use steward_contracts::bodies::{MailState, OutboxEntryBody};
use steward_domain::Role;
use steward_domain::policy::{MailVerb, authorize_mail};

use crate::language::Language;
use crate::pages::mail_kind::mail_kind;

/// A mail in the list.
pub(super) struct Row {
    pub(super) id: i64,
    /// What the mail is about.
    pub(super) kind: String,
    pub(super) recipient: String,
    pub(super) state: String,
    /// The CSS class of the state.
    pub(super) tone: &'static str,
    /// The time of the next attempt or of the success, with the text before it.
    pub(super) when: Option<(String, DateTime<Utc>)>,
    pub(super) attempts: u32,
    pub(super) last_error: Option<String>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) can_retry: bool,
    pub(super) can_cancel: bool,
}

impl Row {
    /// Describes a mail to an administrator with this role.
    pub(super) fn new(language: Language, role: Role, now: DateTime<Utc>, mail: OutboxEntryBody) -> Self {
        let when = match (mail.sent_at, mail.next_attempt_at) {
            (Some(at), _) => Some((String::new(), at)),
            (None, Some(at)) if at <= now => Some((language.text("outbox-due"), at)),
            (None, Some(at)) => Some((language.text("outbox-next-attempt"), at)),
            (None, None) => None,
        };
        let is_open = matches!(mail.state, MailState::Queued | MailState::Failed);
        Self {
            id: mail.id,
            kind: mail_kind(language, &mail.kind),
            recipient: mail.recipient,
            state: language.text(state_text(mail.state)),
            tone: tone(mail.state),
            when,
            attempts: mail.attempts,
            last_error: mail.last_error,
            created_at: mail.created_at,
            can_retry: mail.state == MailState::Failed && authorize_mail(role, MailVerb::Retry).is_ok(),
            can_cancel: is_open && authorize_mail(role, MailVerb::Cancel).is_ok(),
        }
    }
}

/// Returns the id of the text for a state.
pub(super) fn state_text(state: MailState) -> &'static str {
    match state {
        MailState::Queued => "outbox-queued",
        MailState::Sent => "outbox-sent",
        MailState::Failed => "outbox-failed",
        MailState::Cancelled => "outbox-cancelled",
    }
}

fn tone(state: MailState) -> &'static str {
    match state {
        MailState::Queued => "info",
        MailState::Sent => "ok",
        MailState::Failed => "bad",
        MailState::Cancelled => "off",
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn mail(state: MailState, next_attempt_at: Option<DateTime<Utc>>) -> OutboxEntryBody {
        OutboxEntryBody {
            id: 1,
            kind: "password_changed".to_owned(),
            recipient: "a@example.com".to_owned(),
            state,
            attempts: 1,
            last_error: None,
            created_at: DateTime::UNIX_EPOCH,
            next_attempt_at,
            sent_at: (state == MailState::Sent).then_some(DateTime::UNIX_EPOCH),
        }
    }

    #[test]
    fn only_permitted_buttons_are_shown() {
        for (role, state, can_retry, can_cancel) in [
            (Role::SuperAdmin, MailState::Queued, false, true),
            (Role::SuperAdmin, MailState::Failed, true, true),
            (Role::SuperAdmin, MailState::Sent, false, false),
            (Role::SuperAdmin, MailState::Cancelled, false, false),
            (Role::Admin, MailState::Failed, true, false),
            (Role::Admin, MailState::Queued, false, false),
        ] {
            let row = Row::new(Language::English, role, DateTime::UNIX_EPOCH, mail(state, None));
            assert_eq!((row.can_retry, row.can_cancel), (can_retry, can_cancel), "{role} {state:?}");
        }
    }

    #[test]
    fn the_time_is_that_of_the_success_or_the_next_attempt() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::hours(1);
        let when = |state, next: Option<i64>| {
            let next = next.map(|minutes| now + TimeDelta::minutes(minutes));
            Row::new(Language::English, Role::Admin, now, mail(state, next)).when.map(|(text, _)| text)
        };
        assert_eq!(when(MailState::Sent, None).as_deref(), Some(""));
        assert_eq!(when(MailState::Queued, Some(5)).as_deref(), Some("next attempt"));
        assert_eq!(when(MailState::Queued, Some(0)).as_deref(), Some("due"));
        assert_eq!(when(MailState::Failed, None), None);
    }
}
