use diesel::prelude::*;
use steward_domain::ports::StoreError;
use steward_domain::{
    Attributes, Avatar, AvatarHash, PhoneNumber, Profile, ProfileText, TimeZone, Timestamp, UserProfile,
};

use super::UserRow;
use crate::schema::{user_avatars, user_profiles};
use crate::timestamp::DbTimestamp;

/// A user, their profile row if there is one, and the hash of their picture.
pub(crate) type UserProfileRow = (UserRow, Option<ProfileRow>, Option<String>);

/// A stored profile: all columns but the language, which is a column of the user.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = user_profiles, treat_none_as_null = true)]
pub(crate) struct ProfileRow {
    pub(crate) user_id: i64,
    phone: Option<String>,
    department: Option<String>,
    title: Option<String>,
    time_zone: Option<String>,
    attributes: Option<String>,
    updated_at: DbTimestamp,
}

impl ProfileRow {
    /// The row of a profile of the user with this key, changed at `now`.
    pub(crate) fn new(user_id: i64, profile: &Profile, now: DbTimestamp) -> Self {
        Self {
            user_id,
            phone: profile.phone.as_ref().map(ToString::to_string),
            department: profile.department.as_ref().map(ToString::to_string),
            title: profile.title.as_ref().map(ToString::to_string),
            time_zone: profile.time_zone.map(|time_zone| time_zone.name().to_owned()),
            attributes: (!profile.attributes.is_empty()).then(|| profile.attributes.to_json()),
            updated_at: now,
        }
    }
}

/// Parses a user with their profile.
pub(crate) fn user_profile((user, profile, avatar): UserProfileRow) -> Result<UserProfile, StoreError> {
    let user = steward_domain::User::try_from(user)?;
    let unreadable =
        || StoreError::failed(format!("user_profiles.attributes of the user with id {}: no object", user.id));
    let stored = match profile {
        None => Profile::default(),
        Some(row) => Profile {
            phone: row.phone.map(PhoneNumber::from_stored),
            department: row.department.map(ProfileText::from_stored),
            title: row.title.map(ProfileText::from_stored),
            // A zone that this release does not know means the default one.
            time_zone: row.time_zone.and_then(|name| TimeZone::parse(&name).ok()),
            attributes: match row.attributes {
                None => Attributes::default(),
                Some(json) => Attributes::from_stored(&json).ok_or_else(unreadable)?,
            },
            updated_at: Some(Timestamp::from(row.updated_at)),
            ..Profile::default()
        },
    };
    let profile = Profile { locale: user.locale.clone(), avatar: avatar.map(AvatarHash::from_stored), ..stored };
    Ok(UserProfile { user, profile })
}

/// A stored picture.
#[derive(Queryable, Selectable)]
#[diesel(table_name = user_avatars)]
pub(crate) struct AvatarRow {
    image: Vec<u8>,
    content_type: String,
    hash: String,
}

impl From<AvatarRow> for Avatar {
    fn from(row: AvatarRow) -> Self {
        Self { image: row.image, content_type: row.content_type, hash: AvatarHash::from_stored(row.hash) }
    }
}

/// A picture to insert, or to write over the earlier one.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = user_avatars)]
pub(crate) struct NewAvatarRow<'a> {
    user_id: i64,
    image: &'a [u8],
    content_type: &'a str,
    hash: &'a str,
    updated_at: DbTimestamp,
}

impl<'a> NewAvatarRow<'a> {
    /// The row of a picture of the user with this key, set at `now`.
    pub(crate) fn new(user_id: i64, avatar: &'a Avatar, now: DbTimestamp) -> Self {
        Self {
            user_id,
            image: &avatar.image,
            content_type: &avatar.content_type,
            hash: avatar.hash.as_str(),
            updated_at: now,
        }
    }
}
