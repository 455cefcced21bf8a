//! Sessions, from sign-in to sign-out. A token is valid only while its session is.
//!
//! - A sign-in opens a [`NewSession`] with the hash of its first refresh token.
//! - Each request looks its session up, by the [`SessionId`] in its token. The [`AuthenticatedSession`] holds the current
//!   user, so a deactivation or a new role counts from the next request.
//! - A refresh token is valid once. A [`Rotation`] exchanges it for a successor and extends the session, at most to its
//!   absolute end. A token that returns after its use may be stolen, so it ends the session
//!   ([`RefreshOutcome::Reused`]).
//! - Sign-outs and administrators end a selection of sessions ([`SessionSelector`]).
//!
//! Storage holds the hash of a token and never the token:
//!
//! ```
//! use steward_domain::{SessionId, TokenHash};
//!
//! let id = SessionId::parse("0f8fad5bd9cb469fa16570867728950e")?;
//! assert_eq!(id.to_string(), "0f8fad5bd9cb469fa16570867728950e");
//!
//! let hash = TokenHash::of(b"a refresh token");
//! assert_eq!(hash, TokenHash::of(b"a refresh token"));
//! assert_eq!(format!("{hash:?}"), "TokenHash(…)");
//! # Ok::<(), steward_domain::Invalid>(())
//! ```

use std::fmt;

use base16ct::{HexDisplay, lower};
use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use crate::{
    Actor, AddressRange, DeviceFilter, DisplayName, Invalid, NewMessage, Origin, Role, SearchTerm, SessionRequirements,
    Timestamp, User, UserId, UserKey,
};

/// A session's public id: 128 random bits, in a token's `sid` claim as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// Creates a session id from random bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes for storage.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Parses 32 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mut bytes = [0; 16];
        let is_whole = lower::decode(text, &mut bytes).is_ok_and(|read| read.len() == 16);
        is_whole.then_some(Self(bytes)).ok_or(Invalid::new("must be 32 hexadecimal digits"))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&HexDisplay(&self.0), f)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

/// The SHA-256 of a refresh token or of the token of a link. Storage keeps only this hash, which cannot be used as a
/// token. A token of 256 unguessable bits needs no slower hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Hashes a token.
    pub fn of(token: &[u8]) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// Reads a hash from storage; `None` if it has another length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Returns the bytes for storage.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// A session to open.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The session's id, never used before.
    pub id: SessionId,
    /// Storage's key of the user that signed in.
    pub user: UserKey,
    /// The time of the sign-in.
    pub created_at: Timestamp,
    /// When the session ends unless it is refreshed earlier; `ends_at` at the latest.
    pub expires_at: Timestamp,
    /// When the session ends even if it is refreshed.
    pub ends_at: Timestamp,
    /// The first refresh token.
    pub refresh: TokenHash,
    /// The origin of the sign-in.
    pub origin: Origin,
    /// The messages to send.
    pub messages: Vec<NewMessage>,
}

/// The result of opening a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenOutcome {
    /// The session is open. Contains its user.
    Opened(User),
    /// The stored hash is not the checked one: it was replaced, or the user was deleted.
    Stale,
    /// The stored hash is the checked one, and the user is inactive.
    Inactive,
}

/// A valid session and its user, both in their current state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticatedSession {
    /// The session.
    pub id: SessionId,
    /// The user of the session. The user is active.
    pub user: User,
    /// The requirements that the user must still fulfil.
    pub requirements: SessionRequirements,
    /// When the session ends unless it is refreshed earlier.
    pub expires_at: Timestamp,
    /// When the session was last used, as storage knows it. Storage is updated at intervals, not at each request.
    pub last_seen_at: Timestamp,
}

impl AuthenticatedSession {
    /// Creates a session. Its requirements are those of the user's current state.
    pub fn new(id: SessionId, user: User, expires_at: Timestamp, last_seen_at: Timestamp) -> Self {
        Self { id, requirements: SessionRequirements::of(&user), user, expires_at, last_seen_at }
    }

    /// Returns the session's user as an actor.
    pub fn actor(&self) -> Actor {
        Actor {
            id: self.user.id,
            user_id: self.user.user_id.clone(),
            name: self.user.name.clone(),
            role: self.user.role,
            session: self.id,
        }
    }
}

/// A refresh token to exchange for a new one.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// The token that the client sent.
    pub presented: TokenHash,
    /// The token that replaces it.
    pub successor: TokenHash,
    /// The token that would replace it under the previous secret key.
    pub previous_key_successor: Option<TokenHash>,
    /// The current time.
    pub now: Timestamp,
    /// How long the session stays valid from now, limited by its absolute end.
    pub idle: TimeDelta,
    /// How long after its first use a token may be presented again, by a client that received no response.
    pub grace: TimeDelta,
    /// The origin of the request.
    pub origin: Origin,
}

/// The result of presenting a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefreshOutcome {
    /// The token was exchanged.
    Done {
        /// The session and its user, both in their current state.
        session: Box<AuthenticatedSession>,
        /// The token that replaced it: one of the offered successors.
        successor: TokenHash,
    },
    /// The token is unknown, or its session has ended.
    Unknown,
    /// The token had already been exchanged, so it may be stolen. The session ended.
    Reused,
}

/// A valid session in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// The session.
    pub id: SessionId,
    /// User id of its user.
    pub user_id: UserId,
    /// Name of its user.
    pub user_name: DisplayName,
    /// Role of its user.
    pub user_role: Role,
    /// The time of the sign-in.
    pub created_at: Timestamp,
    /// When the session was last used, as storage knows it.
    pub last_seen_at: Timestamp,
    /// When the session ends unless it is refreshed earlier.
    pub expires_at: Timestamp,
    /// The origin of the sign-in.
    pub origin: Origin,
}

/// A filter of the valid sessions. Lists are always sorted newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SessionFilter {
    /// Only sessions of this user.
    pub user: Option<UserId>,
    /// Each word must occur in the user's id, name or e-mail address. Alternatively, the term equals the address of the
    /// sign-in.
    pub search: Option<SearchTerm>,
    /// Only sessions whose sign-in came from these addresses.
    pub address: Option<AddressRange>,
    /// Only sessions on such a device.
    pub device: Option<DeviceFilter>,
}

impl SessionFilter {
    /// Returns the filter as one unambiguous text, for its cursors.
    pub fn canonical(&self) -> String {
        format!("sessions {self:?}")
    }
}

/// A selection of a user's sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionSelector {
    /// This session.
    One(SessionId),
    /// Every session.
    All,
    /// Every session except this one.
    AllBut(SessionId),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parsing_reverses_formatting(bytes in any::<[u8; 16]>()) {
            let id = SessionId::from_bytes(bytes);
            prop_assert_eq!(SessionId::parse(&id.to_string()).unwrap(), id);
        }

        #[test]
        fn debug_output_hides_the_hash(token in any::<[u8; 32]>()) {
            prop_assert_eq!(format!("{:?}", TokenHash::of(&token)), "TokenHash(…)");
        }

        #[test]
        fn other_text_is_refused(text in any::<String>()) {
            prop_assert!(SessionId::parse(&text).is_err());
        }
    }
}
