use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{UserBody, UserRole};

/// An account to create.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"user_id": "kim", "email": "kim@example.com", "name": "김민서"}))]
#[serde(deny_unknown_fields)]
pub struct CreateUserRequest {
    /// The user id: 3 to 100 of `A-Z a-z 0-9 . _ -`, starting with a letter or digit; unique in any case.
    #[schema(min_length = 3, max_length = 100, pattern = "^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    pub user_id: String,
    /// The e-mail address; unique.
    #[schema(format = Email, max_length = 255)]
    pub email: String,
    /// The name: 1 to 100 characters of any script, after trimming.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub name: String,
    /// The role; `user` by default. Only a super_admin can create an administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<UserRole>,
    /// Whether the user may sign in; true by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// The password: 8 characters to 72 bytes. The user must change it at the first sign-in. Without it and without
    /// `invite`, a password is generated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = Password, min_length = 8, max_length = 72, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub password: Option<String>,
    /// Whether the user gets a mail with a link that sets the password, valid for 7 days. Not together with `password`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<bool>,
}

/// A user that an administrator created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CreatedUser)]
pub struct CreatedUserBody {
    /// The user.
    #[serde(flatten)]
    pub user: UserBody,
    /// The generated password. It is shown only once. Missing if the administrator set a password or invited the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "rT7m-Kq4x-Zb9w-Hd2c")]
    pub temporary_password: Option<String>,
    /// Whether the user must change the password at the first sign-in. A password that the link of a mail sets need not
    /// be changed.
    #[schema(example = true)]
    pub must_change_password: bool,
}
