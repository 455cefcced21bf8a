use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use steward_contracts::bodies::SessionPage;
use steward_domain::{SearchTerm, SessionFilter};
use steward_web::responses::{Anywhere, NeedsAdministrator, ReadsQuery};
use steward_web::{Administrator, ApiError, Fields, Query, paging, text};

use super::page_body;
use crate::AuthService;

/// List sessions
///
/// Lists the active sessions of all users, newest first. `next_cursor` leads to the next page.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(
        ("page" = Option<u32>, Query, description = "The page number, from 1", minimum = 1, example = 1),
        ("page_size" = Option<u32>, Query, description = "Sessions per page", minimum = 1, maximum = 100, example = 10),
        (
            "search" = Option<String>, Query, max_length = 100,
            description = "Words that all occur in the user's id, name or e-mail address, ignoring case and accents; \
                or the full IP address of the sign-in"
        ),
        (
            "cursor" = Option<String>, Query,
            description = "`next_cursor` of the previous page, with the same search; `page` is then ignored"
        ),
    ),
    responses(
        Anywhere,
        (status = 200, description = "A page of sessions", body = SessionPage),
        ReadsQuery,
        NeedsAdministrator,
    )
)]
#[get("/api/admin/sessions")]
pub(in crate::http) async fn list_sessions(
    administrator: Administrator,
    service: Data<AuthService>,
    query: Query,
) -> Result<HttpResponse, ApiError> {
    let (filter, paging) = parse(query.fields()?)?;
    let canonical = filter.canonical();
    let request = paging.request(&canonical)?;
    let page = service.list_sessions(&administrator.actor, &filter, &request).await?;
    Ok(HttpResponse::Ok().json(page_body(page, &request, &canonical)))
}

fn parse(mut fields: Fields) -> Result<(SessionFilter, paging::Paging), ApiError> {
    let search = fields.optional("search", text(SearchTerm::parse));
    let paging = paging::take(&mut fields);
    let (search, paging) = fields.finish((search, paging))?;
    Ok((SessionFilter { user: None, search: search.flatten() }, paging))
}
