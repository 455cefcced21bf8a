//! Texts for the timeline of an account.

use chrono::{DateTime, Utc};
use steward_contracts::bodies::{ActorKind, MailState, Timeline, TimelineEntry, TimelineKind, TimelineMail};
use steward_domain::Action;

use super::changes::{self, Change};
use super::devices;
use crate::language::Language;
use crate::pages::audit::icon;
use crate::pages::mail_kind::mail_kind;

/// One page of a timeline.
pub(in crate::pages) struct History {
    pub(in crate::pages) items: Vec<TimelineItem>,
    /// The cursor of older items.
    pub(in crate::pages) older: Option<String>,
    /// Whether this is the newest page.
    pub(in crate::pages) is_newest: bool,
}

/// An item of a timeline.
pub(in crate::pages) struct TimelineItem {
    pub(in crate::pages) at: DateTime<Utc>,
    pub(in crate::pages) icon: &'static str,
    /// The CSS class of its severity: `ok`, `warn`, `bad`, or empty.
    pub(in crate::pages) tone: &'static str,
    pub(in crate::pages) text: String,
    /// The name of the actor, if it is another user, and the path of the actor's page.
    pub(in crate::pages) actor: Option<(String, Option<String>)>,
    pub(in crate::pages) changes: Vec<Change>,
    pub(in crate::pages) details: Option<String>,
    /// IP address and device.
    pub(in crate::pages) from: Vec<String>,
}

/// The reader of a timeline.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::pages) enum Reader {
    /// An administrator, who sees the actor of each change.
    Administrator,
    /// The user of the account, who does not see which administrator acted.
    Owner,
}

impl History {
    /// Creates a page of the timeline of the user `user_id`.
    pub(in crate::pages) fn new(
        timeline: Timeline,
        is_newest: bool,
        user_id: &str,
        reader: Reader,
        language: Language,
    ) -> Self {
        let item = |entry| TimelineItem::new(entry, user_id, reader, language);
        Self { items: timeline.items.into_iter().map(item).collect(), older: timeline.next_cursor, is_newest }
    }
}

impl TimelineItem {
    /// Creates an item from an entry in the timeline of the user `user_id`.
    pub(in crate::pages) fn new(entry: TimelineEntry, user_id: &str, reader: Reader, language: Language) -> Self {
        if let Some(mail) = entry.mail {
            return Self::of_mail(entry.at, &mail, language);
        }
        let (icon, tone, id) = appearance(&entry);
        let is_known = id != "user-event-other";
        let text = match &entry.action {
            Some(action) if !is_known => language.text_with(id, &[("action", action.as_str().into())]),
            _ => language.text(id),
        };
        let actor = actor(&entry, user_id, reader, language);
        let details = entry.details.unwrap_or_default();
        let changes = changes::parse(&details, language);
        // The text already covers the API's details, which are in English.
        let shows_details = matches!(entry.action.as_deref(), Some("USER_UPDATED" | "USER_CREATED")) || !is_known;
        let details = (changes.is_empty() && shows_details && !details.is_empty()).then_some(details);
        let device = entry.user_agent.map(|agent| devices::name(Some(&agent), language));
        Self {
            at: entry.at,
            icon,
            tone,
            text,
            actor,
            changes,
            details,
            from: entry.ip_address.into_iter().chain(device).collect(),
        }
    }

    /// Creates the item of a mail: its kind and state, and more attempts than the usual one.
    fn of_mail(at: DateTime<Utc>, mail: &TimelineMail, language: Language) -> Self {
        let (tone, id) = match mail.state {
            MailState::Queued => ("", "user-event-mail-queued"),
            MailState::Sent => ("ok", "user-event-mail-sent"),
            MailState::Failed => ("bad", "user-event-mail-failed"),
            MailState::Cancelled => ("warn", "user-event-mail-not-sent"),
        };
        let attempts = || language.text_with("user-event-mail-attempts", &[("n", u64::from(mail.attempts).into())]);
        Self {
            at,
            icon: "mail",
            tone,
            text: language.text_with(id, &[("mail", mail_kind(language, &mail.kind).as_str().into())]),
            actor: None,
            changes: Vec::new(),
            details: (mail.attempts > 1).then(attempts),
            from: Vec::new(),
        }
    }
}

