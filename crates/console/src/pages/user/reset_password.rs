use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::Path;
use askama::Template;
use steward_domain::Action;

use super::denied::refusal;
use super::{address, audit_address};
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::users::LIST;
use crate::request::{Administrator, ProtectedForm, Toast};

#[derive(Template)]
#[template(path = "user_password.html")]
struct PasswordPage {
    frame: Frame,
    user_id: String,
    address: String,
    password: String,
    /// Where the button was pressed.
    back: String,
    audit: String,
}

/// Gives a user a password that is made up, and shows it: in this answer and never again, in no cookie and no cache.
pub(super) async fn reset(
    ProtectedForm { who: Administrator(who), form }: ProtectedForm<Administrator>,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    let (context, address) = (&who.context, address(&id));
    let answer = match who.api.reset_password(&id, None).await {
        Ok(answer) => answer,
        Err(error) => match refusal(&error, context.language()) {
            Some(text) => {
                context.tell(Toast::failed(text));
                return Ok(context.go(form.page(&address)));
            }
            None => return Err(error.into()),
        },
    };
    let page = PasswordPage {
        frame: Frame::signed_in(&who, Section::Users, context.t("user-temporary-password"))
            .below(LIST, context.t("user-management"))
            .below(address.clone(), answer.user_id.clone()),
        back: form.page(&address).to_owned(),
        audit: audit_address(&answer.user_id, Action::PasswordReset),
        user_id: answer.user_id,
        password: answer.temporary_password,
        address,
    };
    let mut response = context.page(StatusCode::OK, &page)?;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
