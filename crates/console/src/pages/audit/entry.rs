//! Audit entries for display.

use chrono::{DateTime, Utc};
use steward_contracts::bodies::{ActorKind, AuditLogEntry};
use steward_domain::{Action, device};

use super::details::Details;
use crate::isolate::isolated;
use crate::language::Language;

/// An audit entry for display.
pub(in crate::pages) struct Entry {
    pub(in crate::pages) id: i64,
    pub(in crate::pages) at: DateTime<Utc>,
    pub(in crate::pages) icon: &'static str,
    /// The sentence that describes the entry.
    pub(in crate::pages) words: Vec<Word>,
    /// The name of the action on the wire.
    pub(in crate::pages) action: String,
    pub(in crate::pages) details: Option<Details>,
    pub(in crate::pages) address: Option<String>,
    /// The browser in short, and its full `User-Agent`.
    pub(in crate::pages) device: Option<(String, String)>,
}

/// A part of a sentence.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::pages) enum Word {
    Text(String),
    Person {
        user_id: String,
        /// The name at that time, if known.
        name: Option<String>,
        /// Whether the user has a page.
        has_page: bool,
        /// The kind of an actor that is not a user.
        kind: Option<String>,
    },
}

/// The text ids of an action.
pub(super) struct Wording {
    /// The id of the action's name.
    pub(super) name: &'static str,
    /// The ids of the sentences: for another target, and for the actor itself.
    by_another: &'static str,
    by_self: &'static str,
}

impl Wording {
    const fn new(name: &'static str, by_another: &'static str, by_self: &'static str) -> Self {
        Self { name, by_another, by_self }
    }

    #[rustfmt::skip]
    pub(super) fn for_action(action: Action) -> Self {
        match action {
            Action::UserCreated => Self::new("audit-user-created", "audit-created", "audit-registered"),
            Action::UserUpdated => Self::new("audit-user-updated", "audit-updated", "audit-updated-self"),
            Action::UserActivated => Self::new("audit-user-activated", "audit-activated", "audit-activated-self"),
            Action::UserDeactivated => Self::new("audit-user-deactivated", "audit-deactivated", "audit-deactivated-self"),
            Action::UserDeleted => Self::new("audit-user-deleted", "audit-deleted", "audit-deleted-self"),
            Action::UserUnlocked => Self::new("audit-user-unlocked", "audit-unlocked", "audit-unlocked-self"),
            Action::PasswordReset => Self::new("audit-password-reset", "audit-reset", "audit-reset-self"),
            Action::PasswordChanged => Self::new("audit-password-changed", "audit-changed-password", "audit-changed-password-self"),
            Action::SessionsRevoked => Self::new("audit-sessions-revoked", "audit-revoked", "audit-revoked-self"),
            Action::RefreshTokenReused => Self::new("audit-refresh-token-reused", "audit-reused", "audit-reused-self"),
            Action::AccountDeletionRequested => Self::new("audit-account-deletion-requested", "audit-deletion-requested", "audit-deletion-requested-self"),
            Action::AccountRestored => Self::new("audit-account-restored", "audit-restored", "audit-restored-self"),
            Action::AccountErased => Self::new("audit-account-erased", "audit-erased", "audit-erased-self"),
            Action::DataExported => Self::new("audit-data-exported", "audit-exported", "audit-exported-self"),
            Action::PasswordResetRequested => Self::new("audit-reset-requested", "audit-requested-reset", "audit-requested-reset-self"),
            Action::PasswordResetByLink => Self::new("audit-reset-by-link", "audit-set-password", "audit-set-password-self"),
            Action::EmailVerificationRequested => Self::new("audit-verification-requested", "audit-requested-verification", "audit-requested-verification-self"),
            Action::EmailVerified => Self::new("audit-email-verified", "audit-verified-email", "audit-verified-email-self"),
            Action::EmailChangeRequested => Self::new("audit-email-change-requested", "audit-requested-email-change", "audit-requested-email-change-self"),
            Action::EmailChanged => Self::new("audit-email-changed", "audit-changed-email", "audit-changed-email-self"),
            Action::EmailChangeUndone => Self::new("audit-email-change-undone", "audit-undid-email-change", "audit-undid-email-change-self"),
            Action::MailRetried => Self::new("audit-mail-retried", "audit-retried-mail", "audit-retried-mail-self"),
            Action::MailCancelled => Self::new("audit-mail-cancelled", "audit-cancelled-mail", "audit-cancelled-mail-self"),
            Action::ProfileUpdated => Self::new("audit-profile-updated", "audit-profile", "audit-profile-self"),
            Action::AvatarChanged => Self::new("audit-avatar-changed", "audit-avatar", "audit-avatar-self"),
            // Invitations have no target, so no sentence names one.
            Action::InvitationSent => Self::new("audit-invitation-sent", "audit-other", "audit-other"),
            Action::InvitationRevoked => Self::new("audit-invitation-revoked", "audit-other", "audit-other"),
        }
    }
}

