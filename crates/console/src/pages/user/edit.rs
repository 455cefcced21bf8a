use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use steward_client::Error;
use steward_domain::Action;

use super::denied::denial_text;
use super::edit_form::EditForm;
use super::page::{Editing, PageParameters, render_page};
use super::{address, audit_address};
use crate::failure::Failure;
use crate::language::Language;
use crate::request::{Administrator, ProtectedForm, Toast};

/// Changes the edited fields if the user is still at the version that the form showed. On a conflict nothing is
/// overwritten: the form shows both versions.
pub(super) async fn edit(
    ProtectedForm { caller: Administrator(caller), form: submitted }: ProtectedForm<Administrator>,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    let (context, back) = (&caller.context, address(&id));
    let back = submitted.page(&back);
    let Some(mut form) = EditForm::parse(&submitted) else { return Err(Failure::NotAForm) };
    if form.is_unchanged() {
        context.add_toast(Toast::done(context.t("user-unchanged")));
        return Ok(context.redirect(back));
    }
    let saved = |name: String| {
        let text = context.language().text_with("user-saved", &[("name", name.into())]);
        let entry = audit_address(&id, Action::UserUpdated);
        context.add_toast(Toast::done(text).with_link(entry, context.t("user-audit-entry")));
        Ok(context.redirect(back))
    };
    let error = match caller.api.update_user_if(&id, &form.change(), &form.tag).await {
        Ok(user) => return saved(user.name),
        Err(error) => error,
    };
    let parameters = PageParameters::default();
    if error.status() == Some(412) {
        let user = caller.api.user(&id).await?;
        // The same form may have been submitted before.
        if form.compare(&user).is_empty() {
            return saved(user.name);
        }
        return render_page(&caller, &id, &parameters, Editing::Conflict(form), StatusCode::PRECONDITION_FAILED).await;
    }
    if set_errors(&mut form, &error, context.language()) {
        let status = error.status().and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
        return render_page(&caller, &id, &parameters, Editing::Typed(form), status).await;
    }
    match denial_text(&error, context.language()) {
        Some(text) => {
            context.add_toast(Toast::failed(text));
            Ok(context.redirect(back))
        }
        None => Err(error.into()),
    }
}

/// Assigns the errors of the API to the fields. Returns whether there are any.
fn set_errors(form: &mut EditForm, error: &Error, language: Language) -> bool {
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
        403 | 409 if form.change().role.is_some() => form.role.error = denial_text(error, language),
        _ => {}
    }
    form.email.error.is_some() || form.name.error.is_some() || form.role.error.is_some()
}

#[cfg(test)]
mod tests {
    use steward_contracts::Extensions;

    use super::*;
    use crate::testing::api_error;

    fn error(status: u16, code: &str, fields: &[&str]) -> Error {
        api_error(status, code, fields, Extensions::default())
    }

    fn with_role() -> EditForm {
        let mut form = EditForm::default();
        form.role.typed = "admin".to_owned();
        form
    }

    #[test]
    fn errors_are_assigned_to_their_fields() {
        for (error, expected) in [
            (error(422, "validation", &["email", "name"]), [true, true, false]),
            (error(409, "taken", &[]), [true, false, false]),
            (error(409, "last-super-admin", &[]), [false, false, true]),
            (error(403, "roles-are-for-super-admins", &[]), [false, false, true]),
            (error(409, "something-newer", &[]), [false, false, false]),
            (error(500, "internal", &[]), [false, false, false]),
        ] {
            let mut form = with_role();
            assert_eq!(set_errors(&mut form, &error, Language::Korean), expected.contains(&true), "{error}");
            assert_eq!([form.email, form.name, form.role].map(|field| field.error.is_some()), expected, "{error}");
        }
    }
}
