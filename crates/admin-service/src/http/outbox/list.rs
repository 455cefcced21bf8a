use actix_web::{HttpResponse, get};
use steward_contracts::bodies::{OutboxEntryBody, OutboxPage};
use steward_domain::{MailState, OutboxEntry, Page, PageRequest};
use steward_web::responses::{Anywhere, NeedsAdministrator, ReadsQuery};
use steward_web::{Administrator, ApiError, Fields, Query, paging, text};

use crate::http::Service;

/// List mails
///
/// Lists the mails that changes have caused, newest first, with their state and the error of the last attempt. A mail
/// that was sent is kept for 30 days, without its content. `next_cursor` leads to the next page.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(
        (
            "state" = inline(Option<steward_contracts::bodies::MailState>), Query,
            description = "Only mails with this state"
        ),
        ("page" = Option<u32>, Query, description = "The page number, from 1", minimum = 1, example = 1),
        ("page_size" = Option<u32>, Query, description = "Mails per page", minimum = 1, maximum = 100, example = 10),
        (
            "cursor" = Option<String>, Query,
            description = "`next_cursor` of the previous page, with the same state; `page` is then ignored"
        ),
    ),
    responses(
        Anywhere,
        (status = 200, description = "A page of mails", body = OutboxPage),
        ReadsQuery,
        NeedsAdministrator,
    )
)]
#[get("/api/admin/outbox")]
pub(in crate::http) async fn list_outbox(
    administrator: Administrator,
    service: Service,
    query: Query,
) -> Result<HttpResponse, ApiError> {
    let (state, paging) = parse(query.fields()?)?;
    let canonical = format!("outbox {}", state.map_or("", MailState::as_str));
    let request = paging.request(&canonical)?;
    let page = service.list_outbox(&administrator.actor, state, request.clone()).await?;
    Ok(HttpResponse::Ok().json(page_body(page, &request, &canonical)))
}

fn parse(mut fields: Fields) -> Result<(Option<MailState>, paging::Paging), ApiError> {
    let state = fields.optional("state", text(MailState::parse));
    let paging = paging::take(&mut fields);
    Ok(fields.finish((state, paging))?)
}

fn page_body(page: Page<OutboxEntry>, request: &PageRequest, canonical: &str) -> OutboxPage {
    OutboxPage {
        total: page.total.count,
        total_is_exact: page.total.exact,
        page: request.number,
        page_size: request.size.get(),
        total_pages: paging::total_pages(&page, request),
        next_cursor: paging::next_cursor(&page, request, canonical),
        items: page.items.into_iter().map(OutboxEntryBody::from).collect(),
    }
}
