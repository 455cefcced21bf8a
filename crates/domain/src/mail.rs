//! Mails to users: what a mail is about, to which address it goes, and its way through the outbox.
//!
//! A change names its mails in its [`Record`](crate::Record). Storage keeps the recipient and the content of a mail, not
//! its text: the mailer renders the text when it sends the mail, in the recipient's language.

mod message;
mod outbox;

pub use message::{MailPolicy, NewMessage, Recipient};
pub use outbox::{ClaimedLink, ClaimedMail, DeliveryOutcome, MailState, OutboxEntry, OutboxStatistics};

use crate::{Email, LinkPurpose, Origin, Role, Timestamp};

/// What a mail is about, with the values that its text contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailContent {
    /// The account was created.
    Welcome,
    /// A link that confirms the address.
    VerifyEmail,
    /// A link that sets a new password, as requested from `origin`.
    ResetPassword {
        /// The origin of the request.
        origin: Origin,
    },
    /// An administrator reset the password. The link sets a new one.
    PasswordResetByAdministrator {
        /// The administrator's name.
        administrator: String,
    },
    /// An administrator created the account. The link sets the first password.
    AccountCreated {
        /// The administrator's name.
        administrator: String,
    },
    /// An administrator set a temporary password and passes it on. The mail has no link, because the user sets a password
    /// at the next sign-in.
    TemporaryPasswordSet {
        /// The administrator's name.
        administrator: String,
    },
    /// An administrator invited the recipient. The link creates the account.
    Invitation {
        /// The administrator's name.
        administrator: String,
        /// The role of the account.
        role: Role,
    },
    /// A link to the new address, which confirms it.
    ConfirmEmailChange,
    /// A notice to the old address, with a link that restores it.
    EmailChanged {
        /// The new address.
        new_address: Email,
    },
    /// The user changed the password.
    PasswordChanged {
        /// The origin of the request.
        origin: Origin,
    },
    /// The user signed in from a device that no earlier sign-in came from. The link sets a new password.
    NewDevice {
        /// The origin of the sign-in.
        origin: Origin,
    },
    /// The role changed.
    RoleChanged {
        /// The role before.
        from: Role,
        /// The role after.
        to: Role,
    },
    /// The account was deactivated.
    Deactivated,
    /// The account was activated again.
    Reactivated,
    /// Too many failed sign-ins locked a source out.
    LockedOut {
        /// The origin of the last attempt.
        origin: Origin,
        /// The end of the lock.
        until: Timestamp,
    },
    /// The user deleted the account. A sign-in before `purge_at` restores it.
    DeletionScheduled {
        /// When the account will be erased.
        purge_at: Timestamp,
    },
    /// The account was deleted.
    AccountDeleted,
    /// The user's data was exported.
    DataExported {
        /// The origin of the request.
        origin: Origin,
    },
    /// An operator checks the settings of mails. The mail is sent at once, without the outbox.
    Test,
}

/// The kind of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// [`MailContent::Welcome`]
    Welcome,
    /// [`MailContent::VerifyEmail`]
    VerifyEmail,
    /// [`MailContent::ResetPassword`]
    ResetPassword,
    /// [`MailContent::PasswordResetByAdministrator`]
    PasswordResetByAdministrator,
    /// [`MailContent::AccountCreated`]
    AccountCreated,
    /// [`MailContent::TemporaryPasswordSet`]
    TemporaryPasswordSet,
    /// [`MailContent::Invitation`]
    Invitation,
    /// [`MailContent::ConfirmEmailChange`]
    ConfirmEmailChange,
    /// [`MailContent::EmailChanged`]
    EmailChanged,
    /// [`MailContent::PasswordChanged`]
    PasswordChanged,
    /// [`MailContent::NewDevice`]
    NewDevice,
    /// [`MailContent::RoleChanged`]
    RoleChanged,
    /// [`MailContent::Deactivated`]
    Deactivated,
    /// [`MailContent::Reactivated`]
    Reactivated,
    /// [`MailContent::LockedOut`]
    LockedOut,
    /// [`MailContent::DeletionScheduled`]
    DeletionScheduled,
    /// [`MailContent::AccountDeleted`]
    AccountDeleted,
    /// [`MailContent::DataExported`]
    DataExported,
    /// [`MailContent::Test`]
    Test,
}

