//! The fields that set a user's own password, with the current one or with the token of a mail's link. They never
//! contain the values that were typed.

use steward_client::Error;
use steward_contracts::FieldError;
use steward_domain::Weakness;

use super::strength::{Strength, judge, weakness_text};
use crate::failure::Failure;
use crate::language::Language;
use crate::request::{FormData, RequestContext, SignedIn};

/// The errors of the fields.
#[derive(Debug, Default)]
pub(in crate::pages) struct PasswordFields {
    pub(in crate::pages) current: Option<String>,
    /// One sentence per weakness.
    pub(in crate::pages) new: Vec<String>,
    pub(in crate::pages) repeated: Option<String>,
}

impl PasswordFields {
    pub(in crate::pages) fn is_valid(&self) -> bool {
        self.current.is_none() && self.new.is_empty() && self.repeated.is_none()
    }
}

/// Changes the password. Returns the errors of the fields if it cannot.
pub(in crate::pages) async fn change<A>(
    caller: &SignedIn<A>,
    form: &FormData,
) -> Result<Result<(), PasswordFields>, Failure> {
    let language = caller.context.language();
    let (current, new) = (form.get("current_password"), form.get("new_password"));
    let fields = check_locally(current, new, form.get("repeated_password"), language);
    if !fields.is_valid() {
        return Ok(Err(fields));
    }
    let error = match caller.api.change_password(current, new).await {
        Ok(()) => return Ok(Ok(())),
        Err(error) => error,
    };
    if error.code() == Some("locked-out") {
        let seconds = error.retry_after().unwrap_or(60);
        let text = language.text_with("account-locked-out", &[("seconds", seconds.into())]);
        return Ok(Err(PasswordFields { current: Some(text), ..PasswordFields::default() }));
    }
    if error.status() != Some(422) {
        return Err(error.into());
    }
    // The error describes weaknesses in English only. The strength endpoint returns their codes.
    let strength = judge(&caller.api, Some(&caller.session), new, language).await?;
    let fields = api_errors(&error, &strength, language);
    if fields.is_valid() { Err(error.into()) } else { Ok(Err(fields)) }
}

/// Returns the errors that the API reports in a password that the token of a link sets.
pub(in crate::pages) async fn errors_of_reset(
    context: &RequestContext,
    new: &str,
    error: &Error,
) -> Result<PasswordFields, Failure> {
    let strength = judge(&context.api(), None, new, context.language()).await?;
    Ok(api_errors(error, &strength, context.language()))
}

/// Returns the errors that the API reports in the password of a new account.
pub(in crate::pages) async fn errors_of_new_account(
    context: &RequestContext,
    new: &str,
    error: &Error,
) -> Result<PasswordFields, Failure> {
    let errors = error.problem().map(|problem| problem.errors.as_slice()).unwrap_or_default();
    let Some(FieldError { message, .. }) = errors.iter().find(|error| error.field == "password") else {
        return Ok(PasswordFields::default());
    };
    let language = context.language();
    let strength = judge(&context.api(), None, new, language).await?;
    let new = if strength.acceptable { personal_weaknesses(message, language) } else { strength.weaknesses };
    Ok(PasswordFields { new, ..PasswordFields::default() })
}

/// Checks the fields without a call of the API.
fn check_locally(current: &str, new: &str, repeated: &str, language: Language) -> PasswordFields {
    let mut fields = check_new(new, repeated, language);
    if current.is_empty() {
        fields.current = Some(language.text("account-current-missing"));
    }
    if current == new && fields.is_valid() {
        fields.new.push(language.text("account-new-same"));
    }
    fields
}

/// Checks a new password without a call of the API.
pub(in crate::pages) fn check_new(new: &str, repeated: &str, language: Language) -> PasswordFields {
    let mut fields = PasswordFields::default();
    if new.is_empty() {
        fields.new.push(language.text("account-new-missing"));
    } else if repeated != new {
        fields.repeated = Some(language.text("account-repeated-differs"));
    }
    fields
}

