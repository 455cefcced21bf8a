use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Query, ServiceConfig, get};
use askama::Template;
use serde::Deserialize;
use steward_client::UserList;
use steward_contracts::bodies::UserBody;
use steward_domain::SearchTerm;

use super::new_user::NEW_USER;
use super::users::parse_search;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::request::{Administrator, RequestContext};

/// The maximum number of users in the result.
const MAX_USERS: u32 = 7;

/// The pages that can be found by name: path, text id, icon.
const PAGES: [(&str, &str, &str); 10] = [
    ("/dashboard", "nav-dashboard", "home"),
    ("/users", "user-management", "users"),
    (NEW_USER, "user-new", "plus"),
    ("/invitations", "invitations", "plus"),
    ("/audit", "nav-audit", "log"),
    ("/sign-ins", "nav-sign-ins", "login"),
    ("/sessions", "sessions-title", "monitor"),
    ("/outbox", "nav-outbox", "mail"),
    ("/analytics", "nav-analytics", "chart"),
    ("/account", "my-account", "user"),
];

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/find", get().to(find));
}

#[derive(Template)]
#[template(path = "find.html")]
struct FindPage {
    frame: Frame,
    words: String,
    users: Vec<UserBody>,
    pages: Vec<(&'static str, String, &'static str)>,
}

#[derive(Deserialize)]
struct FindParameters {
    #[serde(default)]
    q: String,
}

/// Finds users and pages by name. The result is a page of its own and the content of the command palette.
async fn find(
    Administrator(caller): Administrator,
    parameters: Query<FindParameters>,
) -> Result<HttpResponse, Failure> {
    let term = parse_search(&parameters.q);
    let words = term.as_ref().map(|term| term.as_str().to_owned()).unwrap_or_default();
    let users = if words.is_empty() {
        Vec::new()
    } else {
        let list = UserList { search: Some(words.clone()), page_size: Some(MAX_USERS), ..UserList::default() };
        caller.api.users(&list).await?.items
    };
    let pages = pages(&caller.context, term.as_ref());
    let frame = Frame::signed_in(&caller, Section::None, caller.context.t("find"));
    caller.context.render(StatusCode::OK, &FindPage { frame, words, users, pages })
}

fn pages(context: &RequestContext, term: Option<&SearchTerm>) -> Vec<(&'static str, String, &'static str)> {
    let named = PAGES.into_iter().map(|(to, id, icon)| (to, context.t(id), icon));
    named.filter(|(_, name, _)| term.is_none_or(|term| term.matches([name.as_str()]))).collect()
}
