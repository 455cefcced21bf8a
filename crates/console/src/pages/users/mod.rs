//! The list of users.
//!
//! - `query`: what the address of the list says. `stored`: the same as the API keeps it for segments.
//! - `view`: what the template shows. `fields`, `chips`, `columns`, `rows`, `paging`: its parts.
//! - `bulk`: one thing done to many users.

mod bulk;
mod chips;
mod columns;
mod fields;
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
use steward_client::{Client, Error};
use steward_contracts::bodies::UserPage;

use crate::failure::Failure;
use crate::request::{Administrator, ProtectedForm};
use columns::Columns;
use query::Place;
pub(super) use query::{LIST, ListQuery, parse_search};
pub(super) use stored::to_stored;
use view::ListPage;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(LIST, get().to(list))
        .route("/users/columns", post().to(choose_columns))
        .route("/users/bulk", post().to(bulk::act));
}

async fn list(Administrator(who): Administrator) -> Result<HttpResponse, Failure> {
    let context = who.context.clone();
    let asked = ListQuery::of(context.target());
    let (found, segments) = join(users(&who.api, asked, context.now()), who.api.segments()).await;
    let (query, page) = found?;
    // The list is good without them.
    let segments = segments.map(|segments| segments.items).unwrap_or_default();
    let columns = context.cookies().columns().map(Columns::read).unwrap_or_default();
    context.page(StatusCode::OK, &ListPage::new(&who, &query, page, &segments, columns))
}

/// The page that was asked for; or the first, where the list has changed so that there is no such page any more, or never
/// was.
async fn users(api: &Client, query: ListQuery, now: DateTime<Utc>) -> Result<(ListQuery, UserPage), Error> {
    match api.users(&query.to_api(now)).await {
        Err(error) if error.status() == Some(422) && query.place != Place::First => {
            let query = query.at_the_start();
            let page = api.users(&query.to_api(now)).await?;
            Ok((query, page))
        }
        answer => Ok((query, answer?)),
    }
}

/// Keeps which columns are shown, for this browser.
async fn choose_columns(ProtectedForm { who: Administrator(who), form }: ProtectedForm<Administrator>) -> HttpResponse {
    let columns = Columns::chosen(form.all("column"));
    who.context.cookies().keep_columns(&columns.print());
    who.context.go(form.page(LIST))
}
