//! The invitations: who was invited, in which state the invitation is, and the form for another one.
//!
//! - `row`: an invitation in the list. `form`: the form that invites.
//! - `actions`: what the form and the buttons do.

mod actions;
mod form;
mod row;

use actix_web::http::StatusCode;
use actix_web::web::{ServiceConfig, get, post};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use steward_client::InvitationList;
use steward_domain::InvitationState;

use super::state_filter::{ItemState, PAGE_SIZE, StateFilter};
use super::users::LIST;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::request::{Administrator, SignedIn};
use form::InviteForm;
use row::{Row, state_text};

/// The path of the page.
const INVITATIONS: &str = <InvitationState as ItemState>::PATH;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(INVITATIONS, get().to(list))
        .route(INVITATIONS, post().to(actions::invite))
        .route("/invitations/{id}/resend", post().to(actions::resend))
        .route("/invitations/{id}/revoke", post().to(actions::revoke));
}

#[derive(Template)]
#[template(path = "invitations.html")]
struct InvitationsPage {
    frame: Frame,
    form: InviteForm,
    filter: StateFilter<InvitationState>,
    /// The states: name and text.
    states: Vec<(&'static str, String)>,
    rows: Vec<Row>,
    /// The number of matching invitations, as text.
    total: String,
    next: Option<String>,
}

async fn list(Administrator(caller): Administrator, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let filter = StateFilter::parse(request.query_string());
    let form = InviteForm::new(caller.session.role, caller.context.language());
    show(&caller, filter, form, StatusCode::OK).await
}

/// Shows the list with this form.
async fn show(
    caller: &SignedIn,
    filter: StateFilter<InvitationState>,
    form: InviteForm,
    status: StatusCode,
) -> Result<HttpResponse, Failure> {
    let language = caller.context.language();
    let list = InvitationList {
        state: filter.state.map(Into::into),
        page: None,
        page_size: Some(PAGE_SIZE),
        cursor: filter.cursor.clone(),
    };
    let page = match caller.api.invitations(&list).await {
        // The cursor does not belong to this list, or is not valid: the first page is shown.
        Err(error) if error.status() == Some(422) && list.cursor.is_some() => {
            return Ok(caller.context.redirect(&filter.first()));
        }
        page => page?,
    };
    let frame = Frame::signed_in(caller, Section::Users, caller.context.t("invitations"))
        .below(LIST, caller.context.t("user-management"));
    let total = frame.number(&page.total) + if page.total_is_exact { "" } else { "+" };
    let role = caller.session.role.into();
    let page = InvitationsPage {
        states: InvitationState::ALL.map(|state| (state.as_str(), language.text(state_text(state.into())))).into(),
        rows: page.items.into_iter().map(|invitation| Row::new(language, role, invitation)).collect(),
        total: language.text_with("invitations-total", &[("count", page.total.into()), ("total", total.into())]),
        next: page.next_cursor.map(|cursor| filter.next(&cursor)),
        form,
        filter,
        frame,
    };
    caller.context.render(status, &page)
}
