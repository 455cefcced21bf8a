use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::UserRole;

/// Credentials for a sign-in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"user_id": "admin", "password": "admin123"}))]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// The user id, in any case.
    #[schema(min_length = 3, max_length = 100)]
    pub user_id: String,
    /// The password: 1 to 72 bytes.
    #[schema(format = Password, min_length = 1, max_length = 72, pattern = r"^[^\x00]*$")]
    pub password: String,
    /// The token that an earlier sign-in of this user returned to this device. With it, failed attempts from elsewhere
    /// do not lock out this device. An invalid token has no effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_token: Option<String>,
    /// Whether to restore the account if its user deleted it and it is not erased yet. Without it, such a sign-in is
    /// rejected with the problem `account-deletion-pending`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restore: bool,
}

/// A successful sign-in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LoginResponse {
    /// The user's id.
    #[schema(example = "admin")]
    pub user_id: String,
    /// The user's name.
    #[schema(example = "System Administrator")]
    pub user_name: String,
    /// The user's e-mail address.
    #[schema(example = "admin@secondarymarket.com")]
    pub email: String,
    /// The user's role.
    #[schema(example = "super_admin")]
    pub role: UserRole,
    /// The token to send as `Authorization: Bearer …`.
    pub access_token: String,
    /// The type of the token (RFC 6750).
    pub token_type: TokenType,
    /// Seconds until the token expires.
    #[schema(example = 3600)]
    pub expires_in: u64,
    /// The token to send as `device_token` at the next sign-in of this device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_token: Option<String>,
    /// The token to exchange for the next access token (`POST /api/auth/refresh`). It is opaque, valid once and as
    /// secret as the access token.
    pub refresh_token: String,
    /// Seconds until the refresh token and the session expire.
    #[schema(example = 604_800)]
    pub refresh_expires_in: u64,
    /// Whether another user set the password. Until the user changes it (`POST /api/auth/change-password`), the token
    /// only allows `GET /api/auth/me` and signing out.
    pub must_change_password: bool,
}

/// The type of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenType {
    /// `Authorization: Bearer …`
    Bearer,
}

/// A registration.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "user_id": "gildong", "email": "gildong@example.com", "name": "홍길동", "password": "correct horse"
}))]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// The user id: 3 to 100 of `A-Z a-z 0-9 . _ -`, beginning with a letter or digit; unique in any case.
    #[schema(min_length = 3, max_length = 100, pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    pub user_id: String,
    /// The e-mail address; unique. It is stored in lower case and NFC, its domain in U-labels. All spellings of a
    /// mailbox are equal.
    #[schema(format = Email, max_length = 255)]
    pub email: String,
    /// The name: 1 to 100 characters of any script, after trimming and in NFC. At least one is visible and none is
    /// hidden.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub name: String,
    /// The password: 8 characters to 72 bytes, counted in the form of the `OpaqueString` profile (RFC 8265).
    #[schema(format = Password, min_length = 8, max_length = 72, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub password: String,
    /// Ignored, with any value. The role of a new account is `user`.
    #[schema(value_type = Value, required = false)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<UserRole>,
}

/// A confirmation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MessageResponse {
    /// A description of the completed action.
    #[schema(example = "Logged out")]
    pub message: String,
}
