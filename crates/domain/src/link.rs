//! Single-use links in mails: a link proves that its holder reads the mailbox.
//!
//! Storage keeps the hash of a link's token only. The auth service derives the token from the link's id when it sends
//! the mail, so neither the queue of mails nor a backup contains a token that works.
//!
//! ```
//! use steward_domain::LinkPurpose;
//!
//! let purpose = LinkPurpose::ResetPassword;
//! assert_eq!(purpose.path(), "/reset-password");
//! assert_eq!(purpose.validity().num_minutes(), 30);
//! assert_eq!(LinkPurpose::parse(purpose.as_str()), Some(purpose));
//! ```

use std::fmt;

use chrono::TimeDelta;

use crate::{Email, Locale, Origin, PasswordHash, Timestamp, TokenHash, User, UserId, UserKey};

/// The id of a link: 16 random bytes. It is no secret; the token is derived from it with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinkId([u8; Self::LENGTH]);

impl LinkId {
    /// Length of an id in bytes.
    pub const LENGTH: usize = 16;

    /// Creates an id from random bytes.
    pub const fn new(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// Reads an id from storage; `None` if it has another length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Returns the bytes for storage.
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

/// The one action that a link permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkPurpose {
    /// Set a new password without the old one.
    ResetPassword,
    /// Confirm the address of an account.
    VerifyEmail,
    /// Confirm the new address of an account, which replaces the old one.
    ChangeEmail,
    /// Restore the old address after a change.
    UndoEmailChange,
    /// Create the account that an administrator invited to.
    AcceptInvitation,
}

impl LinkPurpose {
    /// Every purpose.
    pub const ALL: [Self; 5] =
        [Self::ResetPassword, Self::VerifyEmail, Self::ChangeEmail, Self::UndoEmailChange, Self::AcceptInvitation];

    /// The validity of the [`LinkPurpose::ResetPassword`] link with which the user of a new account sets the first
    /// password: that of an invitation, because the recipient did not ask for it.
    pub const FIRST_PASSWORD_VALIDITY: TimeDelta = Self::AcceptInvitation.validity();

    /// Parses the name in storage.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text)
    }

    /// Returns the name in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset_password",
            Self::VerifyEmail => "verify_email",
            Self::ChangeEmail => "change_email",
            Self::UndoEmailChange => "undo_email_change",
            Self::AcceptInvitation => "accept_invitation",
        }
    }

    /// Returns the path of the console's page that the link leads to.
    pub const fn path(self) -> &'static str {
        match self {
            Self::ResetPassword => "/reset-password",
            Self::VerifyEmail => "/verify-email",
            Self::ChangeEmail => "/change-email",
            Self::UndoEmailChange => "/undo-email-change",
            Self::AcceptInvitation => "/accept-invitation",
        }
    }

    /// Whether a link is about the address that the account has. Such a link is superseded once the address changes.
    pub const fn is_about_current_address(self) -> bool {
        matches!(self, Self::ResetPassword | Self::VerifyEmail)
    }

    /// Whether the use of a link restores an account that its user deleted.
    pub const fn restores_account(self) -> bool {
        matches!(self, Self::ResetPassword | Self::UndoEmailChange)
    }

    /// Returns the time for which a link is valid.
    pub const fn validity(self) -> TimeDelta {
        match self {
            Self::ResetPassword => TimeDelta::minutes(30),
            Self::VerifyEmail | Self::ChangeEmail | Self::UndoEmailChange => TimeDelta::hours(24),
            Self::AcceptInvitation => TimeDelta::days(7),
        }
    }
}

/// A link to store with the mail that carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLink {
    /// The id, never used before.
    pub id: LinkId,
    /// The permitted action.
    pub purpose: LinkPurpose,
    /// The account; `None` for an invitation.
    pub user: Option<UserKey>,
    /// The address that the link is about: of the account for a reset or a verification, the new one for a change, the
    /// old one for an undo.
    pub address: Email,
    /// The hash of the token.
    pub token_hash: TokenHash,
    /// When the link expires.
    pub expires_at: Timestamp,
}

