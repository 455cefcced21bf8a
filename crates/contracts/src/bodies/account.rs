use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::instant;

/// The account whose password was forgotten: exactly one of the two fields.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"user_id": "user123"}))]
#[serde(deny_unknown_fields)]
pub struct ForgotPasswordRequest {
    /// The user id, in any case.
    #[schema(min_length = 3, max_length = 100)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The e-mail address of the account.
    #[schema(format = Email, max_length = 255)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// A new password, permitted by the link of a mail.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"token": "JX1Ih5a2fJ0nJkzE1WZ7b8l3m0n8mJ1fQ2c9s7d6e5w", "new_password": "correct horse"}))]
#[serde(deny_unknown_fields)]
pub struct ResetForgottenPasswordRequest {
    /// The token of the link.
    #[schema(max_length = 100, pattern = "^[A-Za-z0-9_-]*$")]
    pub token: String,
    /// The new password: 8 characters to 72 bytes, counted in the form of the `OpaqueString` profile (RFC 8265).
    #[schema(format = Password, min_length = 8, max_length = 72, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub new_password: String,
}

/// The token of the link of a mail.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"token": "JX1Ih5a2fJ0nJkzE1WZ7b8l3m0n8mJ1fQ2c9s7d6e5w"}))]
#[serde(deny_unknown_fields)]
pub struct LinkTokenRequest {
    /// The token of the link.
    #[schema(max_length = 100, pattern = "^[A-Za-z0-9_-]*$")]
    pub token: String,
}

/// A change of the caller's e-mail address.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"new_email": "john.doe@example.org", "password": "password123"}))]
#[serde(deny_unknown_fields)]
pub struct ChangeEmailRequest {
    /// The new address. A link in a mail to it confirms the change.
    #[schema(format = Email, max_length = 255)]
    pub new_email: String,
    /// The caller's password.
    #[schema(format = Password, min_length = 1, max_length = 72, pattern = r"^[^\x00]*$")]
    pub password: String,
}

/// A deletion of the caller's account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"password": "password123"}))]
#[serde(deny_unknown_fields)]
pub struct DeleteAccountRequest {
    /// The caller's password.
    #[schema(format = Password, min_length = 1, max_length = 72, pattern = r"^[^\x00]*$")]
    pub password: String,
}

/// A deleted account. It is inactive until it is erased; a sign-in with `restore` restores it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeletedAccount {
    /// When the account was deleted.
    #[serde(serialize_with = "instant::serialize")]
    pub deleted_at: DateTime<Utc>,
    /// When the account will be erased.
    #[serde(serialize_with = "instant::serialize")]
    pub purge_at: DateTime<Utc>,
}