impl MailContent {
    /// Returns the kind.
    pub const fn kind(&self) -> MailKind {
        match self {
            Self::Welcome => MailKind::Welcome,
            Self::VerifyEmail => MailKind::VerifyEmail,
            Self::ResetPassword { .. } => MailKind::ResetPassword,
            Self::PasswordResetByAdministrator { .. } => MailKind::PasswordResetByAdministrator,
            Self::AccountCreated { .. } => MailKind::AccountCreated,
            Self::TemporaryPasswordSet { .. } => MailKind::TemporaryPasswordSet,
            Self::Invitation { .. } => MailKind::Invitation,
            Self::ConfirmEmailChange => MailKind::ConfirmEmailChange,
            Self::EmailChanged { .. } => MailKind::EmailChanged,
            Self::PasswordChanged { .. } => MailKind::PasswordChanged,
            Self::NewDevice { .. } => MailKind::NewDevice,
            Self::RoleChanged { .. } => MailKind::RoleChanged,
            Self::Deactivated => MailKind::Deactivated,
            Self::Reactivated => MailKind::Reactivated,
            Self::LockedOut { .. } => MailKind::LockedOut,
            Self::DeletionScheduled { .. } => MailKind::DeletionScheduled,
            Self::AccountDeleted => MailKind::AccountDeleted,
            Self::DataExported { .. } => MailKind::DataExported,
            Self::Test => MailKind::Test,
        }
    }
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 19] = [
        Self::Welcome,
        Self::VerifyEmail,
        Self::ResetPassword,
        Self::PasswordResetByAdministrator,
        Self::AccountCreated,
        Self::TemporaryPasswordSet,
        Self::Invitation,
        Self::ConfirmEmailChange,
        Self::EmailChanged,
        Self::PasswordChanged,
        Self::NewDevice,
        Self::RoleChanged,
        Self::Deactivated,
        Self::Reactivated,
        Self::LockedOut,
        Self::DeletionScheduled,
        Self::AccountDeleted,
        Self::DataExported,
        Self::Test,
    ];

    /// Parses the name in storage and on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Returns the name in storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::PasswordResetByAdministrator => "password_reset_by_administrator",
            Self::AccountCreated => "account_created",
            Self::TemporaryPasswordSet => "temporary_password_set",
            Self::Invitation => "invitation",
            Self::ConfirmEmailChange => "confirm_email_change",
            Self::EmailChanged => "email_changed",
            Self::PasswordChanged => "password_changed",
            Self::NewDevice => "new_device",
            Self::RoleChanged => "role_changed",
            Self::Deactivated => "deactivated",
            Self::Reactivated => "reactivated",
            Self::LockedOut => "locked_out",
            Self::DeletionScheduled => "deletion_scheduled",
            Self::AccountDeleted => "account_deleted",
            Self::DataExported => "data_exported",
            Self::Test => "test",
        }
    }

    /// Returns the kind of the mail that a user requests to get a link with this purpose; `None` if users request none.
    pub const fn requested_for(purpose: LinkPurpose) -> Option<Self> {
        match purpose {
            LinkPurpose::ResetPassword => Some(Self::ResetPassword),
            LinkPurpose::VerifyEmail => Some(Self::VerifyEmail),
            LinkPurpose::ChangeEmail => Some(Self::ConfirmEmailChange),
            LinkPurpose::UndoEmailChange | LinkPurpose::AcceptInvitation => None,
        }
    }

    /// Whether the owner regains the account by the mail: it links to a new password or restores the address.
    ///
    /// Such a mail has a queue and a limit of its own per address, so that other mails cannot delay it. Its cause must
    /// be limited: an account gets few requested links an hour, and one notice per change of its address. Notices that
    /// a thief can cause without limit, such as that of a new device, must not be among them.
    pub const fn is_for_recovery(self) -> bool {
        matches!(self, Self::ResetPassword | Self::PasswordResetByAdministrator | Self::EmailChanged)
    }

    /// Whether the mail concerns the security of the account. Such mails are always sent.
    pub const fn is_about_security(self) -> bool {
        !matches!(self, Self::Welcome | Self::AccountCreated | Self::Invitation | Self::Test)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for kind in MailKind::ALL {
            assert_eq!(MailKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(MailKind::parse(""), None);
    }
}
