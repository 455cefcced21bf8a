use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use steward_domain::{FieldChange, Profile};
use utoipa::ToSchema;

/// A user's profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Profile)]
pub struct ProfileBody {
    /// Phone number in international form (E.164).
    #[schema(example = "+821012345678")]
    pub phone: Option<String>,
    /// Department.
    #[schema(example = "Sales")]
    pub department: Option<String>,
    /// Job title.
    #[schema(example = "Account manager")]
    pub title: Option<String>,
    /// Language of mails and pages, as a BCP 47 tag.
    #[schema(example = "ko-KR")]
    pub locale: Option<String>,
    /// Time zone of times in pages, by its name in the IANA database.
    #[schema(example = "Asia/Seoul")]
    pub time_zone: Option<String>,
    /// Free attributes; empty if there are none.
    #[schema(value_type = Object, example = json!({"badge": "A-7"}))]
    pub attributes: Map<String, Value>,
    /// Hash of the picture; null without a picture. The URL of the picture with `?v=` and the hash may be cached.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015")]
    pub avatar: Option<String>,
}

impl From<Profile> for ProfileBody {
    fn from(profile: Profile) -> Self {
        Self {
            phone: profile.phone.map(|phone| phone.to_string()),
            department: profile.department.map(|department| department.to_string()),
            title: profile.title.map(|title| title.to_string()),
            locale: profile.locale.map(|locale| locale.to_string()),
            time_zone: profile.time_zone.map(|time_zone| time_zone.to_string()),
            attributes: profile.attributes.as_object().clone(),
            avatar: profile.avatar.map(|hash| hash.as_str().to_owned()),
        }
    }
}

/// Changes of a profile. Omitted fields keep their value, and null clears a field.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"phone": "+82 10-1234-5678", "time_zone": "Asia/Seoul", "title": null}))]
#[serde(deny_unknown_fields)]
pub struct UpdateProfileRequest {
    /// Phone number with `+` and the country code. Spaces, hyphens and dots between the digits are removed.
    #[serde(default, with = "field_change", skip_serializing_if = "field_change::is_kept")]
    #[schema(value_type = Option<String>, pattern = r"^ *\+[1-9][0-9 .-]*$")]
    pub phone: FieldChange<String>,
    /// Department.
    #[serde(default, with = "field_change", skip_serializing_if = "field_change::is_kept")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub department: FieldChange<String>,
    /// Job title.
    #[serde(default, with = "field_change", skip_serializing_if = "field_change::is_kept")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub title: FieldChange<String>,
    /// Language, as a BCP 47 tag.
    #[serde(default, with = "field_change", skip_serializing_if = "field_change::is_kept")]
    #[schema(value_type = Option<String>, min_length = 2, max_length = 35)]
    pub locale: FieldChange<String>,
    /// Name of a time zone in the IANA database.
    #[serde(default, with = "field_change", skip_serializing_if = "field_change::is_kept")]
    #[schema(value_type = Option<String>)]
    pub time_zone: FieldChange<String>,
    /// Free attributes, which replace all earlier ones: an object with at most 8 KiB of JSON and three levels.
    #[serde(default, with = "field_change", skip_serializing_if = "field_change::is_kept")]
    #[schema(value_type = Option<Object>)]
    pub attributes: FieldChange<Map<String, Value>>,
}

/// An image file.
#[derive(Debug, Clone, ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct Image(pub Vec<u8>);

impl Image {
    /// Maximum length of a picture that a user uploads, in bytes.
    pub const MAX: usize = 256 * 1024;
}

/// Changes of the caller's own account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"name": "John D. Doe"}))]
#[serde(deny_unknown_fields)]
pub struct UpdateOwnAccountRequest {
    /// New name.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub name: String,
}

/// A field that keeps its value is absent, and a field to clear is null.
mod field_change {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use steward_domain::FieldChange;

    pub(super) fn is_kept<T>(change: &FieldChange<T>) -> bool {
        matches!(change, FieldChange::Keep)
    }

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        change: &FieldChange<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match change {
            FieldChange::Keep | FieldChange::Clear => serializer.serialize_none(),
            FieldChange::Set(value) => serializer.serialize_some(value),
        }
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<FieldChange<T>, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(FieldChange::Clear, FieldChange::Set))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_is_sent_as_it_is_read() {
        let change = UpdateProfileRequest {
            phone: FieldChange::Clear,
            title: FieldChange::Set("Engineer".to_owned()),
            ..UpdateProfileRequest::default()
        };
        let sent = serde_json::to_value(&change).unwrap();
        assert_eq!(sent, json!({"phone": null, "title": "Engineer"}));
        let read: UpdateProfileRequest = serde_json::from_value(sent).unwrap();
        assert_eq!((read.phone, read.department), (FieldChange::Clear, FieldChange::Keep));
        assert_eq!((read.title, read.attributes), (change.title, FieldChange::Keep));
    }
}
