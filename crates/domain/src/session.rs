//! Sessions: what a sign-in begins and a sign-out ends. A token is good no longer than its session is.

use std::fmt;

use base16ct::{HexDisplay, lower};
use chrono::TimeDelta;
use sha2::{Digest, Sha256};

use crate::{Actor, DisplayName, Invalid, Origin, SearchTerm, Timestamp, User, UserId};

/// A session's public name: 128 random bits, in a token's `sid` claim as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// A session id of these random bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes, as storage keeps them.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads 32 lower-case hexadecimal digits.
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

/// What a refresh token is recognised by: its SHA-256, which is no use to whoever reads it. A token of 256 random bits
/// needs no slower hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of a token.
    pub fn of(token: &[u8]) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// The bytes, as storage keeps them.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// A session to be opened.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its name, never used before.
    pub id: SessionId,
    /// Storage's key of the user that signed in.
    pub user: i64,
    /// The sign-in.
    pub created_at: Timestamp,
    /// When it ends unless it is refreshed before; not after `ends_at`.
    pub expires_at: Timestamp,
    /// When it ends however often it is refreshed.
    pub ends_at: Timestamp,
    /// The refresh token that it begins with.
    pub refresh: TokenHash,
    /// Where the sign-in came from.
    pub origin: Origin,
}

/// A session that is good at this moment, with its user as they are at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticatedSession {
    /// The session.
    pub id: SessionId,
    /// Whose it is; active.
    pub user: User,
    /// When it ends unless it is refreshed before.
    pub expires_at: Timestamp,
    /// When it was last used, as far as storage knows: it is told now and then, not at each request.
    pub last_seen_at: Timestamp,
}

impl AuthenticatedSession {
    /// The session's user as the one who acts.
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

/// A refresh token that is presented, to be exchanged for another one.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// The token that was sent.
    pub presented: TokenHash,
    /// What takes its place.
    pub successor: TokenHash,
    /// What would have taken its place before the secret key was changed.
    pub previous_key_successor: Option<TokenHash>,
    /// The time.
    pub now: Timestamp,
    /// How long the session is good from now on, but for its absolute end.
    pub idle: TimeDelta,
    /// How long after its use a token may be presented again, by a client that got no answer.
    pub grace: TimeDelta,
    /// Where it came from.
    pub origin: Origin,
}

/// What became of a refresh token that was presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefreshOutcome {
    /// It was exchanged.
    Done {
        /// The session, with its user as they are at this moment.
        session: Box<AuthenticatedSession>,
        /// What took its place: one of the successors that were offered.
        successor: TokenHash,
    },
    /// It is none, or its session is over.
    Unknown,
    /// It had been exchanged before: two have it, one of them a thief. The session ended.
    Reused,
}

/// A good session, as people look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// The session.
    pub id: SessionId,
    /// User id of whose it is.
    pub user_id: UserId,
    /// How they are called.
    pub user_name: DisplayName,
    /// The sign-in.
    pub created_at: Timestamp,
    /// When it was last used, as far as storage knows.
    pub last_seen_at: Timestamp,
    /// When it ends unless it is refreshed before.
    pub expires_at: Timestamp,
    /// Where the sign-in came from.
    pub origin: Origin,
}

/// Which good sessions a list holds, always newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SessionFilter {
    /// Only those of this user.
    pub user: Option<UserId>,
    /// Each word is part of the user's id, name or e-mail address; or the term is the whole address of the sign-in.
    pub search: Option<SearchTerm>,
}

impl SessionFilter {
    /// The filter as one unambiguous text, for its cursors.
    pub fn canonical(&self) -> String {
        format!("sessions {self:?}")
    }
}

/// Which of a user's sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionSelector {
    /// This one.
    One(SessionId),
    /// Every one.
    All,
    /// Every one but this.
    AllBut(SessionId),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn reads_back(bytes in any::<[u8; 16]>()) {
            let id = SessionId::from_bytes(bytes);
            prop_assert_eq!(SessionId::parse(&id.to_string()).unwrap(), id);
        }

        #[test]
        fn a_hash_is_never_shown(token in any::<[u8; 32]>()) {
            prop_assert_eq!(format!("{:?}", TokenHash::of(&token)), "TokenHash(…)");
        }

        #[test]
        fn refuses_all_else(text in any::<String>()) {
            prop_assert!(SessionId::parse(&text).is_err());
        }
    }
}
