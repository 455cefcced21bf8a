//! The outbox: the mails that changes have caused, with their states.

mod actions;
mod row;

use actix_web::http::StatusCode;
use actix_web::web::{ServiceConfig, get, post};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use steward_client::OutboxList;
use steward_domain::MailState;

use super::state_filter::{ItemState, PAGE_SIZE, StateFilter};
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::request::Administrator;
use row::{Row, state_text};

/// The path of the page.
const OUTBOX: &str = <MailState as ItemState>::PATH;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(OUTBOX, get().to(show))
        .route("/outbox/{id}/retry", post().to(actions::retry))
        .route("/outbox/{id}/cancel", post().to(actions::cancel));
}

#[derive(Template)]
#[template(path = "outbox.html")]
struct OutboxPage {
    frame: Frame,
    filter: StateFilter<MailState>,
    /// The states: name and text.
    states: Vec<(&'static str, String)>,
    rows: Vec<Row>,
    /// The number of matching mails, as text.
    total: String,
    next: Option<String>,
}

async fn show(caller: Administrator, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let Administrator(caller) = caller;
    let (language, now) = (caller.context.language(), caller.context.now());
    let filter = StateFilter::<MailState>::parse(request.query_string());
    let list = OutboxList {
        state: filter.state.map(Into::into),
        page: None,
        page_size: Some(PAGE_SIZE),
        cursor: filter.cursor.clone(),
    };
    let page = match caller.api.outbox(&list).await {
        // The cursor does not belong to this list, or is not valid: the first page is shown.
        Err(error) if error.status() == Some(422) && list.cursor.is_some() => {
            return Ok(caller.context.redirect(&filter.first()));
        }
        page => page?,
    };
    let frame = Frame::signed_in(&caller, Section::Outbox, caller.context.t("nav-outbox"));
    let total = frame.number(&page.total) + if page.total_is_exact { "" } else { "+" };
    let role = caller.session.role.into();
    let page = OutboxPage {
        states: MailState::ALL.map(|state| (state.as_str(), language.text(state_text(state.into())))).into(),
        rows: page.items.into_iter().map(|mail| Row::new(language, role, now, mail)).collect(),
        total: language.text_with("outbox-total", &[("count", page.total.into()), ("total", total.into())]),
        next: page.next_cursor.map(|cursor| filter.next(&cursor)),
        filter,
        frame,
    };
    caller.context.render(StatusCode::OK, &page)
}
