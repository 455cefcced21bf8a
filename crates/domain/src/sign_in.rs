//! Failed sign-ins, stored for investigations.

use crate::lockout::Network;
use crate::{NewMessage, Origin, Timestamp, UserKey};

/// A failed sign-in to store. A successful one is stored with the session that it opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedSignIn {
    /// When it happened.
    pub at: Timestamp,
    /// Storage's key of the user with the entered id. An unknown id is not stored, because users enter passwords there
    /// by mistake.
    pub user: Option<UserKey>,
    /// The reason of the failure.
    pub reason: FailureReason,
    /// The origin of the request.
    pub origin: Origin,
    /// The messages to send, without links.
    pub messages: Vec<NewMessage>,
}

/// The reason why a sign-in failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureReason {
    /// No user has the id.
    UnknownUser,
    /// The password is wrong.
    WrongPassword,
    /// The password is correct, but the account is inactive.
    Inactive,
    /// The password is correct, but the address is not confirmed, which a sign-in requires.
    Unverified,
    /// Earlier attempts locked the source or the account, so the password was not compared. Stored once per lock.
    Locked,
}

impl FailureReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [Self::UnknownUser, Self::WrongPassword, Self::Inactive, Self::Unverified, Self::Locked];

    /// Returns the reason's name on the wire and in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::WrongPassword => "wrong_password",
            Self::Inactive => "inactive",
            Self::Unverified => "unverified",
            Self::Locked => "locked",
        }
    }
}

impl Origin {
    /// Returns the network of the address.
    pub fn network(&self) -> Network {
        Network::of(self.ip_address.as_deref().and_then(|address| address.parse().ok()))
    }
}
