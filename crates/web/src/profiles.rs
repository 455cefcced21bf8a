//! Profiles and pictures, which the auth service serves to their owner and the admin service to administrators.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ETag, EntityTag, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use steward_contracts::bodies::ProfileBody;
use steward_domain::{
    Attributes, Avatar, Locale, PhoneNumber, ProfileChange, ProfileText, TimeZone, UserProfile, UserVersion,
};

use crate::static_file::is_known;
use crate::{ApiError, Fields, HttpError, IntoProblem, text};

/// A picture at the URL with its hash never changes. Shared caches must not store it, because it is personal data.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
/// At another URL the browser asks whether the picture is current.
const REVALIDATED: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Parses the change of a profile: an absent field keeps its value, `null` clears it.
pub fn profile_change(mut fields: Fields) -> Result<ProfileChange, HttpError> {
    let phone = fields.change("phone", text(PhoneNumber::parse));
    let department = fields.change("department", text(ProfileText::parse));
    let title = fields.change("title", text(ProfileText::parse));
    let locale = fields.change("locale", text(Locale::parse));
    let time_zone = fields.change("time_zone", text(TimeZone::parse));
    let attributes = fields.change("attributes", Attributes::parse);
    let (phone, department, title, locale, time_zone, attributes) =
        fields.finish((phone, department, title, locale, time_zone, attributes))?;
    Ok(ProfileChange { phone, department, title, locale, time_zone, attributes })
}

/// Returns the response with a profile and its entity tag.
pub fn profile_response(UserProfile { user, profile }: UserProfile) -> HttpResponse {
    let tag = EntityTag::new_strong(UserVersion::of_profile(user.id, &profile).as_str().to_owned());
    HttpResponse::Ok().insert_header(ETag(tag)).json(ProfileBody::from(profile))
}

/// The user has no picture.
#[derive(Debug)]
pub struct AvatarNotFound;

impl IntoProblem for AvatarNotFound {
    fn into_problem(self) -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, "avatar-not-found", "Not found", "The user has no picture")
    }
}

/// Returns the response with a picture, or 304 if the client has it. The browser may keep it if the query of the URL is
/// `v=` and the hash.
pub fn avatar_response(request: &HttpRequest, avatar: Avatar) -> HttpResponse {
    let tag = EntityTag::new_strong(avatar.hash.as_str().to_owned());
    let has_hash = request.query_string().strip_prefix("v=") == Some(avatar.hash.as_str());
    let cache_control = if has_hash { IMMUTABLE } else { REVALIDATED };
    let is_known = is_known(request, &tag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header(ETag(tag)).insert_header((CACHE_CONTROL, cache_control));
    if is_known { response.finish() } else { response.content_type(avatar.content_type).body(avatar.image) }
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody;
    use actix_web::http::header::{CONTENT_TYPE, IF_NONE_MATCH};
    use actix_web::test::TestRequest;
    use serde_json::{Value, json};
    use steward_domain::{AvatarHash, FieldChange};

    use super::*;

    fn parse(value: Value) -> Result<ProfileChange, HttpError> {
        match value {
            Value::Object(fields) => profile_change(Fields::new(fields)),
            _ => unreachable!("tests send objects"),
        }
    }

    #[test]
    fn absent_fields_are_kept_and_null_clears() {
        assert!(parse(json!({})).unwrap().is_empty());
        let change = parse(json!({"phone": null, "title": " Engineer ", "attributes": null})).unwrap();
        let expected = ProfileChange {
            phone: FieldChange::Clear,
            title: FieldChange::Set(ProfileText::parse("Engineer").unwrap()),
            attributes: FieldChange::Clear,
            ..ProfileChange::default()
        };
        assert_eq!(change, expected);
    }

    #[test]
    fn every_invalid_field_is_reported() {
        let invalid = json!({
            "phone": "12", "department": "", "title": 1, "locale": "en_US", "time_zone": "KST", "attributes": [],
            "avatar": "x",
        });
        let Err(HttpError::Invalid(errors)) = parse(invalid) else { panic!("must be an error") };
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["phone", "department", "title", "locale", "time_zone", "attributes", "avatar"]);
    }

    #[test]
    fn the_browser_keeps_a_picture_at_the_url_with_its_hash() {
        let avatar = || Avatar {
            image: b"image".to_vec(),
            content_type: "image/webp".to_owned(),
            hash: AvatarHash::of(b"image"),
        };
        let hash = avatar().hash.as_str().to_owned();
        for (query, cache_control) in
            [(format!("?v={hash}"), &IMMUTABLE), ("?v=x".to_owned(), &REVALIDATED), (String::new(), &REVALIDATED)]
        {
            let request = TestRequest::with_uri(&format!("/api/auth/me/avatar{query}"));
            let response = avatar_response(&request.to_http_request(), avatar());
            assert_eq!(
                (response.status().as_u16(), response.headers().get(CACHE_CONTROL).unwrap()),
                (200, cache_control)
            );
            assert_eq!(response.headers().get(CONTENT_TYPE).unwrap(), "image/webp");
            let request = TestRequest::with_uri(&format!("/api/auth/me/avatar{query}"));
            let request = request.insert_header((IF_NONE_MATCH, format!("\"{hash}\"")));
            let response = avatar_response(&request.to_http_request(), avatar());
            assert_eq!(
                (response.status().as_u16(), response.headers().get(CACHE_CONTROL).unwrap()),
                (304, cache_control)
            );
            assert!(response.into_body().try_into_bytes().unwrap().is_empty());
        }
    }
}
