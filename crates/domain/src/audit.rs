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

mod actor;
mod entry;

use std::fmt;

pub use actor::{ActorKind, Origin};
pub(crate) use entry::unambiguous;
pub use entry::{ActorSession, AuditEntry, AuditFilter, AuditRecord};

use crate::Invalid;

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
