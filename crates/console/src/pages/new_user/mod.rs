//! The page that creates a user. `form`: its fields and their errors.
//!
//! Its path is not below that of the users, because `new` is a valid user id.

mod form;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::{ServiceConfig, get, post};
use askama::Template;
use steward_contracts::bodies::CreatedUserBody;
use steward_domain::Action;

use super::account::new_password::errors_of_anonymous;
use super::failed::notice_of;
use super::user::{PasswordPage, address, audit_address};
use super::users::LIST;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::request::{Administrator, ProtectedForm, SignedIn, Toast};
use form::{NewUserForm, Way};

/// The path of the page.
pub(super) const NEW_USER: &str = "/new-user";

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route(NEW_USER, get().to(show)).route(NEW_USER, post().to(create));
}

#[derive(Template)]
#[template(path = "new_user.html")]
struct NewUserPage {
    frame: Frame,
    form: NewUserForm,
}

async fn show(Administrator(caller): Administrator) -> Result<HttpResponse, Failure> {
    let (context, role) = (&caller.context, caller.session.role);
    let draft = context.cookies().take_draft(context.target());
    let form = match draft {
        Some(draft) => {
            let form = NewUserForm::from_draft(role, &draft, context.submission_id());
            NewUserForm { notice: Some(context.t("user-new-kept")), ..form }
        }
        None => NewUserForm::new(role, context.submission_id()),
    };
    render(&caller, form, StatusCode::OK)
}

/// Creates the user. Shows the form again, with the reasons, if that fails.
async fn create(
    ProtectedForm { caller: Administrator(caller), form: submitted }: ProtectedForm<Administrator>,
) -> Result<HttpResponse, Failure> {
    let (context, password) = (&caller.context, submitted.get("password"));
    let mut form = NewUserForm::parse(caller.session.role, &submitted, context.submission_id());
    form.check(password, context.language());
    if !form.is_valid() {
        return render(&caller, form, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let api = caller.api.with_idempotency_key(&form.key);
    let error = match api.create_user(&form.request(password)).await {
        Ok(created) => return created_response(&caller, form.way, created),
        Err(error) => error,
    };
    // Without an answer, the user may have been created: the same key repeats the request. After any other answer, a
    // corrected form is another request.
    let is_answered = error.problem().is_some_and(|problem| problem.status < 500);
    if is_answered && error.code() != Some("idempotency-key-in-use") {
        form.key = context.submission_id();
    }
    form.set_errors(&error, context.language());
    form.password_errors = errors_of_anonymous(context, password, "password", &error).await?.new;
    if !form.is_valid() {
        let status = error.status().and_then(|status| StatusCode::from_u16(status).ok());
        return render(&caller, form, status.unwrap_or(StatusCode::UNPROCESSABLE_ENTITY));
    }
    let (status, notice) = match error.code() {
        Some("idempotency-key-in-use") => (StatusCode::CONFLICT, context.t("user-new-running")),
        Some("idempotency-key-reused") => (StatusCode::UNPROCESSABLE_ENTITY, context.t("user-new-reused")),
        _ if error.status() == Some(401) => return Err(error.into()),
        _ => notice_of(context, error),
    };
    render(&caller, NewUserForm { notice: Some(notice), ..form }, status)
}

/// Shows the temporary password once: it is in this response only, in no cookie and no cache. Without one, redirects to
/// the user.
fn created_response(caller: &SignedIn, way: Way, created: CreatedUserBody) -> Result<HttpResponse, Failure> {
    let (context, user_id) = (&caller.context, created.user.user_id);
    let (address, audit) = (address(&user_id), audit_address(&user_id, Action::UserCreated));
    let Some(password) = created.temporary_password else {
        let id = if way == Way::Mail { "user-new-invited" } else { "user-new-created" };
        let text = context.language().text_with(id, &[("name", created.user.name.into())]);
        context.add_toast(Toast::done(text).with_link(audit, context.t("user-audit-entry")));
        return Ok(context.redirect(&address));
    };
    let page = PasswordPage {
        frame: Frame::signed_in(caller, Section::Users, context.t("user-temporary-password"))
            .below(LIST, context.t("user-management")),
        text: context.language().text_with("user-new-temporary-text", &[("id", user_id.into())]),
        password,
        back: LIST.to_owned(),
        address,
        audit,
    };
    let mut response = context.render(StatusCode::OK, &page)?;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn render(caller: &SignedIn, form: NewUserForm, status: StatusCode) -> Result<HttpResponse, Failure> {
    let frame = Frame::signed_in(caller, Section::Users, caller.context.t("user-new"))
        .below(LIST, caller.context.t("user-management"));
    caller.context.render(status, &NewUserPage { frame, form })
}
