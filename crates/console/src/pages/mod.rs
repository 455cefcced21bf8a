//! The pages, one file each, with their actions.

mod account;
mod analytics;
mod attributes_form;
mod audit;
mod avatar;
mod dashboard;
mod events;
mod facets;
mod failed;
mod find;
mod finish;
mod forgot_password;
mod home;
mod invitations;
mod links;
mod mail_kind;
mod new_user;
mod outbox;
mod part;
mod password;
mod preferences;
mod profile_form;
mod segments;
mod sign_in;
mod sign_ins;
mod state_filter;
mod user;
mod users;

use actix_web::HttpResponse;
use actix_web::web::ServiceConfig;

use crate::failure::Failure;
pub(crate) use events::Streams;
pub(crate) use failed::failure_response;

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .configure(home::routes)
        .configure(sign_in::routes)
        .configure(forgot_password::routes)
        .configure(links::routes)
        .configure(preferences::routes)
        .configure(password::routes)
        .configure(dashboard::routes)
        .configure(events::routes)
        .configure(find::routes)
        .configure(segments::routes)
        .configure(users::routes)
        .configure(new_user::routes)
        .configure(user::routes)
        .configure(invitations::routes)
        .configure(audit::routes)
        .configure(sign_ins::routes)
        .configure(outbox::routes)
        .configure(analytics::routes)
        .configure(account::routes);
}

pub(crate) async fn not_found() -> Result<HttpResponse, Failure> {
    Err(Failure::NotFound)
}
