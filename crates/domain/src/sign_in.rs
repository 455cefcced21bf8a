//! Sign-in attempts, stored for investigations.

use std::net::IpAddr;

use crate::device::device_key;
use crate::lockout::Network;
use crate::{
    AddressRange, DeviceFilter, Invalid, NewMessage, Origin, TimeSpan, Timestamp, UserId, UserKey, address_key,
};

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

/// The outcome of a sign-in attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptOutcome {
    /// A session was opened.
    Success,
    /// The attempt was rejected.
    Failure,
}

impl AttemptOutcome {
    /// Parses `success` or `failure`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "success" => Ok(Self::Success),
            "failure" => Ok(Self::Failure),
            _ => Err(Invalid::new("must be success or failure")),
        }
    }

    /// Returns the outcome's name on the wire and in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// A sign-in attempt as storage keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInRecord {
    /// Storage's key.
    pub id: i64,
    /// When it happened.
    pub at: Timestamp,
    /// The user with the entered id; `None` if there was no such user.
    pub user_id: Option<UserId>,
    /// The reason of a failure; `None` for a success. It is text, because a newer release may have written a reason that
    /// this release does not know.
    pub reason: Option<String>,
    /// The origin of the request.
    pub origin: Origin,
}

impl SignInRecord {
    /// Returns the outcome.
    pub fn outcome(&self) -> AttemptOutcome {
        if self.reason.is_some() { AttemptOutcome::Failure } else { AttemptOutcome::Success }
    }
}

/// A filter of the sign-in attempts. Lists are always sorted newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SignInFilter {
    /// Only attempts with this outcome.
    pub outcome: Option<AttemptOutcome>,
    /// Only attempts as this user.
    pub user: Option<UserId>,
    /// Only attempts from these addresses.
    pub address: Option<AddressRange>,
    /// Only attempts from such a device.
    pub device: Option<DeviceFilter>,
    /// Only attempts in this time span.
    pub at: TimeSpan,
}

impl SignInFilter {
    /// Returns the filter as one unambiguous text, for its cursors.
    pub fn canonical(&self) -> String {
        format!("sign-ins {self:?}")
    }
}

impl Origin {
    /// Returns the network of the address.
    pub fn network(&self) -> Network {
        Network::of(self.address())
    }

    /// Returns the key by which storage finds the address: see [`address_key`].
    pub fn address_key(&self) -> Option<String> {
        self.address().map(address_key)
    }

    /// Returns the key by which storage finds the device: see [`device_key`].
    pub fn device_key(&self) -> String {
        device_key(self.user_agent.as_deref())
    }

    fn address(&self) -> Option<IpAddr> {
        self.ip_address.as_deref().and_then(|address| address.parse().ok())
    }
}
