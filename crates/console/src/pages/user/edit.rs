use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use steward_client::Error;
use steward_domain::Action;

use super::denied::refusal;
use super::edit_form::EditForm;
use super::page::{Asked, Editing, answer};
use super::{address, audit_address};
use crate::failure::Failure;
use crate::language::Language;
use crate::request::{Administrator, ProtectedForm, Toast};

/// Changes the fields that were touched, if the user still is as the form showed them. Otherwise nothing is overwritten:
/// the form comes back with both.
pub(super) async fn edit(
    ProtectedForm { who: Administrator(who), form: posted }: ProtectedForm<Administrator>,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    let (context, back) = (&who.context, address(&id));
    let back = posted.page(&back);
    let Some(mut form) = EditForm::parse(&posted) else { return Err(Failure::NotAForm) };
    if form.is_unchanged() {
        context.tell(Toast::done(context.t("user-unchanged")));
        return Ok(context.go(back));
    }
    let saved = |name: String| {
        let text = context.language().text_with("user-saved", &[("name", name.into())]);
        let entry = audit_address(&id, Action::UserUpdated);
        context.tell(Toast::done(text).with_link(entry, context.t("user-audit-entry")));
        Ok(context.go(back))
    };
    let error = match who.api.update_user_if(&id, &form.change(), &form.tag).await {
        Ok(user) => return saved(user.name),
        Err(error) => error,
    };
    let asked = Asked::default();
    if error.status() == Some(412) {
        let user = who.api.user(&id).await?;
        // It may be this very form, sent before.
        if form.compare(&user).is_empty() {
            return saved(user.name);
        }
        return answer(&who, &id, &asked, Editing::Conflict(form), StatusCode::PRECONDITION_FAILED).await;
    }
    if say_what_is_wrong(&mut form, &error, context.language()) {
        let status = error.status().and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
        return answer(&who, &id, &asked, Editing::Typed(form), status).await;
    }
    match refusal(&error, context.language()) {
        Some(text) => {
            context.tell(Toast::failed(text));
            Ok(context.go(back))
        }
        None => Err(error.into()),
    }
}

/// Puts what the API finds wrong with a field to the field. Returns whether there is any.
fn say_what_is_wrong(form: &mut EditForm, error: &Error, language: Language) -> bool {
    let Some(problem) = error.problem() else { return false };
    match problem.status {
        422 => {
            for error in &problem.errors {
                match error.field.as_str() {
                    "email" => form.email.error = Some(language.text("user-email-wrong")),
                    "name" => form.name.error = Some(language.text("user-name-wrong")),
                    "role" => form.role.error = Some(language.text("user-role-wrong")),
                    _ => {}
                }
            }
        }
        409 if error.code() == Some("taken") => form.email.error = Some(language.text("user-email-taken")),
        403 | 409 if form.change().role.is_some() => form.role.error = refusal(error, language),
        _ => {}
    }
    form.email.error.is_some() || form.name.error.is_some() || form.role.error.is_some()
}

#[cfg(test)]
mod tests {
    use steward_contracts::{FieldError, Problem};

    use super::*;

    fn error(status: u16, code: &str, fields: &[&str]) -> Error {
        let errors = fields.iter().map(|field| FieldError { field: (*field).to_owned(), message: "is wrong".into() });
        let problem = Problem {
            kind: format!("urn:steward:problem:{code}").into(),
            title: "No".into(),
            status,
            detail: "No".into(),
            instance: "/".to_owned(),
            request_id: "r".to_owned(),
            errors: errors.collect(),
        };
        Error::Problem { problem: Box::new(problem), retry_after: None }
    }

    fn with_role() -> EditForm {
        let mut form = EditForm::default();
        form.role.typed = "admin".to_owned();
        form
    }

    #[test]
    fn what_is_wrong_is_said_at_its_field() {
        for (error, expected) in [
            (error(422, "validation", &["email", "name"]), [true, true, false]),
            (error(409, "taken", &[]), [true, false, false]),
            (error(409, "last-super-admin", &[]), [false, false, true]),
            (error(403, "roles-are-for-super-admins", &[]), [false, false, true]),
            (error(409, "something-newer", &[]), [false, false, false]),
            (error(500, "internal", &[]), [false, false, false]),
        ] {
            let mut form = with_role();
            assert_eq!(say_what_is_wrong(&mut form, &error, Language::Korean), expected.contains(&true), "{error}");
            assert_eq!([form.email, form.name, form.role].map(|field| field.error.is_some()), expected, "{error}");
        }
    }
}
