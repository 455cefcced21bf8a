//! Attempts to sign in, as they are kept for whoever looks into what happened.

use crate::lockout::Network;
use crate::{Origin, Timestamp};

/// A sign-in that failed, to be kept. One that succeeded is kept with the session that it opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedSignIn {
    /// When it was.
    pub at: Timestamp,
    /// Storage's key of the user whose id was typed. What was typed and is nobody's id is not kept: people type
    /// passwords there.
    pub user: Option<i64>,
    /// Why it failed.
    pub reason: FailureReason,
    /// Where it came from.
    pub origin: Origin,
}

/// Why a sign-in failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureReason {
    /// Nobody has the id.
    UnknownUser,
    /// The password is another one.
    WrongPassword,
    /// The password is right, and the account is switched off.
    Inactive,
    /// Too many attempts failed before; the password was not compared. Kept once per lock.
    Locked,
}

impl FailureReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::UnknownUser, Self::WrongPassword, Self::Inactive, Self::Locked];

    /// The reason's name on the wire and in storage.
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
    /// The network that the address belongs to.
    pub fn network(&self) -> Network {
        Network::of(self.ip_address.as_deref().and_then(|address| address.parse().ok()))
    }
}
