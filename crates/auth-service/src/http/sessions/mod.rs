//! Sessions: those of the caller below `/api/auth`, those of other users below `/api/admin`.

pub(super) mod end;
pub(super) mod end_all;
pub(super) mod list;
pub(super) mod list_all;
pub(super) mod list_of_user;
pub(super) mod revoke;
pub(super) mod revoke_all;
#[cfg(test)]
mod tests;

use actix_web::HttpRequest;
use steward_contracts::bodies::SessionPage;
use steward_domain::{Page, PageRequest, SessionId, SessionRecord};
use steward_web::paging;

use super::problems::SessionNotFound;

/// Returns the session in the path's `{session_id}`. A malformed id is handled like an unknown one: 404.
fn path_session_id(request: &HttpRequest) -> Result<SessionId, SessionNotFound> {
    let segment = request.match_info().get("session_id").unwrap_or_default();
    SessionId::parse(segment).map_err(|_| SessionNotFound)
}

fn page_body(page: Page<SessionRecord>, request: &PageRequest, canonical: &str) -> SessionPage {
    SessionPage {
        total: page.total.count,
        total_is_exact: page.total.exact,
        page: request.number,
        page_size: request.size.get(),
        total_pages: paging::total_pages(&page, request),
        next_cursor: paging::next_cursor(&page, request, canonical),
        items: page.items.into_iter().map(Into::into).collect(),
    }
}