/// Returns the errors that the API reports, per field.
fn api_errors(error: &Error, strength: &Strength, language: Language) -> PasswordFields {
    let errors = error.problem().map(|problem| problem.errors.as_slice()).unwrap_or_default();
    let find = |name: &str| errors.iter().find(|error| error.field == name);
    let new = match find("new_password") {
        None => Vec::new(),
        Some(_) if !strength.acceptable => strength.weaknesses.clone(),
        Some(FieldError { message, .. }) => personal_weaknesses(message, language),
    };
    let current = find("current_password").map(|_| language.text("account-current-wrong"));
    PasswordFields { current, new, repeated: None }
}

/// Translates weaknesses that only the API recognises, since it knows the account. Returns other messages unchanged.
fn personal_weaknesses(message: &str, language: Language) -> Vec<String> {
    let personal = [Weakness::ContainsUserId, Weakness::ContainsEmail, Weakness::ContainsName];
    let found = personal.into_iter().filter(|weakness| message.contains(&weakness.to_string()));
    let texts: Vec<_> = found.map(|weakness| weakness_text(&weakness.into(), language)).collect();
    if texts.is_empty() { vec![message.to_owned()] } else { texts }
}

#[cfg(test)]
mod tests {
    use steward_contracts::Problem;

    use super::*;

    fn invalid_fields(current: &str, new: &str, repeated: &str) -> [bool; 3] {
        let fields = check_locally(current, new, repeated, Language::English);
        [fields.current.is_some(), !fields.new.is_empty(), fields.repeated.is_some()]
    }

    #[test]
    fn obvious_errors_need_no_call_of_the_api() {
        assert_eq!(invalid_fields("old", "new", "new"), [false, false, false]);
        assert_eq!(invalid_fields("old", "new", "nwe"), [false, false, true]);
        assert_eq!(invalid_fields("", "", ""), [true, true, false]);
        assert_eq!(invalid_fields("", "new", "nwe"), [true, false, true]);
        assert_eq!(invalid_fields("same", "same", "same"), [false, true, false]);
    }

    #[test]
    fn errors_of_the_api_are_assigned_to_their_fields() {
        let error = |fields: &[&str]| {
            let errors = fields.iter().map(|f| FieldError { field: (*f).to_owned(), message: "must not".to_owned() });
            let problem = Problem {
                kind: "urn:steward:problem:validation".into(),
                title: "Invalid input".into(),
                status: 422,
                detail: "No".into(),
                instance: "/".to_owned(),
                request_id: "r".to_owned(),
                errors: errors.collect(),
                purge_at: None,
            };
            Error::Problem { problem: Box::new(problem), retry_after: None }
        };
        let weak =
            Strength { score: 1, label: "Weak".into(), acceptable: false, weaknesses: vec!["너무 짧음".into()] };
        let fields = api_errors(&error(&["current_password", "new_password"]), &weak, Language::Korean);
        assert_eq!((fields.current.is_some(), fields.new), (true, vec!["너무 짧음".to_owned()]));
        let good = Strength { acceptable: true, weaknesses: Vec::new(), ..weak };
        assert_eq!(api_errors(&error(&["new_password"]), &good, Language::English).new, ["must not"]);
        assert!(api_errors(&error(&[]), &good, Language::English).is_valid());
    }

    #[test]
    fn weaknesses_that_only_the_api_knows_are_translated() {
        let message = format!("{}; {}", Weakness::ContainsUserId, Weakness::ContainsName);
        let texts = personal_weaknesses(&message, Language::Korean);
        let expected = ["account-weak-contains-user-id", "account-weak-contains-name"];
        assert_eq!(texts, expected.map(|id| Language::Korean.text(id)));
        assert_eq!(personal_weaknesses("must be serious", Language::Korean), ["must be serious"]);
    }
}
