//! The audit trail: actor, action, target, time and origin of each change. Entries are added and never changed, except that
//! the erasure of a user replaces personal data in them by a fixed text.
//!
//! An [`AuditEntry`] is written in the transaction of its change: no change without an entry, and no entry without a
//! change. An entry copies the ids of actor and target, so it stays readable after both are deleted. An
//! [`AuditRecord`] is an entry that was read from storage.
//!
//! ```
//! use steward_domain::{Action, Origin};
//!
//! let address = "::ffff:192.0.2.7".parse().unwrap();
//! let origin = Origin::new(Some(address), Some("curl/8.5.0\n"));
//! assert_eq!(origin.ip_address.as_deref(), Some("192.0.2.7"));
//! assert_eq!(origin.user_agent.as_deref(), Some("curl/8.5.0"));
//!
//! assert_eq!(Action::parse("USER_DELETED")?, Action::UserDeleted);
//! # Ok::<(), steward_domain::Invalid>(())
//! ```

use std::fmt;

use crate::{Actor, Email, Invalid, Role, SearchTerm, SessionId, Timestamp, User, UserId};

/// An action that the audit trail records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// An account was created.
    UserCreated,
    /// Fields of an account changed.
    UserUpdated,
    /// An account was activated.
    UserActivated,
    /// An account was deactivated, and its sessions ended.
    UserDeactivated,
    /// An account was deleted.
    UserDeleted,
    /// The failed sign-ins of an account were deleted, which lifts its lock-outs.
    UserUnlocked,
    /// Another user set a new password for the account, and its sessions ended.
    PasswordReset,
    /// A user changed their own password, and their other sessions ended.
    PasswordChanged,
    /// Another user ended sessions of the account.
    SessionsRevoked,
    /// A refresh token was presented again after its use, and its session ended.
    RefreshTokenReused,
    /// A user deleted their own account. It is inactive until it is erased or restored.
    AccountDeletionRequested,
    /// A user restored their own account before it was erased.
    AccountRestored,
    /// The program erased a deleted account.
    AccountErased,
    /// A user exported everything that is stored about the account.
    DataExported,
    /// A link that sets a new password was requested for the account, and mailed to its address.
    PasswordResetRequested,
    /// A user set a new password with a link, and all sessions ended.
    PasswordResetByLink,
    /// A user requested another link that confirms the address.
    EmailVerificationRequested,
    /// A user confirmed the address with a link.
    EmailVerified,
    /// A user requested a change of their own address.
    EmailChangeRequested,
    /// A user confirmed the new address with a link, and it replaced the old one.
    EmailChanged,
    /// The old address was restored with a link, and all sessions ended.
    EmailChangeUndone,
    /// A failed mail was queued again.
    MailRetried,
    /// A mail was cancelled.
    MailCancelled,
    /// Fields of a profile changed.
    ProfileUpdated,
    /// A profile's picture was set or removed.
    AvatarChanged,
    /// An administrator sent an invitation, for the first time or again.
    InvitationSent,
    /// An administrator revoked an invitation.
    InvitationRevoked,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 27] = [
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
        Self::AccountDeletionRequested,
        Self::AccountRestored,
        Self::AccountErased,
        Self::DataExported,
        Self::PasswordResetRequested,
        Self::PasswordResetByLink,
        Self::EmailVerificationRequested,
        Self::EmailVerified,
        Self::EmailChangeRequested,
        Self::EmailChanged,
        Self::EmailChangeUndone,
        Self::MailRetried,
        Self::MailCancelled,
        Self::ProfileUpdated,
        Self::AvatarChanged,
        Self::InvitationSent,
        Self::InvitationRevoked,
    ];

    /// Parses an action's name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|action| action.as_str() == text)
            .ok_or_else(|| Invalid::new(format!("must be one of {}", Self::ALL.map(Self::as_str).join(", "))))
    }

    /// Returns the action's name on the wire and in storage.
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
            Self::AccountDeletionRequested => "ACCOUNT_DELETION_REQUESTED",
            Self::AccountRestored => "ACCOUNT_RESTORED",
            Self::AccountErased => "ACCOUNT_ERASED",
            Self::DataExported => "DATA_EXPORTED",
            Self::PasswordResetRequested => "PASSWORD_RESET_REQUESTED",
            Self::PasswordResetByLink => "PASSWORD_RESET_BY_LINK",
            Self::EmailVerificationRequested => "EMAIL_VERIFICATION_REQUESTED",
            Self::EmailVerified => "EMAIL_VERIFIED",
            Self::EmailChangeRequested => "EMAIL_CHANGE_REQUESTED",
            Self::EmailChanged => "EMAIL_CHANGED",
            Self::EmailChangeUndone => "EMAIL_CHANGE_UNDONE",
            Self::MailRetried => "MAIL_RETRIED",
            Self::MailCancelled => "MAIL_CANCELLED",
            Self::ProfileUpdated => "PROFILE_UPDATED",
            Self::AvatarChanged => "AVATAR_CHANGED",
            Self::InvitationSent => "INVITATION_SENT",
            Self::InvitationRevoked => "INVITATION_REVOKED",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Quotes a text for the details of an entry if it contains a separator of fields or values. Without quotes a name
