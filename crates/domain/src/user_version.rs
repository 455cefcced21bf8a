use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::{Profile, User, UserKey};

/// A short identifier of the state of a user or of a profile. It differs after every change of a field that an editor
/// sees. It stays the same after a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserVersion(String);

impl UserVersion {
    /// Number of digest bytes in a version: 96 bits, which makes collisions infeasible.
    const BYTES: usize = 12;

    /// Computes the version of a user's current state.
    pub fn of(user: &User) -> Self {
        let User { id, user_id, email, name, role, is_active, updated_at, .. } = user;
        // The time alone misses a second change within the same microsecond. The fields alone miss a change that was
        // undone.
        let mut digest = Sha256::new();
        digest.update(id.get().to_be_bytes());
        digest.update(updated_at.timestamp_micros().to_be_bytes());
        digest.update([u8::from(*is_active)]);
        // None of the texts contains a line feed, so it separates them.
        for text in [user_id.as_str(), email.as_str(), name.as_str(), role.as_str()] {
            digest.update(text);
            digest.update("\n");
        }
        Self::from_digest(&digest.finalize())
    }

    /// Computes the version of a profile's current state. It stays the same if only the picture changes.
    pub fn of_profile(owner: UserKey, profile: &Profile) -> Self {
        let Profile { phone, department, title, locale, time_zone, attributes, updated_at, avatar: _ } = profile;
        let mut digest = Sha256::new();
        digest.update(owner.get().to_be_bytes());
        digest.update(updated_at.map_or(i64::MIN, |at| at.timestamp_micros()).to_be_bytes());
        let texts = [
            phone.as_ref().map(ToString::to_string),
            department.as_ref().map(ToString::to_string),
            title.as_ref().map(ToString::to_string),
            locale.as_ref().map(ToString::to_string),
            time_zone.as_ref().map(ToString::to_string),
            Some(attributes.to_json()),
        ];
        for text in texts {
            digest.update(text.unwrap_or_default());
            digest.update("\n");
        }
        Self::from_digest(&digest.finalize())
    }

    /// Wraps a version from a client. Any text is accepted; an invalid one matches no user.
    pub fn from_client(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    fn from_digest(digest: &[u8]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(&digest[..Self::BYTES]))
    }

    /// Returns the version as text: letters, digits, `-` and `_`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::{Attributes, AvatarHash, DisplayName, Email, Locale, PhoneNumber, ProfileText, Role, TimeZone, UserId};

    #[test]
    fn every_change_creates_another_version_and_a_sign_in_does_not() {
        let at = DateTime::UNIX_EPOCH;
        let user = User {
            id: UserKey::new(7).unwrap(),
            user_id: UserId::parse("alice").unwrap(),
            email: Email::parse("alice@example.com").unwrap(),
            name: DisplayName::parse("Alice").unwrap(),
            role: Role::User,
            is_active: true,
            must_change_password: false,
            created_at: at,
            updated_at: at,
            last_login: None,
            email_verified_at: None,
            locale: None,
            purge_at: None,
            is_restorable: true,
        };
        let version = UserVersion::of(&user);
        assert_eq!(UserVersion::from_client(version.as_str()), version);
        assert_eq!(UserVersion::of(&User { last_login: Some(at), ..user.clone() }), version);
        let others = [
            User { id: UserKey::new(8).unwrap(), ..user.clone() },
            User { email: Email::parse("a@example.com").unwrap(), ..user.clone() },
            User { name: DisplayName::parse("alice").unwrap(), ..user.clone() },
            User { role: Role::Admin, ..user.clone() },
            User { is_active: false, ..user.clone() },
            User { updated_at: at + TimeDelta::microseconds(1), ..user },
        ];
        assert!(others.iter().all(|other| UserVersion::of(other) != version));
    }

    #[test]
    fn every_change_of_a_profile_creates_another_version_and_a_picture_does_not() {
        let owner = UserKey::new(7).unwrap();
        let text = |text| Some(ProfileText::parse(text).unwrap());
        let profile = Profile { department: text("A"), updated_at: Some(DateTime::UNIX_EPOCH), ..Profile::default() };
        let version = UserVersion::of_profile(owner, &profile);
        let with_picture = Profile { avatar: Some(AvatarHash::of(b"image")), ..profile.clone() };
        assert_eq!(UserVersion::of_profile(owner, &with_picture), version);
        let others = [
            Profile { phone: Some(PhoneNumber::parse("+12125550100").unwrap()), ..profile.clone() },
            Profile { department: None, ..profile.clone() },
            Profile { department: None, title: text("A"), ..profile.clone() },
            Profile { locale: Some(Locale::parse("ko").unwrap()), ..profile.clone() },
            Profile { time_zone: Some(TimeZone::parse("UTC").unwrap()), ..profile.clone() },
            Profile { attributes: Attributes::from_stored("{\"a\":1}").unwrap(), ..profile.clone() },
            Profile { updated_at: Some(DateTime::UNIX_EPOCH + TimeDelta::microseconds(1)), ..profile.clone() },
            Profile { updated_at: None, ..profile.clone() },
        ];
        assert!(others.iter().all(|other| UserVersion::of_profile(owner, other) != version));
        assert_ne!(UserVersion::of_profile(UserKey::new(8).unwrap(), &profile), version);
    }
}
