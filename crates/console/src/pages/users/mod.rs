//! The list of users.
//!
//! - `query`: parses the URL of the list. `stored`: converts it to and from the API's segments.
//! - `filter`: the filter, in each of its forms. `last_login`: its part for the last log-in. `dates`: days and instants.
//! - `view`: the template's data. `fields`, `chips`, `columns`, `rows`, `paging`: its parts.
//! - `bulk`: actions on many users.

mod bulk;
mod chips;
mod columns;
mod dates;
mod fields;
mod filter;
mod last_login;
mod paging;
mod query;
mod rows;
mod stored;
mod view;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{ServiceConfig, get, post};
use chrono::{DateTime, Utc};
use futures_util::future::join;
use steward_client::Error;
use steward_contracts::bodies::UserPage;

use crate::failure::Failure;
use crate::request::{Administrator, ProtectedForm, SignedIn};
use columns::Columns;
use filter::Filter;
pub(super) use filter::parse_search;
use query::PagePosition;
pub(super) use query::{LIST, ListQuery};
pub(super) use stored::to_stored;
use view::ListPage;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(LIST, get().to(list))
        .route("/users/columns", post().to(choose_columns))
        .route("/users/bulk", post().to(bulk::submit));
}

/// Returns the URL of the list of the users who registered at an instant or later.
pub(super) fn registered_since(at: DateTime<Utc>) -> String {
    let filter = Filter { registered_since: Some(at), ..Filter::default() };
    ListQuery { filter, ..ListQuery::default() }.address()
}

async fn list(Administrator(caller): Administrator) -> Result<HttpResponse, Failure> {
    let context = caller.context.clone();
    let requested = ListQuery::from_target(context.target());
    let (found, segments) = join(fetch_page(&caller, requested), caller.api.segments()).await;
    let (query, page) = found?;
    // The list is useful without them.
    let segments = segments.map(|segments| segments.items).unwrap_or_default();
    let columns = context.cookies().columns().map(Columns::from_cookie).unwrap_or_default();
    context.render(StatusCode::OK, &ListPage::new(&caller, &query, page, &segments, columns))
}

/// Fetches the requested page, or the first one if the requested page does not exist.
async fn fetch_page(caller: &SignedIn, query: ListQuery) -> Result<(ListQuery, UserPage), Error> {
    let (times, now) = (caller.session.times(), caller.context.now());
    match caller.api.users(&query.to_api(times, now)).await {
        Err(error) if error.status() == Some(422) && query.position != PagePosition::First => {
            let query = query.first_page();
            let page = caller.api.users(&query.to_api(times, now)).await?;
            Ok((query, page))
        }
        result => Ok((query, result?)),
    }
}

/// Stores the shown columns in the browser.
async fn choose_columns(
    ProtectedForm { caller: Administrator(caller), form }: ProtectedForm<Administrator>,
) -> HttpResponse {
    let columns = Columns::chosen(form.all("column"));
    caller.context.cookies().set_columns(&columns.to_cookie());
    caller.context.redirect(form.page(LIST))
}