/// Returns the actor, unless the user is the actor.
fn actor(entry: &TimelineEntry, user_id: &str, reader: Reader, language: Language) -> Option<(String, Option<String>)> {
    // Users do not see who created their account, since most of them registered on their own.
    let hides_actor = reader == Reader::Owner && entry.action.as_deref() == Some(Action::UserCreated.as_str());
    if entry.kind != TimelineKind::Change || hides_actor {
        return None;
    }
    // A user may have the same id as the program.
    let program = match entry.actor_kind {
        Some(ActorKind::System) => Some("user-event-by-system"),
        Some(ActorKind::Cli) => Some("user-event-by-cli"),
        Some(ActorKind::User) | None => None,
    };
    if let Some(program) = program {
        return Some((language.text(program), None));
    }
    match entry.actor_id.as_deref() {
        Some(id) if id.eq_ignore_ascii_case(user_id) => None,
        Some(id) if reader == Reader::Administrator => {
            Some((entry.actor_name.clone().unwrap_or_else(|| id.to_owned()), Some(super::address(id))))
        }
        _ => Some((language.text("user-event-by-administrator"), None)),
    }
}

/// Returns icon, severity and text id of an entry.
fn appearance(entry: &TimelineEntry) -> (&'static str, &'static str, &'static str) {
    match (entry.kind, entry.reason.as_deref()) {
        (TimelineKind::SignIn, _) => ("login", "ok", "user-event-sign-in"),
        (TimelineKind::SignInFailed, Some("wrong_password")) => ("alert", "warn", "user-event-wrong-password"),
        (TimelineKind::SignInFailed, Some("inactive")) => ("alert", "warn", "user-event-inactive"),
        (TimelineKind::SignInFailed, Some("unverified")) => ("alert", "warn", "user-event-unverified"),
        (TimelineKind::SignInFailed, Some("locked")) => ("lock", "bad", "user-event-locked"),
        (TimelineKind::SignInFailed, _) => ("alert", "warn", "user-event-sign-in-failed"),
        (TimelineKind::SessionEnded, Some("expired")) => ("clock", "", "user-event-session-expired"),
        (TimelineKind::SessionEnded, _) => ("logout", "", "user-event-session-ended"),
        (TimelineKind::Mail, _) => ("mail", "", "user-event-other"),
        (TimelineKind::Change, _) => match entry.action.as_deref().and_then(|action| Action::parse(action).ok()) {
            Some(action) => {
                let (tone, id) = change(action);
                (icon(action), tone, id)
            }
            None => ("info", "", "user-event-other"),
        },
    }
}

