//! The pages to which links in mails lead. Opening one changes nothing, because mail scanners follow links; only its
//! form does. The pages are the same with and without a session.
//!
//! - `reset_password`: sets a new password.
//! - `accept_invitation`: creates the account of an invited user.
//! - `confirm`: confirms an address or its change, or restores the old address.
//! - `outcome`: the page that follows, or the reason why a link is not valid.

mod accept_invitation;
mod confirm;
mod outcome;
mod reset_password;

use actix_web::web::ServiceConfig;
use serde::Deserialize;
use steward_domain::LinkPurpose;
use steward_web::AnyRequirement;

use crate::failure::Failure;
use crate::request::{Caller, RequestContext, SignedIn};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.configure(reset_password::routes).configure(accept_invitation::routes).configure(confirm::routes);
}

/// The query parameters of a link.
#[derive(Deserialize)]
struct LinkParameters {
    #[serde(default)]
    token: String,
}

/// Returns the path of the page that follows the form of a link. Its URL has no token.
fn done_path(purpose: LinkPurpose) -> String {
    format!("{}/done", purpose.path())
}

/// Signs this browser out if its session has ended. Otherwise the sign-in page would redirect to the start page.
async fn forget_ended_session(context: &RequestContext) {
    let has_ended = match SignedIn::<AnyRequirement>::resolve(context.clone()).await {
        Ok(caller) => caller.api.me().await.is_err_and(|error| error.status() == Some(401)),
        Err(failure) => matches!(failure, Failure::SignInNeeded),
    };
    if has_ended {
        context.cookies().sign_out();
    }
}