/// could look like further changes.
pub(crate) fn unambiguous(text: String) -> String {
    if text.contains(" → ") || text.contains("; ") { format!("\"{text}\"") } else { text }
}

/// The kind of an actor. Unlike an actor's name, no user can choose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActorKind {
    /// A user, in a session or at their registration.
    User,
    /// The program itself, at its start or in a background task.
    System,
    /// A command that an operator ran.
    Cli,
}

impl ActorKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::User, Self::System, Self::Cli];

    /// Returns the kind's name on the wire and in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::System => "system",
            Self::Cli => "cli",
        }
    }

    /// Derives the kind of an entry's actor from its stored fields. Earlier releases stored no kind. Their program
    /// acted as [`AuditEntry::SYSTEM`] without an origin, while a user with that id always had an address.
    pub fn derive(stored: Option<&str>, actor_id: &str, origin: &Origin) -> Self {
        let is_program = actor_id == AuditEntry::SYSTEM && *origin == Origin::default();
        let derived = if is_program { Self::System } else { Self::User };
        stored.and_then(|stored| Self::ALL.into_iter().find(|kind| kind.as_str() == stored)).unwrap_or(derived)
    }
}

/// The origin of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client's address (IPv4 or IPv6), without a port.
    pub ip_address: Option<String>,
    /// The client's `User-Agent` without control characters, cut to [`Origin::USER_AGENT_MAX`] characters.
    pub user_agent: Option<String>,
}

impl Origin {
    /// Maximum length of a stored user agent, in characters.
    pub const USER_AGENT_MAX: usize = 512;

    /// Creates an origin from the address and the user agent of a request.
    pub fn new(ip_address: Option<std::net::IpAddr>, user_agent: Option<&str>) -> Self {
        let printable =
            |text: &str| text.chars().filter(|c| !c.is_control()).take(Self::USER_AGENT_MAX).collect::<String>();
        Self {
            ip_address: ip_address.map(|ip| ip.to_canonical().to_string()),
            user_agent: user_agent.map(printable).filter(|text| !text.is_empty()),
        }
    }
}

/// An audit entry to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When the action happened.
    pub timestamp: Timestamp,
    /// The kind of the actor.
    pub actor_kind: ActorKind,
    /// User id of the actor: the new user's own at a registration, [`AuditEntry::SYSTEM`] for the program.
    pub actor_id: String,
    /// The actor's name at that time.
    pub actor_name: String,
    /// The action.
    pub action: Action,
    /// User id of the target.
    pub target: Option<String>,
    /// The changed fields, before → after. Never contains a secret.
    pub details: Option<String>,
    /// The origin of the request.
    pub origin: Origin,
    /// The session that acts, to check again in the transaction. `None` for actions that need no session.
    pub acting: Option<ActorSession>,
}

/// A session, and the role that its user had when the request was authenticated. Both are checked again in the
/// transaction of the change. The session may end or the role may change while the service reads the body or hashes a
/// password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActorSession {
    /// The session.
    pub session: SessionId,
    /// The role that the policy decision used.
    pub role: Role,
}

