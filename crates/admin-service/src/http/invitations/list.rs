use actix_web::{HttpResponse, get};
use steward_contracts::bodies::{self, InvitationBody, InvitationPage};
use steward_domain::{Invitation, InvitationState, Page, PageRequest, Timestamp};
use steward_web::responses::{Anywhere, NeedsAdministrator, ReadsQuery};
use steward_web::{Administrator, ApiError, Fields, Query, paging, text};

use crate::http::Service;

/// List invitations
///
/// Lists invitations, newest first. `next_cursor` leads to the next page; every page costs the same.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(
        ("state" = inline(Option<bodies::InvitationState>), Query, description = "Only invitations in this state"),
        ("page" = Option<u32>, Query, description = "The page number, from 1", minimum = 1, example = 1),
        (
            "page_size" = Option<u32>, Query, description = "Invitations per page", minimum = 1, maximum = 100,
            example = 10
        ),
        (
            "cursor" = Option<String>, Query,
            description = "`next_cursor` of the previous page, with the same filter; `page` is then ignored"
        ),
    ),
    responses(
        Anywhere,
        (status = 200, description = "A page of invitations", body = InvitationPage),
        ReadsQuery,
        NeedsAdministrator,
    )
)]
#[get("/api/admin/invitations")]
pub(in crate::http) async fn list_invitations(
    administrator: Administrator,
    service: Service,
    query: Query,
) -> Result<HttpResponse, ApiError> {
    let (state, paging) = parse(query.fields()?)?;
    let canonical = format!("invitations {}", state.map_or("", InvitationState::as_str));
    let request = paging.request(&canonical)?;
    let (page, now) = service.list_invitations(&administrator.actor, state, &request).await?;
    Ok(HttpResponse::Ok().json(page_body(page, now, &request, &canonical)))
}

fn parse(mut fields: Fields) -> Result<(Option<InvitationState>, paging::Paging), ApiError> {
    let state = fields.optional("state", text(InvitationState::parse));
    let paging = paging::take(&mut fields);
    Ok(fields.finish((state, paging))?)
}

fn page_body(page: Page<Invitation>, now: Timestamp, request: &PageRequest, canonical: &str) -> InvitationPage {
    InvitationPage {
        total: page.total.count,
        total_is_exact: page.total.exact,
        page: request.number,
        page_size: request.size.get(),
        total_pages: paging::total_pages(&page, request),
        next_cursor: paging::next_cursor(&page, request, canonical),
        items: page.items.into_iter().map(|invitation| InvitationBody::new(invitation, now)).collect(),
    }
}
