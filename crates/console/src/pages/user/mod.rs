//! The page of one user and the actions on it.
//!
//! - `page`: the page itself. `edit`: handles its form; `edit_form`: changes and conflicts.
//! - `actions`, `delete`, `reset_password`: the buttons of the page and of the list.
//! - `permissions`: which buttons are shown. `denied`: texts for actions that the API denies.
//! - `profile`: handles the form of the profile.
//! - `timeline`, `changes`, `devices`: events and sessions; shared with "My account".

mod actions;
mod changes;
mod delete;
mod denied;
pub(super) mod devices;
mod edit;
mod edit_form;
mod page;
pub(super) mod permissions;
mod profile;
mod reset_password;
pub(super) mod timeline;

use actix_web::HttpResponse;
use actix_web::web::{Path, ServiceConfig, get, post};
use steward_domain::Action;

use super::avatar;
use crate::request::RequestContext;
pub(super) use denied::denial_text;
pub(super) use page::initials;
pub(super) use reset_password::PasswordPage;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/users/{id}", get().to(page::show))
        .route("/users/{id}/edit", post().to(edit::edit))
        .route("/users/{id}/profile", post().to(profile::save))
        .route("/users/{id}/avatar", get().to(avatar::of_user))
        .route("/users/{id}/activate", post().to(actions::activate))
        .route("/users/{id}/deactivate", post().to(actions::deactivate))
        .route("/users/{id}/unlock", post().to(actions::unlock))
        .route("/users/{id}/sessions/revoke", post().to(actions::revoke_all))
        .route("/users/{id}/sessions/{session}/revoke", post().to(actions::revoke_one))
        .route("/users/{id}/reset-password", get().to(reset_password::ask))
        .route("/users/{id}/reset-password", post().to(reset_password::reset))
        .route("/users/{id}/delete", get().to(delete::confirm))
        .route("/users/{id}/delete", post().to(delete::delete));
    // Forms that respond with a page leave their URL in the browser, which a reload then requests.
    for path in ["/users/{id}/edit", "/users/{id}/profile"] {
        config.route(path, get().to(redirect_to_user));
    }
}

async fn redirect_to_user(context: RequestContext, id: Path<String>) -> HttpResponse {
    context.redirect(&address(&id))
}

/// Returns the path of a user's page.
pub(super) fn address(id: &str) -> String {
    // Valid ids consist of letters, digits and `._-`. Encoding keeps any other value from leading to another site.
    let encoded: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("/users/{encoded}")
}

/// Returns the URL of the audit trail in which the latest such action on the user comes first.
pub(super) fn audit_address(id: &str, action: Action) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("target", id).append_pair("action", action.as_str());
    format!("/audit?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_encoded_in_paths() {
        assert_eq!(address("user.1-a_b"), "/users/user.1-a_b");
        assert_eq!(address("/evil.example\r\n"), "/users/%2Fevil.example%0D%0A");
        assert_eq!(audit_address("a&b", Action::UserUpdated), "/audit?target=a%26b&action=USER_UPDATED");
    }
}
