//! Profiles: what users and administrators enter about a person. No permission depends on a profile.
//!
//! A change keeps, clears or sets each field. [`ProfileChange::against`] removes what the profile already has:
//!
//! ```
//! use steward_domain::{FieldChange, PhoneNumber, Profile, ProfileChange, ProfileText};
//!
//! let before = Profile { title: Some(ProfileText::parse("Engineer")?), ..Profile::default() };
//! let change = ProfileChange {
//!     phone: FieldChange::Set(PhoneNumber::parse("+82 10-1234-5678")?),
//!     department: FieldChange::Clear,
//!     title: FieldChange::Clear,
//!     ..ProfileChange::default()
//! };
//!
//! let change = change.against(&before);
//! assert_eq!(change.department, FieldChange::Keep);
//! assert_eq!(change.describe(&before), "phone: (none) → +821012345678; title: Engineer → (none)");
//! # Ok::<(), steward_domain::Invalid>(())
//! ```

use std::fmt;

use sha2::{Digest, Sha256};

use crate::audit::unambiguous;
use crate::ports::Rejection;
use crate::{Attributes, Locale, PhoneNumber, ProfileText, TimeZone, Timestamp, User, UserVersion};

/// A user's profile. Without any entry it is the default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// The phone number.
    pub phone: Option<PhoneNumber>,
    /// The department.
    pub department: Option<ProfileText>,
    /// The job title.
    pub title: Option<ProfileText>,
    /// The language of mails and pages.
    pub locale: Option<Locale>,
    /// The time zone of times in pages.
    pub time_zone: Option<TimeZone>,
    /// Free attributes.
    pub attributes: Attributes,
    /// The picture, if there is one.
    pub avatar: Option<AvatarHash>,
    /// When a field last changed; `None` before the first time.
    pub updated_at: Option<Timestamp>,
}

/// A user with their profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserProfile {
    /// The user.
    pub user: User,
    /// The profile.
    pub profile: Profile,
}

impl UserProfile {
    /// Returns the part of `change` that has an effect, or `None` if nothing changes.
    ///
    /// If `versions` is given, it must contain the current version of the profile.
    pub fn effective_change(
        &self,
        change: ProfileChange,
        versions: Option<&[UserVersion]>,
    ) -> Result<Option<ProfileChange>, Rejection> {
        let version = UserVersion::of_profile(self.user.id, &self.profile);
        if versions.is_some_and(|versions| !versions.contains(&version)) {
            return Err(Rejection::Stale);
        }
        Ok(Some(change.against(&self.profile)).filter(|change| !change.is_empty()))
    }
}

/// A change of one field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FieldChange<T> {
    /// The field keeps its value.
    #[default]
    Keep,
    /// The field has no value afterwards.
    Clear,
    /// The field has this value afterwards.
    Set(T),
}

impl<T: PartialEq> FieldChange<T> {
    /// Returns the value after the change.
    pub fn apply(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    fn against(self, before: Option<&T>) -> Self {
        let is_effective = match &self {
            Self::Keep => false,
            Self::Clear => before.is_some(),
            Self::Set(value) => before != Some(value),
        };
        if is_effective { self } else { Self::Keep }
    }
}

/// A change of a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// The phone number.
    pub phone: FieldChange<PhoneNumber>,
    /// The department.
    pub department: FieldChange<ProfileText>,
    /// The job title.
    pub title: FieldChange<ProfileText>,
    /// The language of mails and pages.
    pub locale: FieldChange<Locale>,
    /// The time zone of times in pages.
    pub time_zone: FieldChange<TimeZone>,
    /// All free attributes. The new ones replace the old ones.
    pub attributes: FieldChange<Attributes>,
}

