use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An error as the API tells it: `application/problem+json` (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// What kind of problem it is: a URI that stays the same, for programs.
    #[serde(rename = "type")]
    #[schema(example = "urn:steward:problem:validation")]
    pub kind: Cow<'static, str>,
    /// The kind in words.
    #[schema(example = "Invalid input")]
    pub title: Cow<'static, str>,
    /// The HTTP status.
    #[schema(example = 422)]
    pub status: u16,
    /// What is wrong this time.
    #[schema(example = "email: must be an e-mail address")]
    pub detail: Cow<'static, str>,
    /// The path that was asked for.
    #[schema(example = "/api/auth/register")]
    pub instance: String,
    /// The request's id, under which the log tells more.
    #[schema(example = "0f9d2c4e7a1b-1f")]
    pub request_id: String,
    /// Each field that does not validate, all at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl Problem {
    /// The media type of a problem.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";
}

/// What is wrong with one field of a body or one parameter of a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// The field's name.
    #[schema(example = "email")]
    pub field: String,
    /// What is wrong with it.
    #[schema(example = "must be an e-mail address")]
    pub message: String,
}