/// A link whose account is not known yet: a decision binds it to the locked user. Only the auth service generates links,
/// because only it has the key of the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnboundLink {
    /// The id, never used before.
    pub id: LinkId,
    /// The hash of the token.
    pub token_hash: TokenHash,
}

impl UnboundLink {
    /// Returns the link for `user`, about `address`, which is valid from `now`.
    pub fn bind(self, purpose: LinkPurpose, user: &User, address: &Email, now: Timestamp) -> NewLink {
        NewLink { user: Some(user.id), ..self.for_new_user(purpose, address, now) }
    }

    /// Returns the link for a user who has no key yet.
    pub fn for_new_user(self, purpose: LinkPurpose, address: &Email, now: Timestamp) -> NewLink {
        NewLink {
            id: self.id,
            purpose,
            user: None,
            address: address.clone(),
            token_hash: self.token_hash,
            expires_at: now + purpose.validity(),
        }
    }
}

/// The reason why a link is not valid. The texts are sentences for the holder of the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// No link has this token and purpose.
    #[error("The link is not valid")]
    Unknown,
    /// The link was used.
    #[error("The link was used before")]
    Used,
    /// A newer link replaced it, or the account has changed since.
    #[error("The link is superseded by a newer one or by a change of the account")]
    Superseded,
    /// The validity of the link is over.
    #[error("The link has expired")]
    Expired,
}

impl LinkError {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Used, Self::Superseded, Self::Expired];

    /// Parses an identifier.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|error| error.code() == code)
    }

    /// Returns a stable identifier for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Used => "used",
            Self::Superseded => "superseded",
            Self::Expired => "expired",
        }
    }
}

/// A request for a link that sets a new password, for the account with this id or address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetRequest {
    /// The account, as the client named it.
    pub account: AccountName,
    /// The language of the request.
    pub locale: Option<Locale>,
    /// The origin of the request.
    pub origin: Origin,
    /// When the request arrived.
    pub requested_at: Timestamp,
}

/// A name of an account, which may not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountName {
    /// The user id.
    UserId(UserId),
    /// The e-mail address.
    Email(Email),
}

/// A change of an account that the holder of a link makes.
#[derive(Debug, Clone)]
pub enum LinkAction {
    /// Set a password with this hash.
    ResetPassword(PasswordHash),
    /// Confirm the address.
    VerifyEmail,
    /// Replace the address with that of the link.
    ChangeEmail,
    /// Restore the address of the link, and replace the password, which another person may know, with one that has this
    /// hash.
    UndoEmailChange(PasswordHash),
}

impl LinkAction {
    /// Returns the purpose of the links that permit the change.
    pub const fn purpose(&self) -> LinkPurpose {
        match self {
            Self::ResetPassword(_) => LinkPurpose::ResetPassword,
            Self::VerifyEmail => LinkPurpose::VerifyEmail,
            Self::ChangeEmail => LinkPurpose::ChangeEmail,
            Self::UndoEmailChange(_) => LinkPurpose::UndoEmailChange,
        }
    }
}

impl fmt::Display for LinkPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_has_a_name_and_a_page_of_its_own() {
        for (index, purpose) in LinkPurpose::ALL.into_iter().enumerate() {
            assert_eq!(LinkPurpose::parse(purpose.as_str()), Some(purpose));
            for other in &LinkPurpose::ALL[..index] {
                assert!(other.as_str() != purpose.as_str() && other.path() != purpose.path());
            }
        }
        assert_eq!(LinkPurpose::parse("unknown"), None);
    }

    #[test]
    fn each_reason_has_a_code_of_its_own() {
        for error in LinkError::ALL {
            assert_eq!(LinkError::from_code(error.code()), Some(error));
        }
        assert_eq!(LinkError::from_code("lost"), None);
    }

    #[test]
    fn an_id_of_another_length_is_rejected() {
        assert_eq!(LinkId::from_slice(&[7; 16]), Some(LinkId::new([7; 16])));
        assert_eq!(LinkId::from_slice(&[7; 15]), None);
    }
}
