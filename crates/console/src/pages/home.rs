use actix_web::HttpResponse;
use actix_web::web::{ServiceConfig, get};

use crate::request::{Session, SignedIn};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/", get().to(home));
}

/// Leads to where whoever is signed in most likely wants to be.
async fn home(who: SignedIn) -> HttpResponse {
    who.context.go(home_of(&who.session))
}

pub(super) fn home_of(session: &Session) -> &'static str {
    if session.is_administrator() { "/dashboard" } else { "/account" }
}