/// Returns the icon of an action.
pub(in crate::pages) fn icon(action: Action) -> &'static str {
    match action {
        Action::UserCreated => "plus",
        Action::UserUpdated | Action::EmailChangeRequested | Action::EmailChanged => "edit",
        Action::UserActivated | Action::EmailVerificationRequested | Action::EmailVerified => "check",
        Action::UserDeactivated | Action::InvitationRevoked => "x",
        Action::UserDeleted | Action::AccountDeletionRequested | Action::AccountErased => "trash",
        Action::AccountRestored | Action::EmailChangeUndone => "refresh",
        Action::DataExported => "download",
        Action::UserUnlocked => "unlock",
        Action::PasswordReset
        | Action::PasswordChanged
        | Action::PasswordResetRequested
        | Action::PasswordResetByLink => "key",
        Action::SessionsRevoked => "logout",
        Action::RefreshTokenReused => "alert",
        Action::InvitationSent | Action::MailRetried | Action::MailCancelled => "mail",
        Action::ProfileUpdated | Action::AvatarChanged => "user",
    }
}

impl Entry {
    pub(in crate::pages) fn new(language: Language, entry: AuditLogEntry) -> Self {
        let action = Action::parse(&entry.action).ok();
        let wording = action.map(Wording::for_action);
        let device = entry.user_agent.as_deref();
        let device = device.map(|agent| (device::describe(Some(agent)), isolated(agent).into_owned()));
        Self {
            id: entry.id,
            at: entry.timestamp,
            icon: action.map_or("info", icon),
            words: sentence(language, wording.as_ref(), &entry),
            action: entry.action,
            details: entry.details.as_deref().filter(|details| !details.is_empty()).map(Details::parse),
            address: entry.ip_address,
            device,
        }
    }
}

/// Placeholders for actor and target while a sentence is composed. No text and no name contains them.
const ACTOR: char = '\u{1}';
const TARGET: char = '\u{2}';

/// Composes the sentence in the word order of the language. It shows user ids, as the rest of the audit trail does.
fn sentence(language: Language, wording: Option<&Wording>, entry: &AuditLogEntry) -> Vec<Word> {
    let AuditLogEntry { action, actor_id: actor, actor_name, target, actor_kind, .. } = entry;
    let is_user = *actor_kind == ActorKind::User;
    let is_same = is_user && target.as_deref().is_some_and(|target| target.eq_ignore_ascii_case(actor));
    let id = match wording {
        Some(wording) if is_same => wording.by_self,
        Some(wording) if target.is_some() => wording.by_another,
        _ => "audit-other",
    };
    let name = wording.map_or_else(|| action.replace([ACTOR, TARGET], ""), |wording| language.text(wording.name));
    let target_mark = if target.is_some() { TARGET.to_string() } else { String::new() };
    let values = [("actor", ACTOR.to_string().into()), ("target", target_mark.into()), ("action", name.into())];
    let text = language.text_with(id, &values);
    // A deleted user no longer has a page.
    let is_removal = action == Action::UserDeleted.as_str();
    let actor = Word::Person {
        user_id: actor.to_owned(),
        name: Some(isolated(actor_name).into_owned()).filter(|name| !name.is_empty()),
        has_page: is_user && !(is_removal && is_same),
        kind: kind_text(*actor_kind).map(|id| language.text(id)),
    };
    let target = target.clone().map(|user_id| Word::Person { user_id, name: None, has_page: !is_removal, kind: None });
    pieces(text.trim(), actor, target)
}

/// Returns the id of the text for the kind of an actor that is not a user.
fn kind_text(kind: ActorKind) -> Option<&'static str> {
    match kind {
        ActorKind::User => None,
        ActorKind::System => Some("audit-actor-system"),
        ActorKind::Cli => Some("audit-actor-cli"),
    }
}

