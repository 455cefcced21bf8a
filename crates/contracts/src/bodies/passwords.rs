use serde::{Deserialize, Serialize};
#[cfg(feature = "services")]
use steward_domain::{PasswordReport, Weakness};
use utoipa::ToSchema;

/// A password to be replaced by its user.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"current_password": "password123", "new_password": "correct horse battery"}))]
#[serde(deny_unknown_fields)]
pub struct ChangePasswordRequest {
    /// What it is now; 1 to 72 bytes.
    #[schema(format = Password, min_length = 1, max_length = 72, pattern = r"^[^\x00]*$")]
    pub current_password: String,
    /// What it is to be; 8 characters (or as many as are set) to 72 bytes, and another one than now.
    #[schema(format = Password, min_length = 8, max_length = 72, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    pub new_password: String,
}

/// A password to be judged, and what is known so far of whoever wants it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"password": "gildong2026", "user_id": "gildong", "name": "홍길동"}))]
#[serde(deny_unknown_fields)]
pub struct PasswordStrengthRequest {
    /// Any text, whether or not it could be a password.
    #[schema(format = Password)]
    pub password: String,
    /// What the user signs in with; as much of it as is typed so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub user_id: Option<String>,
    /// Their e-mail address; as much of it as is typed so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    pub email: Option<String>,
    /// How they are called; as much of it as is typed so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub name: Option<String>,
}

/// How good a password is. Nothing of this quotes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasswordStrengthResponse {
    /// How hard it is to guess: 0 (very easy) to 4 (very hard), by zxcvbn.
    #[schema(minimum = 0, maximum = 4, example = 1)]
    pub score: u8,
    /// Whether it may be set.
    #[schema(example = false)]
    pub acceptable: bool,
    /// Everything for which it may not be.
    pub weaknesses: Vec<PasswordWeakness>,
    /// What makes it easy to guess; also of a password that may be set.
    pub warning: Option<String>,
    /// How to make it harder to guess, a sentence each.
    pub suggestions: Vec<String>,
}

/// Why a password may not be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasswordWeakness {
    /// `too_short`, `too_long`, `null_character`, `forbidden_character`, `contains_user_id`, `contains_email`,
    /// `contains_name`, `breached` or `guessable`.
    #[schema(example = "contains_user_id")]
    pub code: String,
    /// The same in words that read on from the field's name.
    #[schema(example = "must not contain the user id")]
    pub message: String,
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
        Self { code: weakness.code().to_owned(), message: weakness.to_string() }
    }
}
