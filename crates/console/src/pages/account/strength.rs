use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use serde::Serialize;
use steward_client::Client;
use steward_contracts::bodies::{PasswordStrengthRequest, PasswordStrengthResponse, PasswordWeakness};
use steward_domain::Password;
use steward_web::ChangePassword;

use crate::failure::Failure;
use crate::language::Language;
use crate::request::{ProtectedForm, RequestContext, Session, SignedIn};

/// The strength of a password, in the user's language.
#[derive(Debug, Serialize)]
pub(in crate::pages) struct Strength {
    /// From 0 (very easy to guess) to 4.
    pub(in crate::pages) score: u8,
    /// The score as text.
    pub(in crate::pages) label: String,
    /// Whether the password policy allows it.
    pub(in crate::pages) acceptable: bool,
    /// Each reason for which the policy rejects it, as a sentence.
    pub(in crate::pages) weaknesses: Vec<String>,
}

/// Rates a new password of the signed-in user for the script.
pub(super) async fn strength(submitted: ProtectedForm<SignedIn<ChangePassword>>) -> Result<HttpResponse, Failure> {
    let ProtectedForm { caller, form } = submitted;
    let (language, session) = (caller.context.language(), Some(&caller.session));
    Ok(respond(&judge(&caller.api, session, form.get("new_password"), language).await?))
}

/// Rates a new password of an unknown user for the script.
pub(in crate::pages) async fn anonymous_strength(
    ProtectedForm { caller: context, form }: ProtectedForm<RequestContext>,
) -> Result<HttpResponse, Failure> {
    Ok(respond(&judge(&context.api(), None, form.get("new_password"), context.language()).await?))
}

fn respond(strength: &Strength) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store"))).json(strength)
}

/// Rates `password`, for the user of a session if there is one.
pub(super) async fn judge(
    api: &Client,
    session: Option<&Session>,
    password: &str,
    language: Language,
) -> Result<Strength, steward_client::Error> {
    let request = PasswordStrengthRequest {
        password: password.to_owned(),
        user_id: session.map(|session| session.user_id.clone()),
        name: session.map(|session| session.user_name.clone()),
        email: None,
    };
    Ok(translate(&api.password_strength(&request).await?, language))
}

fn translate(response: &PasswordStrengthResponse, language: Language) -> Strength {
    let label = match response.score {
        0 => "account-strength-very-weak",
        1 => "account-strength-weak",
        2 => "account-strength-fair",
        3 => "account-strength-good",
        _ => "account-strength-strong",
    };
    Strength {
        score: response.score,
        label: language.text(label),
        acceptable: response.acceptable,
        weaknesses: weakness_texts(&response.weaknesses, language),
    }
}

/// Formats each weakness as a sentence.
pub(super) fn weakness_texts(weaknesses: &[PasswordWeakness], language: Language) -> Vec<String> {
    weaknesses.iter().map(|weakness| weakness_text(weakness, language)).collect()
}

/// Formats a weakness as a sentence. A weakness with an unknown code keeps the API's message.
fn weakness_text(weakness: &PasswordWeakness, language: Language) -> String {
    let id = match weakness.code.as_str() {
        "too_short" => {
            let length = weakness.min_length.unwrap_or(Password::MIN);
            return language.text_with("account-weak-too-short", &[("length", length.into())]);
        }
        "too_long" => "account-weak-too-long",
        "null_character" => "account-weak-null-character",
        "forbidden_character" => "account-weak-forbidden-character",
        "contains_user_id" => "account-weak-contains-user-id",
        "contains_email" => "account-weak-contains-email",
        "contains_name" => "account-weak-contains-name",
        "breached" => "account-weak-breached",
        "guessable" => "account-weak-guessable",
        _ => return weakness.message.clone(),
    };
    language.text(id)
}

#[cfg(test)]
mod tests {
    use steward_domain::Weakness;

    use super::*;

    const ALL: [Weakness; 9] = [
        Weakness::TooShort { min_length: 12 },
        Weakness::TooLong,
        Weakness::NullCharacter,
        Weakness::ForbiddenCharacter,
        Weakness::ContainsUserId,
        Weakness::ContainsEmail,
        Weakness::ContainsName,
        Weakness::Breached,
        Weakness::Guessable { score: 1, min_score: 2 },
    ];

    #[test]
    fn every_weakness_has_a_text_in_both_languages() {
        for language in Language::ALL {
            let mut texts: Vec<_> = ALL.map(|weakness| weakness_text(&weakness.into(), language)).to_vec();
            assert!(texts[0].contains("12"), "{}", texts[0]);
            assert!(ALL.iter().zip(&texts).all(|(weakness, text)| *text != weakness.to_string()));
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), ALL.len());
        }
        let newer =
            PasswordWeakness { code: "too_funny".to_owned(), message: "must be serious".to_owned(), min_length: None };
        assert_eq!(weakness_text(&newer, Language::Korean), "must be serious");
    }

    #[test]
    fn every_score_has_a_label() {
        let response = |score| PasswordStrengthResponse {
            score,
            acceptable: true,
            weaknesses: Vec::new(),
            warning: None,
            suggestions: Vec::new(),
        };
        let mut labels: Vec<_> = (0..=4).map(|score| translate(&response(score), Language::Korean).label).collect();
        labels.dedup();
        assert_eq!(labels.len(), 5);
    }
}
