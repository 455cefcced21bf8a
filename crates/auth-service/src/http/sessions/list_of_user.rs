use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use steward_contracts::bodies::SessionPage;
use steward_domain::SessionFilter;
use steward_web::responses::{Anywhere, NamesUser, NeedsAdministrator, ReadsQuery};
use steward_web::{Administrator, ApiError, Query, paging, path_user_id};

use super::page_body;
use crate::AuthService;

/// List a user's sessions
///
/// Lists the active sessions of the user, newest first.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(
        ("user_id" = String, Path, description = "The user id, in any case", example = "user123"),
        ("page" = Option<u32>, Query, description = "The page number, from 1", minimum = 1, example = 1),
        ("page_size" = Option<u32>, Query, description = "Sessions per page", minimum = 1, maximum = 100, example = 10),
        (
            "cursor" = Option<String>, Query,
            description = "`next_cursor` of the previous page; `page` is then ignored"
        ),
    ),
    responses(
        Anywhere,
        (status = 200, description = "A page of the user's sessions", body = SessionPage),
        ReadsQuery,
        NeedsAdministrator,
        NamesUser,
    )
)]
#[get("/api/admin/users/{user_id}/sessions")]
pub(in crate::http) async fn list_user_sessions(
    administrator: Administrator,
    service: Data<AuthService>,
    request: HttpRequest,
    query: Query,
) -> Result<HttpResponse, ApiError> {
    let filter = SessionFilter { user: Some(path_user_id(&request)?), ..SessionFilter::default() };
    let mut fields = query.fields()?;
    let paging = paging::take(&mut fields);
    let paging = fields.finish(paging)?;
    let canonical = filter.canonical();
    let page = paging.request(&canonical)?;
    let found = service.list_user_sessions(&administrator.actor, &filter, &page).await?;
    Ok(HttpResponse::Ok().json(page_body(found, &page, &canonical)))
}