impl ProfileChange {
    /// Removes the fields that `before` already has, so that the rest is the actual change.
    #[must_use]
    pub fn against(self, before: &Profile) -> Self {
        let attributes = Some(&before.attributes).filter(|attributes| !attributes.is_empty());
        Self {
            phone: self.phone.against(before.phone.as_ref()),
            department: self.department.against(before.department.as_ref()),
            title: self.title.against(before.title.as_ref()),
            locale: self.locale.against(before.locale.as_ref()),
            time_zone: self.time_zone.against(before.time_zone.as_ref()),
            attributes: match self.attributes {
                FieldChange::Set(new) if new.is_empty() => FieldChange::Clear.against(attributes),
                other => other.against(attributes),
            },
        }
    }

    /// Whether the change is empty.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the profile after the change at `now`.
    #[must_use]
    pub fn apply(self, before: Profile, now: Timestamp) -> Profile {
        Profile {
            phone: self.phone.apply(before.phone),
            department: self.department.apply(before.department),
            title: self.title.apply(before.title),
            locale: self.locale.apply(before.locale),
            time_zone: self.time_zone.apply(before.time_zone),
            attributes: self.attributes.apply(Some(before.attributes)).unwrap_or_default(),
            avatar: before.avatar,
            updated_at: Some(now),
        }
    }

    /// Describes the change for the audit trail: each field, before → after. Of the attributes it names those that
    /// differ, cut to [`ProfileChange::DESCRIBED`] characters.
    pub fn describe(&self, before: &Profile) -> String {
        let mut fields = Vec::new();
        describe(&mut fields, "phone", before.phone.as_ref(), &self.phone);
        describe(&mut fields, "department", before.department.as_ref(), &self.department);
        describe(&mut fields, "title", before.title.as_ref(), &self.title);
        describe(&mut fields, "locale", before.locale.as_ref(), &self.locale);
        describe(&mut fields, "time_zone", before.time_zone.as_ref(), &self.time_zone);
        let after = match &self.attributes {
            FieldChange::Keep => None,
            FieldChange::Clear => Some(Attributes::default()),
            FieldChange::Set(after) => Some(after.clone()),
        };
        if let Some(after) = after {
            let text = |attributes: Attributes| {
                let json = attributes.to_json();
                let cut: String = json.chars().take(Self::DESCRIBED).collect();
                if cut.len() < json.len() { cut + "…" } else { cut }
            };
            let (old, new) = (before.attributes.without_equal(&after), after.without_equal(&before.attributes));
            fields.push(format!("attributes: {} → {}", text(old), text(new)));
        }
        fields.join("; ")
    }

    /// Maximum length of the described attributes before the change, and of those after it, in characters.
    pub const DESCRIBED: usize = 500;
}

fn describe<T: fmt::Display>(fields: &mut Vec<String>, name: &str, before: Option<&T>, change: &FieldChange<T>) {
    const NONE: &str = "(none)";
    let after = match change {
        FieldChange::Keep => return,
        FieldChange::Clear => NONE.to_owned(),
        FieldChange::Set(value) => unambiguous(value.to_string()),
    };
    let before = before.map_or_else(|| NONE.to_owned(), |value| unambiguous(value.to_string()));
    fields.push(format!("{name}: {before} → {after}"));
}

/// The picture of a profile: a square image that the service encoded itself, so it has no metadata.
#[derive(Clone, PartialEq, Eq)]
pub struct Avatar {
    /// The encoded image.
    pub image: Vec<u8>,
    /// The media type: `image/webp` or `image/png`.
    pub content_type: String,
    /// The hash of the image.
    pub hash: AvatarHash,
}

impl fmt::Debug for Avatar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Avatar({}, {} bytes, {})", self.content_type, self.image.len(), self.hash.as_str())
    }
}

/// A hash of a picture. It identifies the picture in URLs and caches.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AvatarHash(String);

impl AvatarHash {
    /// Number of digest bytes in a hash: 128 bits, which makes collisions infeasible.
    const BYTES: usize = 16;

    /// Computes the hash of an encoded image.
    pub fn of(image: &[u8]) -> Self {
        Self(base16ct::lower::encode_string(&Sha256::digest(image)[..Self::BYTES]))
    }

