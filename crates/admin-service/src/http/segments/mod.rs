//! Segments: saved filters of the user list. Each administrator has their own.

pub(super) mod delete;
pub(super) mod list;
mod query;
pub(super) mod save;
#[cfg(test)]
mod tests;

use actix_web::HttpRequest;
use steward_web::{HttpError, path_text};

/// Returns the name in the path. A gateway does not forward a name with a slash or a dot segment, so it is a 404 here,
/// too.
fn path_name(request: &HttpRequest) -> Result<String, HttpError> {
    let name = path_text(request, "name")?;
    if name.contains(['/', '\\']) || matches!(&*name, "." | "..") { Err(HttpError::PathNotFound) } else { Ok(name) }
}
