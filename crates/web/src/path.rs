use actix_web::HttpRequest;
use percent_encoding::percent_decode_str;
use steward_domain::UserId;

use crate::ApiError;

/// The user id in the path's `{user_id}`. One that cannot be an id is nobody's: 404.
pub fn path_user_id(request: &HttpRequest) -> Result<UserId, ApiError> {
    let segment = request.match_info().get("user_id").unwrap_or_default();
    let segment = percent_decode_str(segment)
        .decode_utf8()
        .map_err(|_| ApiError::Malformed("The path holds percent-escapes that are not UTF-8".into()))?;
    UserId::parse(&segment).map_err(|_| ApiError::UserNotFound)
}
