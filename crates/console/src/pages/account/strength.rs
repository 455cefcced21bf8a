use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use serde::Serialize;
use steward_client::Client;
use steward_contracts::bodies::{PasswordStrengthRequest, PasswordStrengthResponse, PasswordWeakness};

use crate::failure::Failure;
use crate::language::Language;
use crate::request::{PendingPasswordChange, ProtectedForm, Session};

/// How good a password is, in the reader's language.
#[derive(Debug, Serialize)]
pub(in crate::pages) struct Strength {
    /// 0 (very easy to guess) to 4.
    pub(in crate::pages) score: u8,
    /// The score in a word.
    pub(in crate::pages) label: String,
    /// Whether it may be set.
    pub(in crate::pages) acceptable: bool,
    /// Everything for which it may not be, a sentence each.
    pub(in crate::pages) weaknesses: Vec<String>,
}

/// Judges what is typed as a new password: for the script.
pub(super) async fn strength(act: ProtectedForm<PendingPasswordChange>) -> Result<HttpResponse, Failure> {
    let ProtectedForm { who: PendingPasswordChange(who), form } = act;
    let strength = judge(&who.api, &who.session, form.get("new_password"), who.context.language()).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store"))).json(strength))
}

/// How good `password` would be for whoever is signed in.
pub(super) async fn judge(
    api: &Client,
    session: &Session,
    password: &str,
    language: Language,
) -> Result<Strength, steward_client::Error> {
    let request = PasswordStrengthRequest {
        password: password.to_owned(),
        user_id: Some(session.user_id.clone()),
        name: Some(session.user_name.clone()),
        email: None,
    };
    Ok(in_words(&api.password_strength(&request).await?, language))
}

fn in_words(answer: &PasswordStrengthResponse, language: Language) -> Strength {
    let label = match answer.score {
        0 => "account-strength-very-weak",
        1 => "account-strength-weak",
        2 => "account-strength-fair",
        3 => "account-strength-good",
        _ => "account-strength-strong",
    };
    Strength {
        score: answer.score,
        label: language.text(label),
        acceptable: answer.acceptable,
        weaknesses: answer.weaknesses.iter().map(|weakness| weakness_text(weakness, language)).collect(),
    }
}

/// A weakness in a sentence. One that a newer API knows is told in the API's words.
fn weakness_text(weakness: &PasswordWeakness, language: Language) -> String {
    let id = match weakness.code.as_str() {
        "too_short" => {
            // How long is set in the API, and told nowhere but in its words.
            let length =
                weakness.message.split(|c: char| !c.is_ascii_digit()).find_map(|word| word.parse::<u64>().ok());
            return language.text_with("account-weak-too-short", &[("length", length.unwrap_or(8).into())]);
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
    fn every_weakness_is_told_in_both_languages() {
        for language in Language::ALL {
            let mut texts: Vec<_> = ALL.map(|weakness| weakness_text(&weakness.into(), language)).to_vec();
            assert!(texts[0].contains("12"), "{}", texts[0]);
            assert!(ALL.iter().zip(&texts).all(|(weakness, text)| *text != weakness.to_string()));
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), ALL.len());
        }
        let newer = PasswordWeakness { code: "too_funny".to_owned(), message: "must be serious".to_owned() };
        assert_eq!(weakness_text(&newer, Language::Korean), "must be serious");
    }

    #[test]
    fn every_score_has_a_word() {
        let answer = |score| PasswordStrengthResponse {
            score,
            acceptable: true,
            weaknesses: Vec::new(),
            warning: None,
            suggestions: Vec::new(),
        };
        let mut labels: Vec<_> = (0..=4).map(|score| in_words(&answer(score), Language::Korean).label).collect();
        labels.dedup();
        assert_eq!(labels.len(), 5);
    }
}
