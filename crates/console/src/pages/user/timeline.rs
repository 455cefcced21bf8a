//! What happened to an account, in words.

use chrono::{DateTime, Utc};
use steward_contracts::bodies::{ActorKind, Timeline, TimelineEntry, TimelineKind};
use steward_domain::Action;

use super::changes::{self, Change};
use super::devices;
use crate::language::Language;
use crate::pages::audit::icon;

/// A part of a timeline, as it is shown.
pub(in crate::pages) struct History {
    pub(in crate::pages) items: Vec<Happening>,
    /// What asks for what happened before.
    pub(in crate::pages) older: Option<String>,
    /// Whether this is the newest part.
    pub(in crate::pages) is_newest: bool,
}

/// Something that happened.
pub(in crate::pages) struct Happening {
    pub(in crate::pages) at: DateTime<Utc>,
    pub(in crate::pages) icon: &'static str,
    /// How good that is: `ok`, `warn`, `bad`, or nothing.
    pub(in crate::pages) tone: &'static str,
    pub(in crate::pages) text: String,
    /// Who did it, where it was somebody else, and where they are to be found.
    pub(in crate::pages) actor: Option<(String, Option<String>)>,
    pub(in crate::pages) changes: Vec<Change>,
    pub(in crate::pages) details: Option<String>,
    /// Address and device.
    pub(in crate::pages) from: Vec<String>,
}

/// For whom a timeline is put into words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::pages) enum Reader {
    /// An administrator, who is led to whoever did something.
    Administrator,
    /// The user whom it is about, who is not told which administrator did something.
    Oneself,
}

impl History {
    /// The part of the timeline of the user `of` that was asked for: the newest one, or what happened before.
    pub(in crate::pages) fn new(
        timeline: Timeline,
        is_newest: bool,
        of: &str,
        reader: Reader,
        language: Language,
    ) -> Self {
        let told = |entry| Happening::of(entry, of, reader, language);
        Self { items: timeline.items.into_iter().map(told).collect(), older: timeline.next_cursor, is_newest }
    }
}

impl Happening {
    /// `entry` of the timeline of the user `of`.
    pub(in crate::pages) fn of(entry: TimelineEntry, of: &str, reader: Reader, language: Language) -> Self {
        let (icon, tone, id) = look(&entry);
        let is_known = id != "user-event-other";
        let text = match &entry.action {
            Some(action) if !is_known => language.text_with(id, &[("action", action.as_str().into())]),
            _ => language.text(id),
        };
        let actor = actor(&entry, of, reader, language);
        let details = entry.details.unwrap_or_default();
        let changes = changes::read(&details, language);
        // What the API adds in English to a change that the text says already, is left out.
        let is_plain = matches!(entry.action.as_deref(), Some("USER_UPDATED" | "USER_CREATED")) || !is_known;
        let details = (changes.is_empty() && is_plain && !details.is_empty()).then_some(details);
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
}

/// Who did it, unless it was the user themself.
fn actor(entry: &TimelineEntry, of: &str, reader: Reader, language: Language) -> Option<(String, Option<String>)> {
    // Users are not told who made their account: as likely as not they registered.
    let is_untold = reader == Reader::Oneself && entry.action.as_deref() == Some(Action::UserCreated.as_str());
    if entry.kind != TimelineKind::Change || is_untold {
        return None;
    }
    // The program may have the id of a user.
    let program = match entry.actor_kind {
        Some(ActorKind::System) => Some("user-event-by-system"),
        Some(ActorKind::Cli) => Some("user-event-by-cli"),
        Some(ActorKind::User) | None => None,
    };
    if let Some(program) = program {
        return Some((language.text(program), None));
    }
    match entry.actor_id.as_deref() {
        Some(id) if id.eq_ignore_ascii_case(of) => None,
        Some(id) if reader == Reader::Administrator => {
            Some((entry.actor_name.clone().unwrap_or_else(|| id.to_owned()), Some(super::address(id))))
        }
        _ => Some((language.text("user-event-by-administrator"), None)),
    }
}

/// Icon, tone, and the id of the text.
fn look(entry: &TimelineEntry) -> (&'static str, &'static str, &'static str) {
    match (entry.kind, entry.reason.as_deref()) {
        (TimelineKind::SignIn, _) => ("login", "ok", "user-event-sign-in"),
        (TimelineKind::SignInFailed, Some("wrong_password")) => ("alert", "warn", "user-event-wrong-password"),
        (TimelineKind::SignInFailed, Some("inactive")) => ("alert", "warn", "user-event-inactive"),
        (TimelineKind::SignInFailed, Some("locked")) => ("lock", "bad", "user-event-locked"),
        (TimelineKind::SignInFailed, _) => ("alert", "warn", "user-event-sign-in-failed"),
        (TimelineKind::SessionEnded, Some("expired")) => ("clock", "", "user-event-session-expired"),
        (TimelineKind::SessionEnded, _) => ("logout", "", "user-event-session-ended"),
        (TimelineKind::Change, _) => match entry.action.as_deref().and_then(|action| Action::parse(action).ok()) {
            Some(action) => {
                let (tone, id) = change(action);
                (icon(action), tone, id)
            }
            None => ("info", "", "user-event-other"),
        },
    }
}

/// Tone of a change, and the id of the text.
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

