//! Mails to users: what a mail is about, to which address it goes, and its way through the outbox.
//!
//! A change names its mails in its [`Record`](crate::Record). Storage keeps the recipient and the content of a mail, not
//! its text: the mailer renders the text when it sends the mail, in the recipient's language.

use crate::{
    DisplayName, Email, Invalid, LinkId, LinkPurpose, Locale, NewLink, Origin, Role, Timestamp, TokenHash, User,
    UserKey,
};

/// A mail to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// The recipient.
    pub recipient: Recipient,
    /// The content.
    pub content: MailContent,
    /// The link that the mail carries.
    ///
    /// It supersedes the earlier unused links of the same purpose and account; for an invitation, of the same address.
    pub link: Option<NewLink>,
}

impl NewMessage {
    /// Creates a mail to the address of `user`, without a link.
    pub fn to(user: &User, content: MailContent) -> Self {
        let recipient = Recipient {
            user: Some(user.id),
            address: user.email.clone(),
            name: Some(user.name.clone()),
            locale: user.locale.clone(),
        };
        Self { recipient, content, link: None }
    }

    /// Adds a link.
    #[must_use]
    pub fn with_link(self, link: NewLink) -> Self {
        Self { link: Some(link), ..self }
    }

    /// Sets another address of the same recipient.
    #[must_use]
    pub fn at_address(mut self, address: Email) -> Self {
        self.recipient.address = address;
        self
    }

    /// Sets the language, if the recipient has not chosen one.
    #[must_use]
    pub fn or_in(mut self, locale: Option<Locale>) -> Self {
        self.recipient.locale = self.recipient.locale.or(locale);
        self
    }

    /// Removes the reference to the account, which is deleted with the cause of the mail.
    #[must_use]
    pub fn without_account(mut self) -> Self {
        self.recipient.user = None;
        self
    }
}

/// The mails that a deployment sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MailPolicy {
    /// None: no mail server is configured.
    #[default]
    Off,
    /// Only mails that concern the security of an account.
    SecurityOnly,
    /// All mails.
    All,
}

impl MailPolicy {
    /// Whether mails of this kind are sent.
    pub const fn permits(self, kind: MailKind) -> bool {
        match self {
            Self::Off => false,
            Self::SecurityOnly => kind.is_about_security(),
            Self::All => true,
        }
    }
}

/// The recipient of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The account; `None` if the recipient has none.
    pub user: Option<UserKey>,
    /// The address that the mail goes to.
    pub address: Email,
    /// The recipient's name.
    pub name: Option<DisplayName>,
    /// The recipient's language; `None` for the default.
    pub locale: Option<Locale>,
}

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

/// The state of a mail in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailState {
    /// The mail waits for its next attempt, or an attempt is running.
    Queued,
    /// A mail server accepted the mail.
    Sent,
    /// A mail server rejected the mail permanently, or the last attempt failed.
    Failed,
    /// The mail will not be sent: an administrator cancelled it, or its link is no longer valid.
    Cancelled,
}

impl MailState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Sent, Self::Failed, Self::Cancelled];

    /// Parses the name in storage and on the wire.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| Invalid::new(format!("must be one of {}", Self::ALL.map(Self::as_str).join(", "))))
    }

    /// Returns the name in storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A mail that a process has claimed to send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMail {
    /// Storage's key.
    pub id: i64,
    /// The recipient.
    pub recipient: Recipient,
    /// The content.
    pub content: MailContent,
    /// The link that the mail carries.
    pub link: Option<ClaimedLink>,
    /// When the cause of the mail happened.
    pub created_at: Timestamp,
    /// Number of attempts, including the one that this claim permits.
    pub attempts: u32,
    /// Number of mails of the same queue ([`MailKind::is_for_recovery`]) that were sent to the address in the last hour.
    pub sent_last_hour: u32,
}

/// The link of a claimed mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimedLink {
    /// The id, from which the token is derived.
    pub id: LinkId,
    /// The purpose.
    pub purpose: LinkPurpose,
    /// The hash of the token. It shows which key derived the token.
    pub token_hash: TokenHash,
    /// When the link expires.
    pub expires_at: Timestamp,
    /// Whether the link is still valid. A mail with another link is not sent.
    pub is_valid: bool,
}

/// The outcome of an attempt to send a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// A mail server accepted the mail. Its content is deleted.
    Sent,
    /// The attempt failed, and the next one may succeed.
    Retry {
        /// When the next attempt is due.
        at: Timestamp,
        /// The error, for administrators.
        error: String,
    },
    /// The attempt did not take place, because the recipient has got too many mails. It does not count.
    Deferred {
        /// When the next attempt is due.
        at: Timestamp,
    },
    /// The mail is given up.
    Failed {
        /// The error, for administrators.
        error: String,
    },
    /// The mail is no longer needed, because its link is no longer valid.
    Cancelled,
}

/// A mail in the outbox, for administrators. It has no content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Storage's key.
    pub id: i64,
    /// The kind as stored. It is text, because a newer release may have written a kind that this release does not know.
    pub kind: String,
    /// The address that the mail goes to.
    pub recipient: String,
    /// The state.
    pub state: MailState,
    /// Number of attempts.
    pub attempts: u32,
    /// The error of the last attempt.
    pub last_error: Option<String>,
    /// When the cause of the mail happened.
    pub created_at: Timestamp,
    /// When the next attempt is due; `None` if no attempt follows.
    pub next_attempt_at: Option<Timestamp>,
    /// When a mail server accepted the mail.
    pub sent_at: Option<Timestamp>,
}

/// Figures of the outbox, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxStatistics {
    /// Number of queued mails, counted up to 10,000.
    pub queued: u64,
    /// When the oldest queued mail was created.
    pub oldest: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for kind in MailKind::ALL {
            assert_eq!(MailKind::parse(kind.as_str()), Some(kind));
        }
        for state in MailState::ALL {
            assert_eq!(MailState::parse(state.as_str()), Ok(state));
        }
        assert_eq!(MailKind::parse(""), None);
        let invalid = MailState::parse("unknown").unwrap_err().to_string();
        assert_eq!(invalid, "must be one of queued, sent, failed, cancelled");
    }

    #[test]
    fn a_policy_permits_security_mails_or_all_or_none() {
        for (policy, of_security, others) in
            [(MailPolicy::Off, false, false), (MailPolicy::SecurityOnly, true, false), (MailPolicy::All, true, true)]
        {
            assert_eq!(policy.permits(MailKind::PasswordChanged), of_security, "{policy:?}");
            assert_eq!(policy.permits(MailKind::Welcome), others, "{policy:?}");
        }
    }
}
