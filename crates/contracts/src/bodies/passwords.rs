use serde::{Deserialize, Serialize};
#[cfg(feature = "services")]
use steward_domain::{PasswordReport, Weakness};
use utoipa::ToSchema;

/// A change of the user's own password.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"current_password": "password123", "new_password": "correct horse battery"}))]
#[serde(deny_unknown_fields)]
pub struct ChangePasswordRequest {
    /// The current password: 1 to 72 bytes.
    #[schema(format = Password, min_length = 1, max_length = 72, pattern = r"^[^\x00]*$")]
    pub current_password: String,
    /// The new password: 8 characters (or the configured minimum) to 72 bytes, different from the current one.
    #[schema(format = Password, min_length = 8, max_length = 72, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub new_password: String,
}

/// A password to check, with known facts about its user.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"password": "gildong2026", "user_id": "gildong", "name": "홍길동"}))]
#[serde(deny_unknown_fields)]
pub struct PasswordStrengthRequest {
    /// Any text, even if it cannot be a password.
    #[schema(format = Password)]
    pub password: String,
    /// The user id, as far as it is entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub user_id: Option<String>,
    /// The e-mail address, as far as it is entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub email: Option<String>,
    /// The name, as far as it is entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub name: Option<String>,
}

/// The strength of a password. The response never contains the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasswordStrengthResponse {
    /// The strength by zxcvbn: 0 (very easy to guess) to 4 (very hard).
    #[schema(minimum = 0, maximum = 4, example = 1)]
    pub score: u8,
    /// Whether the policy accepts the password.
    #[schema(example = false)]
    pub acceptable: bool,
    /// The reasons why the policy refuses the password.
    pub weaknesses: Vec<PasswordWeakness>,
    /// A sentence that explains why the password is easy to guess. An acceptable password may have one, too.
    pub warning: Option<String>,
    /// Sentences with advice for a stronger password.
    pub suggestions: Vec<String>,
}

/// A reason why a password is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasswordWeakness {
    /// `too_short`, `too_long`, `null_character`, `forbidden_character`, `contains_user_id`, `contains_email`,
    /// `contains_name`, `breached` or `guessable`.
    #[schema(example = "contains_user_id")]
    pub code: String,
    /// The reason in words that continue the field's name.
    #[schema(example = "must not contain the user id")]
    pub message: String,
    /// The required number of characters. Only `too_short` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 12)]
    pub min_length: Option<usize>,
}

#[cfg(feature = "services")]
impl From<PasswordReport> for PasswordStrengthResponse {
    fn from(report: PasswordReport) -> Self {
        Self {
            score: report.score,
            acceptable: report.is_acceptable(),
            weaknesses: report.weaknesses.into_iter().map(PasswordWeakness::from).collect(),
            warning: report.warning,
            suggestions: report.suggestions,
        }
    }
}

#[cfg(feature = "services")]
impl From<Weakness> for PasswordWeakness {
    fn from(weakness: Weakness) -> Self {
        let min_length = if let Weakness::TooShort { min_length } = weakness { Some(min_length) } else { None };
        Self { code: weakness.code().to_owned(), message: weakness.to_string(), min_length }
    }
}