    fn told(entry: TimelineEntry, reader: Reader) -> Happening {
        Happening::of(entry, "alice", reader, Language::English)
    }

    #[test]
    fn every_action_has_words_of_its_own() {
        let mut texts: Vec<_> = Action::ALL
            .map(|action| told(changed(action.as_str(), Some("boss"), ""), Reader::Administrator).text)
            .to_vec();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), Action::ALL.len());
        let other = told(changed("USER_KNIGHTED", Some("boss"), "with a sword"), Reader::Administrator);
        assert!(other.text.contains("USER_KNIGHTED") && other.details.as_deref() == Some("with a sword"));
    }

    #[test]
    fn a_change_is_told_before_and_after_with_who_made_it() {
        let by_boss = changed("USER_UPDATED", Some("boss"), "role: user → admin");
        let told = told(by_boss, Reader::Administrator);
        assert_eq!(told.actor, Some(("BOSS".to_owned(), Some("/users/boss".to_owned()))));
        assert_eq!((told.changes.len(), told.details), (1, None));
        assert_eq!(told.from, ["192.0.2.7"]);
    }

    #[test]
    fn what_the_program_did_leads_to_no_user_of_its_id() {
        for (kind, actor) in [(ActorKind::System, "The system"), (ActorKind::Cli, "The command line")] {
            let created = TimelineEntry { actor_kind: Some(kind), ..changed("USER_CREATED", Some("system"), "") };
            let told = Happening::of(created, "system", Reader::Administrator, Language::English);
            assert_eq!(told.actor, Some((actor.to_owned(), None)));
        }
        let by_user =
            TimelineEntry { actor_kind: Some(ActorKind::User), ..changed("USER_UPDATED", Some("system"), "") };
        assert_eq!(told(by_user, Reader::Administrator).actor.unwrap().1.as_deref(), Some("/users/system"));
    }

    #[test]
    fn users_are_told_that_it_was_an_administrator_and_nothing_of_themselves() {
        let by_somebody = told(changed("PASSWORD_RESET", None, "a new password"), Reader::Oneself);
        assert_eq!(by_somebody.actor.map(|(_, to)| to), Some(None));
        assert_eq!(by_somebody.details, None);
        assert!(told(changed("PASSWORD_CHANGED", Some("ALICE"), ""), Reader::Oneself).actor.is_none());
        assert!(told(changed("USER_CREATED", None, ""), Reader::Oneself).actor.is_none());
        assert!(told(entry(TimelineKind::SignIn), Reader::Oneself).actor.is_none());
    }

    #[test]
    fn failures_say_why_and_ends_say_how() {
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
            texts.push(told(entry, Reader::Administrator).text);
        }
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), 6);
    }
}
