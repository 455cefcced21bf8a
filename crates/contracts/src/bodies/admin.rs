use serde::{Deserialize, Serialize};
use steward_domain::Invalid;
use utoipa::ToSchema;

use super::{UserBody, UserRole};

/// One page of users.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserPage {
    /// The users, in the requested order.
    pub items: Vec<UserBody>,
    /// Number of matching users. With filters other than `role` and `is_active`, counting stops at 1,000.
    #[schema(example = 10)]
    pub total: u64,
    /// Whether `total` is exact. It is exact with no filters other than `role` and `is_active`, and up to 1,000
    /// otherwise.
    pub total_is_exact: bool,
    /// This page's number, from 1.
    #[schema(example = 1)]
    pub page: u32,
    /// Maximum number of users per page.
    #[schema(example = 10)]
    pub page_size: u32,
    /// Number of pages for `total` users.
    #[schema(example = 1)]
    pub total_pages: u64,
    /// Cursor for the next page, at constant cost for any depth; null on the last page.
    pub next_cursor: Option<String>,
}

/// Changes of a user. Omitted fields keep their value.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"name": "John D. Doe", "is_active": true}))]
#[serde(deny_unknown_fields)]
pub struct UpdateUserRequest {
    /// New e-mail address; unique.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Email, max_length = 255)]
    pub email: Option<String>,
    /// New name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub name: Option<String>,
    /// New role. Only a super_admin can change roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<UserRole>,
    /// New status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
}

/// The password to set.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({}))]
#[serde(deny_unknown_fields)]
pub struct ResetPasswordRequest {
    /// 8 characters to 72 bytes. If it is omitted, a password is generated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Password, min_length = 8, max_length = 72, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub new_password: Option<String>,
    /// How the user gets a password; `password` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<PasswordDelivery>,
}

/// How a user gets a password after a reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PasswordDelivery {
    /// The response has a temporary password, which the administrator passes on.
    Password,
    /// A mail to the user has a link to set a password. It cannot be combined with `new_password`.
    Link,
}

impl PasswordDelivery {
    /// Parses the name on the wire.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "password" => Ok(Self::Password),
            "link" => Ok(Self::Link),
            _ => Err(Invalid::new("must be one of password, link")),
        }
    }
}

/// The result of a password reset.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ResetPasswordResponse {
    /// User id of the user.
    #[schema(example = "user123")]
    pub user_id: String,
    /// The new password. It is shown only once. Null if a link was mailed.
    #[schema(example = "rT7m-Kq4x-Zb9w-Hd2c")]
    pub temporary_password: Option<String>,
    /// Whether the user must set another password.
    #[schema(example = true)]
    pub must_change_password: bool,
    /// The address to which a link was mailed; absent if the response has a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "john.doe@example.com", format = Email)]
    pub recipient: Option<String>,
}
