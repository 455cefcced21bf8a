//! Segments: filters of the user list that administrators keep, each for themself.

pub(super) mod delete;
pub(super) mod list;
mod query;
pub(super) mod save;
#[cfg(test)]
mod tests;

use actix_web::HttpRequest;
use steward_web::{ApiError, path_text};

/// What stands in the path for a name. What a gateway passes on to nobody leads nowhere here either.
fn path_name(request: &HttpRequest) -> Result<String, ApiError> {
    let name = path_text(request, "name")?;
    if name.contains(['/', '\\']) || matches!(&*name, "." | "..") { Err(ApiError::PathNotFound) } else { Ok(name) }
}