impl AuditEntry {
    /// The text that replaces personal data in the entries about a user who was erased.
    pub const ERASED: &'static str = "[erased]";

    /// The actor id of the program, including its command line.
    pub const SYSTEM: &'static str = "system";

    /// Creates an entry for an action of `actor` on `target`.
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

    /// Creates an entry for an action of `actor` on the mail with this id. It has no target, because a mail may go to an
    /// address without an account.
    pub fn of_mail(actor: &Actor, action: Action, mail: i64, timestamp: Timestamp, origin: Origin) -> Self {
        let entry = Self::by(actor, action, &actor.user_id, timestamp, origin);
        Self { target: None, ..entry }.with_details(format!("mail: {mail}"))
    }

    /// Creates an entry for a session that ended because its refresh token was presented twice. The user is the actor,
    /// because nothing shows which of the two requests came from the thief.
    pub fn of_reuse(user: &User, session: SessionId, timestamp: Timestamp, origin: Origin) -> Self {
        Self::by_owner(user, Action::RefreshTokenReused, timestamp, origin)
            .with_details(format!("a refresh token was used a second time; session {session} ended"))
    }

    /// Creates an entry for an action of `user` on their own account without a session, such as the use of a link.
    pub fn by_owner(user: &User, action: Action, timestamp: Timestamp, origin: Origin) -> Self {
        Self {
            timestamp,
            actor_kind: ActorKind::User,
            actor_id: user.user_id.to_string(),
            actor_name: user.name.to_string(),
            action,
            target: Some(user.user_id.to_string()),
            details: None,
            origin,
            acting: None,
        }
    }

    /// Creates an entry for an action of the program on `target`.
    pub fn by_system(action: Action, target: &UserId, timestamp: Timestamp, origin: Origin) -> Self {
        Self {
            timestamp,
            actor_kind: ActorKind::System,
            actor_id: Self::SYSTEM.to_owned(),
            actor_name: "System".to_owned(),
            action,
            target: Some(target.to_string()),
            details: None,
            origin,
            acting: None,
        }
    }

    /// Creates an entry for an action of `actor` on an invitation. It has no target, because the account does not exist
    /// yet; the details name the address and the role.
    pub fn of_invitation(
        actor: &Actor,
        action: Action,
        address: &Email,
        role: Role,
        timestamp: Timestamp,
        origin: Origin,
    ) -> Self {
        Self { target: None, ..Self::by(actor, action, &actor.user_id, timestamp, origin) }
            .with_details(format!("email: {address}; role: {role}"))
    }

    /// Sets the changed fields.
    #[must_use]
    pub fn with_details(self, details: impl Into<String>) -> Self {
        Self { details: Some(details.into()), ..self }
    }
}

/// An entry as storage keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Storage's key. Later entries have larger keys.
    pub id: i64,
    /// When the action happened.
    pub timestamp: Timestamp,
    /// The kind of the actor.
    pub actor_kind: ActorKind,
    /// User id of the actor.
    pub actor_id: String,
    /// The actor's name at that time.
    pub actor_name: String,
    /// Name of the action. It is text, because a newer release may have written a name that this release does not know.
    pub action: String,
    /// User id of the target.
    pub target: Option<String>,
    /// The changed fields.
    pub details: Option<String>,
    /// The origin of the request.
    pub origin: Origin,
}

/// A filter of the audit trail. Lists are always sorted newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct AuditFilter {
    /// Only actions of this user.
    pub actor_id: Option<UserId>,
    /// Only this action.
    pub action: Option<Action>,
    /// Only actions on this user.
    pub target: Option<UserId>,
    /// Only at this instant or later.
    pub from: Option<Timestamp>,
    /// Only before this instant.
    pub to: Option<Timestamp>,
    /// Each word must occur in at least one text field of the entry.
    pub search: Option<SearchTerm>,
}

impl AuditFilter {
    /// Returns the filter as one unambiguous text, for its cursors.
    pub fn canonical(&self) -> String {
        format!("audit {self:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_without_a_kind_are_the_programs_only_if_no_user_can_have_written_them() {
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
