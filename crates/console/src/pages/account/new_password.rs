//! The fields by which people change their own password. They keep nothing of what was typed.

use steward_client::Error;
use steward_contracts::FieldError;

use super::strength::{Strength, judge};
use crate::failure::Failure;
use crate::language::Language;
use crate::request::{FormData, SignedIn};

/// What is wrong with what was typed; nothing at first.
#[derive(Debug, Default)]
pub(in crate::pages) struct PasswordFields {
    pub(in crate::pages) current: Option<String>,
    /// A sentence for each weakness.
    pub(in crate::pages) new: Vec<String>,
    pub(in crate::pages) repeated: Option<String>,
}

impl PasswordFields {
    fn is_fine(&self) -> bool {
        self.current.is_none() && self.new.is_empty() && self.repeated.is_none()
    }
}

/// Changes the password, or says what is wrong with which field.
pub(in crate::pages) async fn change(who: &SignedIn, form: &FormData) -> Result<Result<(), PasswordFields>, Failure> {
    let language = who.context.language();
    let (current, new) = (form.get("current_password"), form.get("new_password"));
    let fields = before_asking(current, new, form.get("repeated_password"), language);
    if !fields.is_fine() {
        return Ok(Err(fields));
    }
    let error = match who.api.change_password(current, new).await {
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
    // Which weaknesses it has is told in words that only the reader of English has something of: asked once more, they
    // have names.
    let strength = judge(&who.api, &who.session, new, language).await?;
    let fields = what_is_wrong(&error, &strength, language);
    if fields.is_fine() { Err(error.into()) } else { Ok(Err(fields)) }
}

/// What can be told without the API.
fn before_asking(current: &str, new: &str, repeated: &str, language: Language) -> PasswordFields {
    let mut fields = PasswordFields::default();
    if current.is_empty() {
        fields.current = Some(language.text("account-current-missing"));
    }
    if new.is_empty() {
        fields.new.push(language.text("account-new-missing"));
    } else if repeated != new {
        fields.repeated = Some(language.text("account-repeated-differs"));
    } else if current == new {
        fields.new.push(language.text("account-new-same"));
    }
    fields
}

/// What the API finds wrong, field by field.
fn what_is_wrong(error: &Error, strength: &Strength, language: Language) -> PasswordFields {
    let errors = error.problem().map(|problem| problem.errors.as_slice()).unwrap_or_default();
    let find = |name: &str| errors.iter().find(|error| error.field == name);
    let new = match find("new_password") {
        None => Vec::new(),
        Some(_) if !strength.acceptable => strength.weaknesses.clone(),
        Some(FieldError { message, .. }) => vec![message.clone()],
    };
    let current = find("current_password").map(|_| language.text("account-current-wrong"));
    PasswordFields { current, new, repeated: None }
}

#[cfg(test)]
mod tests {
    use steward_contracts::Problem;

    use super::*;

    fn wrong(current: &str, new: &str, repeated: &str) -> [bool; 3] {
        let fields = before_asking(current, new, repeated, Language::English);
        [fields.current.is_some(), !fields.new.is_empty(), fields.repeated.is_some()]
    }

    #[test]
    fn what_needs_no_api_is_told_at_once() {
        assert_eq!(wrong("old", "new", "new"), [false, false, false]);
        assert_eq!(wrong("old", "new", "nwe"), [false, false, true]);
        assert_eq!(wrong("", "", ""), [true, true, false]);
        assert_eq!(wrong("same", "same", "same"), [false, true, false]);
    }

    #[test]
    fn what_the_api_finds_wrong_is_told_at_its_field() {
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
            };
            Error::Problem { problem: Box::new(problem), retry_after: None }
        };
        let weak =
            Strength { score: 1, label: "Weak".into(), acceptable: false, weaknesses: vec!["너무 짧음".into()] };
        let fields = what_is_wrong(&error(&["current_password", "new_password"]), &weak, Language::Korean);
        assert_eq!((fields.current.is_some(), fields.new), (true, vec!["너무 짧음".to_owned()]));
        let good = Strength { acceptable: true, weaknesses: Vec::new(), ..weak };
        assert_eq!(what_is_wrong(&error(&["new_password"]), &good, Language::English).new, ["must not"]);
        assert!(what_is_wrong(&error(&[]), &good, Language::English).is_fine());
    }
}
