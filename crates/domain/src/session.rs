//! Sessions: what a sign-in begins and a sign-out ends. A token is good for as long as its session is.

use std::fmt;

use crate::{Actor, Invalid, Origin, Timestamp, User};

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
        let digit = |c: u8| match c {
            b'0'..=b'9' => Some(c - b'0'),
            b'a'..=b'f' => Some(c - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 16];
        if text.len() != 32 {
            return Err(Invalid::new("must be 32 hexadecimal digits"));
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            match (digit(pair[0]), digit(pair[1])) {
                (Some(high), Some(low)) => *byte = high << 4 | low,
                _ => return Err(Invalid::new("must be 32 hexadecimal digits")),
            }
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
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
    /// When it ends by itself.
    pub expires_at: Timestamp,
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
    /// When it ends by itself.
    pub expires_at: Timestamp,
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
        fn refuses_all_else(text in any::<String>()) {
            prop_assert!(SessionId::parse(&text).is_err());
        }
    }
}
