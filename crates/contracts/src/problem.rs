use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bodies::{PasswordWeakness, instant};

/// An error response: `application/problem+json` (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// The type of the problem: a stable URI, for programs.
    #[serde(rename = "type")]
    #[schema(example = "urn:steward:problem:validation")]
    pub kind: Cow<'static, str>,
    /// The name of the problem type.
    #[schema(example = "Invalid input")]
    pub title: Cow<'static, str>,
    /// The HTTP status.
    #[schema(example = 422)]
    pub status: u16,
    /// A description of this occurrence.
    #[schema(example = "email: must be an e-mail address")]
    pub detail: Cow<'static, str>,
    /// The path of the request.
    #[schema(example = "/api/auth/register")]
    pub instance: String,
    /// The id of the request, which identifies it in the log.
    #[schema(example = "0f9d2c4e7a1b-1f")]
    pub request_id: String,
    /// All fields that are invalid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The members of single types.
    #[serde(flatten)]
    pub extensions: Extensions,
}

/// The members that only problems of some types have (RFC 9457, section 3.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ProblemExtensions)]
pub struct Extensions {
    /// Of `invalid-or-expired-token`: why the link is not valid. `unknown`, `used`, `superseded` or `expired`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "used")]
    pub reason: Option<Cow<'static, str>>,
    /// Of `account-deletion-pending`: when the account will be erased.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "instant::option::serialize")]
    pub purge_at: Option<DateTime<Utc>>,
    /// Of `validation`: why the policy refuses the new password, if it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weaknesses: Vec<PasswordWeakness>,
}

impl Problem {
    /// The media type of a problem response.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// Returns the last part of the problem's type: `taken` of `urn:steward:problem:taken`.
    pub fn code(&self) -> &str {
        self.kind.rsplit(':').next().unwrap_or_default()
    }
}

/// An error in one field of a body or one parameter of a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// The field's name.
    #[schema(example = "email")]
    pub field: String,
    /// The reason why the field is invalid.
    #[schema(example = "must be an e-mail address")]
    pub message: String,
}
