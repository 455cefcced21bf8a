//! The fields that set a user's own password, with the current one or with the token of a mail's link. They never
//! contain the values that were typed.

use steward_client::{Client, Error};
use steward_contracts::FieldError;

use super::strength::{judge, weakness_texts};
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
    let fields = PasswordFields {
        current: find(&error, "current_password").map(|_| language.text("account-current-wrong")),
        new: rejections(&caller.api, new, "new_password", &error, language).await?,
        repeated: None,
    };
    if fields.is_valid() { Err(error.into()) } else { Ok(Err(fields)) }
}

/// Returns the errors that the API reports in the password in this field, for a caller without a session.
pub(in crate::pages) async fn errors_of_anonymous(
    context: &RequestContext,
    new: &str,
    field: &str,
    error: &Error,
) -> Result<PasswordFields, Failure> {
    let new = rejections(&context.api(), new, field, error, context.language()).await?;
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

/// Returns the reasons for which the API rejects a new password in this field.
async fn rejections(
    api: &Client,
    new: &str,
    field: &str,
    error: &Error,
    language: Language,
) -> Result<Vec<String>, Failure> {
    let (Some(problem), Some(FieldError { message, .. })) = (error.problem(), find(error, field)) else {
        return Ok(Vec::new());
    };
    let mut texts = weakness_texts(&problem.extensions.weaknesses, language);
    if texts.is_empty() {
        // The text is no valid password, so the policy was not asked.
        texts = judge(api, None, new, language).await?.weaknesses;
    }
    if texts.is_empty() {
        texts.push(message.clone());
    }
    Ok(texts)
}

fn find<'e>(error: &'e Error, field: &str) -> Option<&'e FieldError> {
    error.problem()?.errors.iter().find(|error| error.field == field)
}

#[cfg(test)]
mod tests {
    use steward_contracts::Extensions;
    use steward_contracts::bodies::PasswordWeakness;
    use steward_domain::Weakness;

    use super::*;
    use crate::testing::api_error;

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

    #[actix_web::test]
    async fn weaknesses_of_the_problem_are_translated_without_another_call() {
        let unreachable = Client::new("http://127.0.0.1:9").unwrap();
        let weaknesses = [Weakness::ContainsUserId, Weakness::TooShort { min_length: 12 }].map(PasswordWeakness::from);
        let extensions = Extensions { weaknesses: weaknesses.into(), ..Extensions::default() };
        let error = api_error(422, "validation", &["new_password"], extensions);
        let texts = async |field: &str| rejections(&unreachable, "x", field, &error, Language::Korean).await.unwrap();
        let found = texts("new_password").await;
        assert_eq!(found[0], Language::Korean.text("account-weak-contains-user-id"));
        assert!(found.len() == 2 && found[1].contains("12"), "{found:?}");
        assert!(texts("password").await.is_empty());
    }
}
