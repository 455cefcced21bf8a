use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::Path;
use askama::Template;
use steward_domain::Action;

use super::denied::denial_text;
use super::{address, audit_address};
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::users::LIST;
use crate::request::{Administrator, ProtectedForm, Toast};

/// A password that is shown once.
#[derive(Template)]
#[template(path = "user_password.html")]
pub(in crate::pages) struct PasswordPage {
    pub(in crate::pages) frame: Frame,
    pub(in crate::pages) text: String,
    /// The page of the user.
    pub(in crate::pages) address: String,
    pub(in crate::pages) password: String,
    /// The page of the form.
    pub(in crate::pages) back: String,
    pub(in crate::pages) audit: String,
}

/// Sets a generated password and shows it once: it is in this response only, in no cookie and no cache.
pub(super) async fn reset(
    ProtectedForm { caller: Administrator(caller), form }: ProtectedForm<Administrator>,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    let (context, address) = (&caller.context, address(&id));
    let outcome = match caller.api.reset_password(&id, None).await {
        Ok(outcome) => outcome,
        Err(error) => match denial_text(&error, context.language()) {
            Some(text) => {
                context.add_toast(Toast::failed(text));
                return Ok(context.redirect(form.page(&address)));
            }
            None => return Err(error.into()),
        },
    };
    let page = PasswordPage {
        frame: Frame::signed_in(&caller, Section::Users, context.t("user-temporary-password"))
            .below(LIST, context.t("user-management"))
            .below(address.clone(), outcome.user_id.clone()),
        back: form.page(&address).to_owned(),
        audit: audit_address(&outcome.user_id, Action::PasswordReset),
        text: context.language().text_with("user-temporary-text", &[("id", outcome.user_id.into())]),
        password: outcome.temporary_password,
        address,
    };
    let mut response = context.render(StatusCode::OK, &page)?;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
