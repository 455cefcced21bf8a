//! The page of one user, and everything that can be done to them.
//!
//! - `page`: the page itself. `edit`: its form is sent; `edit_form`: what of it changed, and conflicts.
//! - `actions`, `delete`, `reset_password`: what its buttons do, and those of the list.
//! - `may`: which buttons there are. `denied`: what the API refuses.
//! - `timeline`, `changes`, `devices`: what happened, and where somebody is signed in; for "My account", too.

mod actions;
mod changes;
mod delete;
mod denied;
pub(super) mod devices;
mod edit;
mod edit_form;
pub(super) mod may;
mod page;
mod reset_password;
pub(super) mod timeline;

use actix_web::HttpResponse;
use actix_web::web::{Path, ServiceConfig, get, post};
use steward_domain::Action;

use crate::request::RequestContext;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/users/{id}", get().to(page::show))
        .route("/users/{id}/edit", post().to(edit::edit))
        .route("/users/{id}/activate", post().to(actions::activate))
        .route("/users/{id}/deactivate", post().to(actions::deactivate))
        .route("/users/{id}/unlock", post().to(actions::unlock))
        .route("/users/{id}/sessions/revoke", post().to(actions::revoke_all))
        .route("/users/{id}/sessions/{session}/revoke", post().to(actions::revoke_one))
        .route("/users/{id}/reset-password", post().to(reset_password::reset))
        .route("/users/{id}/delete", get().to(delete::ask))
        .route("/users/{id}/delete", post().to(delete::delete));
    // Answers that are pages have these addresses, where nobody finds anything later.
    for answered in ["/users/{id}/edit", "/users/{id}/reset-password"] {
        config.route(answered, get().to(to_the_user));
    }
}

async fn to_the_user(context: RequestContext, id: Path<String>) -> HttpResponse {
    context.go(&address(&id))
}

/// Where a user's page is.
fn address(id: &str) -> String {
    // Ids are of letters, digits and `._-`; whatever else somebody makes up leads to no user, and to no other site.
    let encoded: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("/users/{encoded}")
}

/// Where the audit entry of what was just done to a user is the first.
fn audit_address(id: &str, action: Action) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("target", id).append_pair("action", action.as_str());
    format!("/audit?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_id_leads_elsewhere() {
        assert_eq!(address("user.1-a_b"), "/users/user.1-a_b");
        assert_eq!(address("/evil.example\r\n"), "/users/%2Fevil.example%0D%0A");
        assert_eq!(audit_address("a&b", Action::UserUpdated), "/audit?target=a%26b&action=USER_UPDATED");
    }
}
