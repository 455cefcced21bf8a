use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use percent_encoding::percent_decode_str;
use steward_domain::UserId;

use crate::{ApiError, HttpError, IntoProblem};

/// The user that the path names does not exist.
#[derive(Debug)]
pub struct UserNotFound;

impl IntoProblem for UserNotFound {
    fn into_problem(self) -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, "user-not-found", "Not found", "User not found")
    }
}

/// Returns the user id in the path's `{user_id}`. Responds 404 if the text cannot be a user id.
pub fn path_user_id(request: &HttpRequest) -> Result<UserId, ApiError> {
    UserId::parse(&path_text(request, "user_id")?).map_err(|_| UserNotFound.into())
}

/// Returns the percent-decoded text of the path parameter `{name}`.
pub fn path_text(request: &HttpRequest, name: &str) -> Result<String, HttpError> {
    let segment = request.match_info().get(name).unwrap_or_default();
    let text = percent_decode_str(segment)
        .decode_utf8()
        .map_err(|_| HttpError::Malformed("The path contains percent-escapes that are not UTF-8".into()))?;
    Ok(text.into_owned())
}
