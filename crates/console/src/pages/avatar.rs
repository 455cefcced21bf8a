//! Pictures of profiles. The browser loads them from the console, because it has no token for the API.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use actix_web::web::{Path, Query};
use serde::Deserialize;
use steward_client::{Error, Image};

use crate::failure::Failure;
use crate::request::{Administrator, SignedIn};

/// A picture whose URL has its hash never changes.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
const NOT_STORED: HeaderValue = HeaderValue::from_static("no-store");

/// The query parameters of a picture.
#[derive(Debug, Default, Deserialize)]
pub(super) struct AvatarParameters {
    /// The hash of the picture.
    v: Option<String>,
}

/// Sends the signed-in user's own picture.
pub(super) async fn own(caller: SignedIn, parameters: Query<AvatarParameters>) -> Result<HttpResponse, Failure> {
    response(caller.api.own_avatar().await, &parameters)
}

/// Sends the picture of a user.
pub(super) async fn of_user(
    Administrator(caller): Administrator,
    id: Path<String>,
    parameters: Query<AvatarParameters>,
) -> Result<HttpResponse, Failure> {
    response(caller.api.user_avatar(&id).await, &parameters)
}

fn response(picture: Result<(Image, String), Error>, parameters: &AvatarParameters) -> Result<HttpResponse, Failure> {
    let (image, tag) = picture?;
    let has_hash = parameters.v.as_deref().is_some_and(|hash| tag == format!("\"{hash}\""));
    let cache_control = if has_hash { IMMUTABLE } else { NOT_STORED };
    let media_type =
        HeaderValue::from_str(&image.content_type).map_err(|error| Failure::Internal(error.to_string()))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, media_type)).insert_header((CACHE_CONTROL, cache_control));
    Ok(response.body(image.bytes))
}
