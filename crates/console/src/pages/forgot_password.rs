//! "Forgot password?": requests a mail with a link that sets a new password.
//!
//! The response is the same for every input, so that it does not reveal which accounts exist.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{ServiceConfig, get, post};
use askama::Template;
use steward_contracts::bodies::ForgotPasswordRequest;

use super::failed::notice_of;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::request::{ProtectedForm, RequestContext};

/// The path of the form.
pub(super) const FORGOT_PASSWORD: &str = "/forgot-password";
const SENT: &str = "/forgot-password/sent";

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(FORGOT_PASSWORD, get().to(show))
        .route(FORGOT_PASSWORD, post().to(request_link))
        .route(SENT, get().to(show_sent));
}

#[derive(Template)]
#[template(path = "forgot_password.html")]
struct ForgotPasswordPage {
    frame: Frame,
    /// The user id or address, as typed.
    account: String,
    /// The error of the field.
    error: Option<String>,
    /// Why the call failed.
    notice: Option<String>,
}

#[derive(Template)]
#[template(path = "forgot_password_sent.html")]
struct SentPage {
    frame: Frame,
}

async fn show(context: RequestContext) -> Result<HttpResponse, Failure> {
    render(&context, String::new(), None, None, StatusCode::OK)
}

async fn request_link(
    ProtectedForm { caller: context, form }: ProtectedForm<RequestContext>,
) -> Result<HttpResponse, Failure> {
    let account = form.get("account").trim();
    if account.is_empty() {
        let error = Some(context.t("forgot-missing"));
        return render(&context, String::new(), error, None, StatusCode::UNPROCESSABLE_ENTITY);
    }
    match context.api().forgot_password(&request(account)).await {
        Ok(()) => Ok(context.redirect(SENT)),
        // No account has an id or address of another form.
        Err(error) if error.status() == Some(422) => Ok(context.redirect(SENT)),
        Err(error) => {
            let (status, notice) = notice_of(&context, error);
            render(&context, account.to_owned(), None, Some(notice), status)
        }
    }
}

/// Names the account by its address if the text has an `@`, which no user id contains.
fn request(account: &str) -> ForgotPasswordRequest {
    let account = Some(account.to_owned());
    if account.as_ref().is_some_and(|account| account.contains('@')) {
        ForgotPasswordRequest { user_id: None, email: account }
    } else {
        ForgotPasswordRequest { user_id: account, email: None }
    }
}

async fn show_sent(context: RequestContext) -> Result<HttpResponse, Failure> {
    context.render(StatusCode::OK, &SentPage { frame: Frame::new(&context, context.t("forgot-sent")) })
}

fn render(
    context: &RequestContext,
    account: String,
    error: Option<String>,
    notice: Option<String>,
    status: StatusCode,
) -> Result<HttpResponse, Failure> {
    let frame = Frame::new(context, context.t("forgot-title"));
    context.render(status, &ForgotPasswordPage { frame, account, error, notice })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_from_a_user_id() {
        for (account, user_id, email) in
            [("alice", Some("alice"), None), ("alice@example.com", None, Some("alice@example.com"))]
        {
            let request = request(account);
            assert_eq!((request.user_id.as_deref(), request.email.as_deref()), (user_id, email));
        }
    }
}
