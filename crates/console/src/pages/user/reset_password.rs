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
use crate::visit::{Act, Administrator, Toast};

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
    Act { who: Administrator(who), form }: Act<Administrator>,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    let (visit, address) = (&who.visit, address(&id));
    let answer = match who.api.reset_password(&id, None).await {
        Ok(answer) => answer,
        Err(error) => match refusal(&error, visit.language()) {
            Some(text) => {
                visit.tell(Toast::failed(text));
                return Ok(visit.go(form.page(&address)));
            }
            None => return Err(error.into()),
        },
    };
    let page = PasswordPage {
        frame: Frame::signed_in(&who, Section::Users, visit.t("user-temporary-password"))
            .below(LIST, visit.t("user-management"))
            .below(address.clone(), answer.user_id.clone()),
        back: form.page(&address).to_owned(),
        audit: audit_address(&answer.user_id, Action::PasswordReset),
        user_id: answer.user_id,
        password: answer.temporary_password,
        address,
    };
    let mut response = visit.page(StatusCode::OK, &page)?;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
