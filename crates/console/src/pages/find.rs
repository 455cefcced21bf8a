use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Query, ServiceConfig, get};
use askama::Template;
use serde::Deserialize;
use steward_client::UserList;
use steward_contracts::bodies::UserBody;
use steward_domain::SearchTerm;

use super::users::parse_search;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::request::{Administrator, RequestContext};

/// Users shown at the most.
const MOST: u32 = 7;

/// What can be gone to by name: address, the id of its text, icon.
const PAGES: [(&str, &str, &str); 5] = [
    ("/dashboard", "nav-dashboard", "home"),
    ("/users", "user-management", "users"),
    ("/audit", "nav-audit", "log"),
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
struct Asked {
    #[serde(default)]
    q: String,
}

/// Users and pages by their names: a page of its own, and what the command palette shows.
async fn find(Administrator(who): Administrator, asked: Query<Asked>) -> Result<HttpResponse, Failure> {
    let term = parse_search(&asked.q);
    let words = term.as_ref().map(|term| term.as_str().to_owned()).unwrap_or_default();
    let users = if words.is_empty() {
        Vec::new()
    } else {
        let list = UserList { search: Some(words.clone()), page_size: Some(MOST), ..UserList::default() };
        who.api.users(&list).await?.items
    };
    let pages = pages(&who.context, term.as_ref());
    let frame = Frame::signed_in(&who, Section::None, who.context.t("find"));
    who.context.page(StatusCode::OK, &FindPage { frame, words, users, pages })
}

fn pages(context: &RequestContext, term: Option<&SearchTerm>) -> Vec<(&'static str, String, &'static str)> {
    let named = PAGES.into_iter().map(|(to, id, icon)| (to, context.t(id), icon));
    named.filter(|(_, name, _)| term.is_none_or(|term| term.matches([name.as_str()]))).collect()
}
