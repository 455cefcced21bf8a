use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use steward_contracts::bodies::SessionPage;
use steward_domain::{AddressRange, DeviceFilter, SearchTerm, SessionFilter, UserId};
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
            "user_id" = Option<String>, Query, min_length = 3, max_length = 100,
            description = "Only sessions of this user, in any case"
        ),
        (
            "address" = Option<String>, Query, min_length = 2, max_length = 49, example = "192.0.2.0/24",
            description = "Only sessions whose sign-in came from this address, or from this network in CIDR notation; \
                IPv4 or IPv6"
        ),
        (
            "device" = Option<String>, Query, min_length = 1, max_length = 100, example = "Firefox on Windows",
            description = "A part of the name of a browser or system, or else the beginning of the name of another \
                program, such as `curl`; ignores case"
        ),
        (
            "cursor" = Option<String>, Query,
            description = "`next_cursor` of the previous page, with the same filters; `page` is then ignored"
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
    let user = fields.optional("user_id", text(UserId::parse));
    let address = fields.optional("address", text(AddressRange::parse));
    let device = fields.optional("device", text(DeviceFilter::parse));
    let paging = paging::take(&mut fields);
    let (search, user, address, device, paging) = fields.finish((search, user, address, device, paging))?;
    Ok((SessionFilter { user, search: search.flatten(), address, device }, paging))
}
