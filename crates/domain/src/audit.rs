//! The audit trail: who did what to whom, when and from where. Entries are added and never changed.

use std::fmt;

use crate::{Actor, Invalid, Role, SearchTerm, SessionId, Timestamp, User, UserId};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// An account was made.
    UserCreated,
    /// Fields of an account changed.
    UserUpdated,
    /// An account was switched on.
    UserActivated,
    /// An account was switched off, and its sessions ended.
    UserDeactivated,
    /// An account was removed.
    UserDeleted,
    /// An account's failed sign-ins were forgotten, so that whoever was locked out may try again.
    UserUnlocked,
    /// An account got a new password from somebody else, and its sessions ended.
    PasswordReset,
    /// A user replaced their own password, and their other sessions ended.
    PasswordChanged,
    /// Sessions of an account were ended by somebody else.
    SessionsRevoked,
    /// A refresh token was presented again after its use, and its session ended.
    RefreshTokenReused,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 10] = [
        Self::UserCreated,
        Self::UserUpdated,
        Self::UserActivated,
        Self::UserDeactivated,
        Self::UserDeleted,
        Self::UserUnlocked,
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::SessionsRevoked,
        Self::RefreshTokenReused,
    ];

    /// Reads an action's name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|action| action.as_str() == text)
            .ok_or_else(|| Invalid::new(format!("must be one of {}", Self::ALL.map(Self::as_str).join(", "))))
    }

    /// The action's name on the wire and in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserCreated => "USER_CREATED",
            Self::UserUpdated => "USER_UPDATED",
            Self::UserActivated => "USER_ACTIVATED",
            Self::UserDeactivated => "USER_DEACTIVATED",
            Self::UserDeleted => "USER_DELETED",
            Self::UserUnlocked => "USER_UNLOCKED",
            Self::PasswordReset => "PASSWORD_RESET",
            Self::PasswordChanged => "PASSWORD_CHANGED",
            Self::SessionsRevoked => "SESSIONS_REVOKED",
            Self::RefreshTokenReused => "REFRESH_TOKEN_REUSED",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What kind of actor did something. Names can be chosen; this cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActorKind {
    /// A user, in a session or at their registration.
    User,
    /// The program itself: a start, a background task.
    System,
    /// A command of the program that an operator ran.
    Cli,
}

impl ActorKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::User, Self::System, Self::Cli];

    /// The kind's name on the wire and in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::System => "system",
            Self::Cli => "cli",
        }
    }

    /// The kind of actor of an entry, from what storage keeps. Earlier releases kept no kind: their program acted as
    /// [`AuditEntry::SYSTEM`] without any origin, while a user of that id has always had an address.
    pub fn derive(stored: Option<&str>, actor_id: &str, origin: &Origin) -> Self {
        let is_program = actor_id == AuditEntry::SYSTEM && *origin == Origin::default();
        let derived = if is_program { Self::System } else { Self::User };
        stored.and_then(|stored| Self::ALL.into_iter().find(|kind| kind.as_str() == stored)).unwrap_or(derived)
    }
}

/// Where a request came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The caller's address (IPv4 or IPv6), without a port.
    pub ip_address: Option<String>,
    /// The caller's `User-Agent`, cut to [`Origin::USER_AGENT_MAX`] characters, without control characters.
    pub user_agent: Option<String>,
}

impl Origin {
    /// Longest user agent that is kept, in characters.
    pub const USER_AGENT_MAX: usize = 512;

    /// An origin as a request tells it.
    pub fn new(ip_address: Option<std::net::IpAddr>, user_agent: Option<&str>) -> Self {
        let printable =
            |text: &str| text.chars().filter(|c| !c.is_control()).take(Self::USER_AGENT_MAX).collect::<String>();
        Self {
            ip_address: ip_address.map(|ip| ip.to_canonical().to_string()),
            user_agent: user_agent.map(printable).filter(|text| !text.is_empty()),
        }
    }
}

