use actix_web::HttpResponse;
use actix_web::web::{ServiceConfig, get};
use steward_domain::SessionRequirement;

use crate::request::{Session, SignedIn};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/", get().to(home));
}

/// Redirects to the user's start page.
async fn home(caller: SignedIn) -> HttpResponse {
    caller.context.redirect(home_of(&caller.session))
}

pub(super) fn home_of(session: &Session) -> &'static str {
    if session.is_administrator() { "/dashboard" } else { "/account" }
}

/// Returns the page on which the user fulfils a requirement.
pub(super) fn page_of(requirement: SessionRequirement) -> &'static str {
    match requirement {
        SessionRequirement::ChangePassword => "/password",
    }
}
