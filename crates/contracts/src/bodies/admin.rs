use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{UserBody, UserRole};

/// One page of users.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserPage {
    /// The users, in the order that was asked for.
    pub items: Vec<UserBody>,
    /// How many match. Where anything but `role` and `is_active` filters, counting stops at 10,000.
    #[schema(example = 10)]
    pub total: u64,
    /// Whether `total` is exact: always where nothing but `role` and `is_active` filters, and else up to 10,000.
    pub total_is_exact: bool,
    /// This page's number, from 1.
    #[schema(example = 1)]
    pub page: u32,
    /// How many users a page holds at the most.
    #[schema(example = 10)]
    pub page_size: u32,
    /// `total` in pages.
    #[schema(example = 1)]
    pub total_pages: u64,
    /// What to send as `cursor` for the next page, however deep, at the cost of the first; null on the last.
    pub next_cursor: Option<String>,
}

/// What is to change about a user; what is not sent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"name": "John D. Doe", "is_active": true}))]
#[serde(deny_unknown_fields)]
pub struct UpdateUserRequest {
    /// New address; unique.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Email, max_length = 255)]
    pub email: Option<String>,
    /// New name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub name: Option<String>,
    /// New role; only a super_admin gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<UserRole>,
    /// New status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
}

/// Which password to set.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({}))]
#[serde(deny_unknown_fields)]
pub struct ResetPasswordRequest {
    /// 8 characters to 72 bytes; one is made up where none is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = Password, min_length = 8, max_length = 72, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub new_password: Option<String>,
}

/// A password that was reset.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ResetPasswordResponse {
    /// Whose it is.
    #[schema(example = "user123")]
    pub user_id: String,
    /// What it is now. It is told this once.
    #[schema(example = "rT7m-Kq4x-Zb9w-Hd2c")]
    pub temporary_password: String,
    /// Whether it is to be replaced at the next sign-in.
    #[schema(example = true)]
    pub must_change_password: bool,
}
