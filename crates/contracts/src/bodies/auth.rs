use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::UserRole;

/// Who signs in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"user_id": "admin", "password": "admin123"}))]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// In any case.
    #[schema(min_length = 3, max_length = 100)]
    pub user_id: String,
    /// 1 to 72 bytes.
    #[schema(format = Password, min_length = 1, max_length = 72, pattern = r"^[^\x00]*$")]
    pub password: String,
    /// What an earlier sign-in of this user gave this device. With it nobody who guesses the password elsewhere gets in
    /// its way; one that is not good any more is as good as none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_token: Option<String>,
}

/// A sign-in that succeeded.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LoginResponse {
    /// Who signed in.
    #[schema(example = "admin")]
    pub user_id: String,
    /// How they are called.
    #[schema(example = "System Administrator")]
    pub user_name: String,
    /// Their e-mail address.
    #[schema(example = "admin@secondarymarket.com")]
    pub email: String,
    /// What they may do.
    #[schema(example = "super_admin")]
    pub role: UserRole,
    /// The token to send as `Authorization: Bearer …` from now on.
    pub access_token: String,
    /// How to send the token (RFC 6750).
    pub token_type: TokenType,
    /// Seconds until the token expires.
    #[schema(example = 3600)]
    pub expires_in: u64,
    /// What this device is to send as `device_token` at its next sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_token: Option<String>,
    /// What the next token is got with, once (`POST /api/auth/refresh`); opaque, and as secret as the token.
    pub refresh_token: String,
    /// Seconds until the refresh token expires, and the session with it.
    #[schema(example = 604_800)]
    pub refresh_expires_in: u64,
    /// Whether somebody else set the password. Until it is replaced (`POST /api/auth/change-password`) the token opens
    /// nothing else but `GET /api/auth/me` and signing out.
    pub must_change_password: bool,
}

/// How a token is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenType {
    /// `Authorization: Bearer …`
    Bearer,
}

/// Who wants an account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "user_id": "gildong", "email": "gildong@example.com", "name": "홍길동", "password": "correct horse"
}))]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// 3 to 100 of `A-Z a-z 0-9 . _ -`, beginning with a letter or digit; unique in any case.
    #[schema(min_length = 3, max_length = 100, pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    pub user_id: String,
    /// Unique; stored in lower case and NFC, its domain in U-labels. All spellings of a mailbox are one address.
    #[schema(format = Email, max_length = 255)]
    pub email: String,
    /// 1 to 100 characters of any script, after trimming and in NFC: at least one visible, and none that is hidden.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub name: String,
    /// 8 characters to 72 bytes, both counted in the form of the `OpaqueString` profile (RFC 8265).
    #[schema(format = Password, min_length = 8, max_length = 72, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub password: String,
    /// Accepted, whatever it is, and without effect: the role of a new account is `user`.
    #[schema(value_type = Value, required = false)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<UserRole>,
}

/// That it was done.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MessageResponse {
    /// What was done.
    #[schema(example = "Logged out")]
    pub message: String,
}