fn pieces(text: &str, actor: Word, target: Option<Word>) -> Vec<Word> {
    let (mut actor, mut target) = (Some(actor), target);
    let mut words = Vec::new();
    for piece in text.split_inclusive([ACTOR, TARGET]) {
        let mark = piece.chars().next_back().filter(|mark| [ACTOR, TARGET].contains(mark));
        let plain = piece.trim_end_matches([ACTOR, TARGET]);
        if !plain.is_empty() {
            words.push(Word::Text(plain.to_owned()));
        }
        words.extend(match mark {
            Some(ACTOR) => actor.take(),
            Some(_) => target.take(),
            None => None,
        });
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(action: &str, actor: &str, target: Option<&str>) -> AuditLogEntry {
        AuditLogEntry {
            id: 1,
            timestamp: DateTime::UNIX_EPOCH,
            actor_kind: if actor == "system" { ActorKind::System } else { ActorKind::User },
            actor_id: actor.into(),
            actor_name: "System Administrator".into(),
            action: action.into(),
            target: target.map(str::to_owned),
            details: None,
            ip_address: None,
            user_agent: None,
        }
    }

    fn sentence_of(language: Language, action: &str, actor: &str, target: Option<&str>) -> String {
        let words = Entry::new(language, entry(action, actor, target)).words;
        let word = |word| match word {
            Word::Text(text) => text,
            Word::Person { user_id, has_page: true, .. } => format!("[{user_id}]"),
            Word::Person { user_id, .. } => user_id,
        };
        words.into_iter().map(word).collect()
    }

    #[test]
    fn entries_are_sentences_in_each_language() {
        let bob = Some("inactive_user");
        for (action, actor, target, english, korean) in [
            (
                "USER_DEACTIVATED",
                "admin",
                bob,
                "[admin] deactivated [inactive_user]",
                "[admin] 님이 [inactive_user] 님을 비활성화했습니다",
            ),
            ("USER_CREATED", "alice", Some("ALICE"), "[alice] registered", "[alice] 님이 가입했습니다"),
            (
                "USER_DELETED",
                "admin",
                bob,
                "[admin] deleted inactive_user",
                "[admin] 님이 inactive_user 님의 계정을 삭제했습니다",
            ),
            (
                "USER_CREATED",
                "system",
                bob,
                "system created [inactive_user]",
                "system 님이 [inactive_user] 님의 계정을 만들었습니다",
            ),
            (
                "FROM_THE_FUTURE",
                "admin",
                bob,
                "[admin]: FROM_THE_FUTURE [inactive_user]",
                "[admin]: FROM_THE_FUTURE [inactive_user]",
            ),
            ("FROM_THE_FUTURE", "admin", None, "[admin]: FROM_THE_FUTURE", "[admin]: FROM_THE_FUTURE"),
            ("PASSWORD_RESET", "admin", None, "[admin]: Password reset", "[admin]: 비밀번호 재설정"),
        ] {
            assert_eq!(sentence_of(Language::English, action, actor, target), english);
            assert_eq!(sentence_of(Language::Korean, action, actor, target), korean);
        }
    }

    #[test]
    fn the_system_and_the_command_line_differ_from_a_user_of_the_same_id() {
        let actor = |language, actor_kind| {
            let created = AuditLogEntry { actor_kind, ..entry("USER_CREATED", "system", Some("system")) };
            Entry::new(language, created).words.into_iter().find_map(|word| match word {
                Word::Person { has_page, kind, .. } => Some((has_page, kind)),
                Word::Text(_) => None,
            })
        };
        for (language, program, command) in
            [(Language::English, "program", "command line"), (Language::Korean, "프로그램", "명령줄")]
        {
            assert_eq!(actor(language, ActorKind::User), Some((true, None)));
            assert_eq!(actor(language, ActorKind::System), Some((false, Some(program.to_owned()))));
            assert_eq!(actor(language, ActorKind::Cli), Some((false, Some(command.to_owned()))));
        }
    }

    #[test]
    fn every_action_has_texts_in_every_language() {
        for language in Language::ALL {
            for action in Action::ALL {
                let Wording { name, by_another, by_self } = Wording::for_action(action);
                for id in [name, by_another, by_self] {
                    assert_ne!(language.text(id), id, "{action}");
                }
                for target in ["admin", "bob"] {
                    let text = sentence_of(language, action.as_str(), "admin", Some(target));
                    assert!(text.contains("admin") && text.contains(target), "{text}");
                }
            }
        }
    }

    #[test]
    fn every_action_has_an_icon() {
        let icons = include_str!("../../../assets/icons.svg");
        for action in Action::ALL {
            assert!(icons.contains(&format!("id=\"i-{}\"", icon(action))), "{action}");
        }
    }
}