    /// Wraps a hash from storage.
    pub fn from_stored(hash: String) -> Self {
        Self(hash)
    }

    /// Returns the hash: lower-case hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn full() -> ProfileChange {
        ProfileChange {
            phone: FieldChange::Set(PhoneNumber::parse("+12125550100").unwrap()),
            department: FieldChange::Set(ProfileText::parse("R&D").unwrap()),
            title: FieldChange::Set(ProfileText::parse("Engineer").unwrap()),
            locale: FieldChange::Set(Locale::parse("ko").unwrap()),
            time_zone: FieldChange::Set(TimeZone::parse("Asia/Seoul").unwrap()),
            attributes: FieldChange::Set(Attributes::parse(&json!({"badge": 7})).unwrap()),
        }
    }

    fn cleared() -> ProfileChange {
        ProfileChange {
            phone: FieldChange::Clear,
            department: FieldChange::Clear,
            title: FieldChange::Clear,
            locale: FieldChange::Clear,
            time_zone: FieldChange::Clear,
            attributes: FieldChange::Clear,
        }
    }

    #[test]
    fn a_change_is_applied_once() {
        let empty = Profile::default();
        let profile = full().against(&empty).apply(empty.clone(), Timestamp::UNIX_EPOCH);
        assert_eq!(profile.phone.as_ref().unwrap().as_str(), "+12125550100");
        assert!(full().against(&profile).is_empty());
        assert!(cleared().against(&empty).is_empty());
        let none = ProfileChange { attributes: FieldChange::Set(Attributes::default()), ..ProfileChange::default() };
        assert!(none.clone().against(&empty).is_empty());
        assert_eq!(none.against(&profile).attributes, FieldChange::Clear);
        let expected = Profile { updated_at: Some(Timestamp::UNIX_EPOCH), ..empty };
        assert_eq!(cleared().against(&profile).apply(profile, Timestamp::UNIX_EPOCH), expected);
    }

    #[test]
    fn the_description_has_each_changed_field() {
        let empty = Profile::default();
        assert_eq!(
            full().describe(&empty),
            "phone: (none) → +12125550100; department: (none) → R&D; title: (none) → Engineer; locale: (none) → ko; \
             time_zone: (none) → Asia/Seoul; attributes: {} → {\"badge\":7}"
        );
        let profile = full().apply(empty, Timestamp::UNIX_EPOCH);
        assert!(
            cleared().describe(&profile).ends_with("time_zone: Asia/Seoul → (none); attributes: {\"badge\":7} → {}")
        );
        assert_eq!(ProfileChange::default().describe(&profile), "");
    }

    #[test]
    fn a_text_cannot_look_like_further_changes() {
        let title = ProfileText::parse("A → B; phone: +1").unwrap();
        let change = ProfileChange { title: FieldChange::Set(title), ..ProfileChange::default() };
        assert_eq!(change.describe(&Profile::default()), "title: (none) → \"A → B; phone: +1\"");
    }

    #[test]
    fn the_description_of_attributes_is_limited() {
        let long = Attributes::parse(&json!({"kept": 1, "long": "길".repeat(2_000)})).unwrap();
        let before = Profile { attributes: Attributes::parse(&json!({"kept": 1})).unwrap(), ..Profile::default() };
        let change = ProfileChange { attributes: FieldChange::Set(long), ..ProfileChange::default() };
        let text = change.describe(&before);
        assert!(text.starts_with("attributes: {} → {\"long\":\"길") && text.ends_with("길…"), "{text}");
        assert_eq!(text.chars().count(), "attributes: {} → ".chars().count() + ProfileChange::DESCRIBED + 1);
    }

    #[test]
    fn a_hash_identifies_an_image() {
        let hash = AvatarHash::of(b"image");
        assert_eq!((hash.as_str().len(), AvatarHash::of(b"image")), (32, hash.clone()));
        assert_ne!(AvatarHash::of(b"other"), hash);
    }
}