/// Returns severity and text id of a change.
fn change(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::UserCreated => ("", "user-event-created"),
        Action::UserUpdated => ("", "user-event-updated"),
        Action::UserActivated => ("ok", "user-event-activated"),
        Action::UserDeactivated => ("bad", "user-event-deactivated"),
        Action::UserDeleted => ("bad", "user-event-deleted"),
        Action::UserUnlocked => ("ok", "user-event-unlocked"),
        Action::PasswordReset => ("warn", "user-event-password-reset"),
        Action::PasswordChanged => ("", "user-event-password-changed"),
        Action::SessionsRevoked => ("warn", "user-event-sessions-revoked"),
        Action::RefreshTokenReused => ("bad", "user-event-token-reused"),
        Action::AccountDeletionRequested => ("bad", "user-event-deletion-requested"),
        Action::AccountRestored => ("ok", "user-event-restored"),
        Action::AccountErased => ("bad", "user-event-erased"),
        Action::DataExported => ("", "user-event-exported"),
        Action::PasswordResetRequested => ("", "user-event-reset-requested"),
        Action::PasswordResetByLink => ("warn", "user-event-reset-by-link"),
        Action::EmailVerificationRequested => ("", "user-event-verification-requested"),
        Action::EmailVerified => ("ok", "user-event-email-verified"),
        Action::EmailChangeRequested => ("", "user-event-email-change-requested"),
        Action::EmailChanged => ("warn", "user-event-email-changed"),
        Action::EmailChangeUndone => ("warn", "user-event-email-change-undone"),
        Action::MailRetried => ("", "user-event-mail-retried"),
        Action::MailCancelled => ("warn", "user-event-mail-cancelled"),
        Action::ProfileUpdated => ("", "user-event-profile-updated"),
        Action::AvatarChanged => ("", "user-event-avatar-changed"),
        Action::InvitationSent | Action::InvitationRevoked => ("", "user-event-other"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: TimelineKind) -> TimelineEntry {
        let ip_address = Some("192.0.2.7".to_owned());
        TimelineEntry { ip_address, ..TimelineEntry::bare(DateTime::UNIX_EPOCH, kind) }
    }

    fn changed(action: &str, actor: Option<&str>, details: &str) -> TimelineEntry {
        TimelineEntry {
            action: Some(action.to_owned()),
            actor_id: actor.map(str::to_owned),
            actor_name: actor.map(str::to_uppercase),
            details: Some(details.to_owned()),
            ..entry(TimelineKind::Change)
        }
    }

    fn item_of(entry: TimelineEntry, reader: Reader) -> TimelineItem {
        TimelineItem::new(entry, "alice", reader, Language::English)
    }

    #[test]
    fn every_action_has_its_own_text() {
        let mut texts: Vec<_> = Action::ALL
            .map(|action| item_of(changed(action.as_str(), Some("boss"), ""), Reader::Administrator).text)
            .to_vec();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), Action::ALL.len());
        let other = item_of(changed("USER_KNIGHTED", Some("boss"), "with a sword"), Reader::Administrator);
        assert!(other.text.contains("USER_KNIGHTED") && other.details.as_deref() == Some("with a sword"));
    }

    #[test]
    fn a_change_has_its_actor_and_values() {
        let by_boss = changed("USER_UPDATED", Some("boss"), "role: user → admin");
        let item = item_of(by_boss, Reader::Administrator);
        assert_eq!(item.actor, Some(("BOSS".to_owned(), Some("/users/boss".to_owned()))));
        assert_eq!((item.changes.len(), item.details), (1, None));
        assert_eq!(item.from, ["192.0.2.7"]);
    }

    #[test]
    fn the_system_and_the_command_line_link_to_no_user() {
        for (kind, actor) in [(ActorKind::System, "The system"), (ActorKind::Cli, "The command line")] {
            let created = TimelineEntry { actor_kind: Some(kind), ..changed("USER_CREATED", Some("system"), "") };
            let item = TimelineItem::new(created, "system", Reader::Administrator, Language::English);
            assert_eq!(item.actor, Some((actor.to_owned(), None)));
        }
        let by_user =
            TimelineEntry { actor_kind: Some(ActorKind::User), ..changed("USER_UPDATED", Some("system"), "") };
        assert_eq!(item_of(by_user, Reader::Administrator).actor.unwrap().1.as_deref(), Some("/users/system"));
    }

    #[test]
    fn administrators_are_anonymous_to_the_owner() {
        let by_administrator = item_of(changed("PASSWORD_RESET", None, "a new password"), Reader::Owner);
        assert_eq!(by_administrator.actor.map(|(_, to)| to), Some(None));
        assert_eq!(by_administrator.details, None);
        assert!(item_of(changed("PASSWORD_CHANGED", Some("ALICE"), ""), Reader::Owner).actor.is_none());
        assert!(item_of(changed("USER_CREATED", None, ""), Reader::Owner).actor.is_none());
        assert!(item_of(entry(TimelineKind::SignIn), Reader::Owner).actor.is_none());
    }

    #[test]
    fn a_mail_has_its_kind_its_state_and_more_than_one_attempt() {
        for language in Language::ALL {
            let mut texts = Vec::new();
            for (state, attempts) in
                [(MailState::Queued, 0), (MailState::Sent, 1), (MailState::Failed, 10), (MailState::Cancelled, 1)]
            {
                let mail = TimelineMail { kind: "email_changed".to_owned(), state, attempts, sent_at: None };
                let entry = TimelineEntry { mail: Some(mail), ..entry(TimelineKind::Mail) };
                let item = TimelineItem::new(entry, "alice", Reader::Administrator, language);
                assert!(item.text.contains(&mail_kind(language, "email_changed")), "{}", item.text);
                assert_eq!(item.details.is_some_and(|details| details.contains("10")), attempts == 10);
                texts.push(item.text);
            }
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), 4);
        }
    }

    #[test]
    fn failures_and_session_ends_have_their_own_texts() {
        let mut texts = Vec::new();
        for (kind, reason) in [
            (TimelineKind::SignInFailed, "wrong_password"),
            (TimelineKind::SignInFailed, "inactive"),
            (TimelineKind::SignInFailed, "locked"),
            (TimelineKind::SignInFailed, "something newer"),
            (TimelineKind::SessionEnded, "expired"),
            (TimelineKind::SessionEnded, "ended"),
        ] {
            let entry = TimelineEntry { reason: Some(reason.to_owned()), ..entry(kind) };
            texts.push(item_of(entry, Reader::Administrator).text);
        }
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), 6);
    }
}
