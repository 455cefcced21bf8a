//! Failed sign-ins, stored for investigations.

use crate::lockout::Network;
use crate::{Origin, Timestamp, UserKey};

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
    /// Earlier attempts locked the source or the account, so the password was not compared. Stored once per lock.
    Locked,
}

impl FailureReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::UnknownUser, Self::WrongPassword, Self::Inactive, Self::Locked];

    /// Returns the reason's name on the wire and in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::WrongPassword => "wrong_password",
            Self::Inactive => "inactive",
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
