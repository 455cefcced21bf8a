use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::User;

/// A user as they stood at a moment, in a few characters. It is another one after every change of what an editor sees,
/// and the same after signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserVersion(String);

impl UserVersion {
    /// Bytes of the digest that are kept: 96 bits, which nobody finds a second user for.
    const BYTES: usize = 12;

    /// The version of a user as they stand.
    pub fn of(user: &User) -> Self {
        let User { id, user_id, email, name, role, is_active, updated_at, .. } = user;
        // The time alone would miss a second change within its microsecond, the fields alone one that was undone.
        let mut seen = Sha256::new();
        seen.update(id.to_be_bytes());
        seen.update(updated_at.timestamp_micros().to_be_bytes());
        seen.update([u8::from(*is_active)]);
        // No text holds a line feed.
        for text in [user_id.as_str(), email.as_str(), name.as_str(), role.as_str()] {
            seen.update(text);
            seen.update("\n");
        }
        Self(URL_SAFE_NO_PAD.encode(&seen.finalize()[..Self::BYTES]))
    }

    /// A version as somebody hands it back. Any text may be one, of a user who never stood so.
    pub fn told(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The version as it is handed out: letters, digits, `-` and `_`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::{DisplayName, Email, Role, UserId};

    #[test]
    fn every_change_makes_another_version_and_signing_in_does_not() {
        let at = DateTime::UNIX_EPOCH;
        let user = User {
            id: 7,
            user_id: UserId::parse("alice").unwrap(),
            email: Email::parse("alice@example.com").unwrap(),
            name: DisplayName::parse("Alice").unwrap(),
            role: Role::User,
            is_active: true,
            must_change_password: false,
            created_at: at,
            updated_at: at,
            last_login: None,
        };
        let version = UserVersion::of(&user);
        assert_eq!(UserVersion::told(version.as_str()), version);
        assert_eq!(UserVersion::of(&User { last_login: Some(at), ..user.clone() }), version);
        let others = [
            User { id: 8, ..user.clone() },
            User { email: Email::parse("a@example.com").unwrap(), ..user.clone() },
            User { name: DisplayName::parse("alice").unwrap(), ..user.clone() },
            User { role: Role::Admin, ..user.clone() },
            User { is_active: false, ..user.clone() },
            User { updated_at: at + TimeDelta::microseconds(1), ..user },
        ];
        assert!(others.iter().all(|other| UserVersion::of(other) != version));
    }
}