/// An entry to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When it was done.
    pub timestamp: Timestamp,
    /// What kind of actor did it.
    pub actor_kind: ActorKind,
    /// User id of the actor: the new user's own at a registration, [`AuditEntry::SYSTEM`] for the program.
    pub actor_id: String,
    /// Name of who did it, as it was then.
    pub actor_name: String,
    /// What was done.
    pub action: Action,
    /// User id of whom it was done to.
    pub target: Option<String>,
    /// What changed, in words, before → after. Never a secret.
    pub details: Option<String>,
    /// Where it was done from.
    pub origin: Origin,
    /// As whom it is done, to be checked once more in the transaction; `None` for what needs no session.
    pub acting: Option<ActorSession>,
}

/// A session and the role that was granted to it when its request came in. By the time of the change the session may be
/// over or the role another, however quickly the request was let in: a body may trickle, a hash takes its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActorSession {
    /// The session.
    pub session: SessionId,
    /// The role that the decision was made on.
    pub role: Role,
}

impl AuditEntry {
    /// The id of the program as an actor, of its command line too.
    pub const SYSTEM: &'static str = "system";

    /// An entry for what `actor` does to `target`.
    pub fn by(actor: &Actor, action: Action, target: &UserId, timestamp: Timestamp, origin: Origin) -> Self {
        Self {
            timestamp,
            actor_kind: ActorKind::User,
            actor_id: actor.user_id.to_string(),
            actor_name: actor.name.to_string(),
            action,
            target: Some(target.to_string()),
            details: None,
            origin,
            acting: Some(ActorSession { session: actor.session, role: actor.role }),
        }
    }

    /// An entry for a session that ended because a refresh token of it was presented twice. It is in the user's name:
    /// nobody knows who of the two is the thief.
    pub fn of_reuse(user: &User, session: SessionId, timestamp: Timestamp, origin: Origin) -> Self {
        Self {
            timestamp,
            actor_kind: ActorKind::User,
            actor_id: user.user_id.to_string(),
            actor_name: user.name.to_string(),
            action: Action::RefreshTokenReused,
            target: Some(user.user_id.to_string()),
            details: Some(format!("a refresh token was used a second time; session {session} ended")),
            origin,
            acting: None,
        }
    }

    /// The same entry with what changed.
    #[must_use]
    pub fn with_details(self, details: impl Into<String>) -> Self {
        Self { details: Some(details.into()), ..self }
    }
}

/// An entry as storage keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Storage's key; later entries have larger ones.
    pub id: i64,
    /// When it was done.
    pub timestamp: Timestamp,
    /// What kind of actor did it.
    pub actor_kind: ActorKind,
    /// User id of who did it.
    pub actor_id: String,
    /// Name of who did it, as it was then.
    pub actor_name: String,
    /// Name of what was done; text, since a newer release may have written a name that this one does not know.
    pub action: String,
    /// User id of whom it was done to.
    pub target: Option<String>,
    /// What changed.
    pub details: Option<String>,
    /// Where it was done from.
    pub origin: Origin,
}

/// Which entries a list holds, always newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct AuditFilter {
    /// Only what this user did.
    pub actor_id: Option<UserId>,
    /// Only this action.
    pub action: Option<Action>,
    /// Only what was done to this user.
    pub target: Option<UserId>,
    /// Only from this instant on.
    pub from: Option<Timestamp>,
    /// Only before this instant.
    pub to: Option<Timestamp>,
    /// Each word is part of any text of the entry.
    pub search: Option<SearchTerm>,
}

impl AuditFilter {
    /// The filter as one unambiguous text, for its cursors.
    pub fn canonical(&self) -> String {
        format!("audit {self:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_without_a_kind_are_the_programs_only_where_no_user_can_have_made_them() {
        let nowhere = Origin::default();
        let somewhere = Origin::new(Some([192, 0, 2, 1].into()), None);
        for (stored, id, origin, kind) in [
            (None, "system", &nowhere, ActorKind::System),
            (None, "system", &somewhere, ActorKind::User),
            (None, "System", &nowhere, ActorKind::User),
            (None, "alice", &nowhere, ActorKind::User),
            (Some("cli"), "system", &nowhere, ActorKind::Cli),
            (Some("user"), "system", &nowhere, ActorKind::User),
            (Some("system"), "system", &somewhere, ActorKind::System),
            (Some("of a later release"), "alice", &somewhere, ActorKind::User),
        ] {
            assert_eq!(ActorKind::derive(stored, id, origin), kind, "{stored:?} {id} {origin:?}");
        }
    }
}
