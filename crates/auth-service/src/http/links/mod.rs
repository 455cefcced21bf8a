//! The requests for links in mails, and their use.

pub(super) mod accept_invitation;
pub(super) mod change_email;
pub(super) mod confirm_email_change;
pub(super) mod forgot_password;
pub(super) mod resend_verification;
pub(super) mod reset_password;
#[cfg(test)]
mod tests;
pub(super) mod undo_email_change;
pub(super) mod verify_email;

use actix_web::http::StatusCode;
use serde_json::Value;
use steward_domain::{Invalid, LinkError};
use steward_web::{ApiError, Fields, IntoProblem, text};

use crate::link_token::LinkToken;

/// Maximum length of a submitted token, in characters.
const TOKEN_MAX: usize = 100;

/// The deployment sends no mails, so it cannot fulfil the request.
struct MailOff;

impl IntoProblem for MailOff {
    fn into_problem(self) -> ApiError {
        ApiError::new(
            StatusCode::CONFLICT,
            "mail-off",
            "Mail is off",
            "This deployment sends no mails; ask an administrator",
        )
    }
}

/// Parses the text of a token. It may be malformed.
fn token_text(value: &Value) -> Result<String, Invalid> {
    let parse = |token: &str| {
        if token.chars().count() > TOKEN_MAX {
            return Err(Invalid::new("must be at most 100 characters"));
        }
        Ok(token.to_owned())
    };
    text(parse)(value)
}

/// Returns the token. A malformed one belongs to no link.
fn token_of(text: &str) -> Result<LinkToken, LinkError> {
    LinkToken::parse(text).ok_or(LinkError::Unknown)
}

/// Reads a body with a token and nothing else.
fn only_token(mut fields: Fields) -> Result<LinkToken, ApiError> {
    let token = fields.required("token", token_text);
    let token = fields.finish(token)?;
    Ok(token_of(&token)?)
}
