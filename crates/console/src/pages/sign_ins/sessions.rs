use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use steward_client::SessionList;
use steward_contracts::bodies::{UserRole, UserSession};
use steward_domain::{AddressRange, DeviceFilter, UserId};

use super::{Chip, SESSIONS, SIGN_INS, chips, error_text, total};
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::isolate::isolated;
use crate::pages::facets::{Facets, PAGE_SIZES};
use crate::pages::user::devices::SessionRow;
use crate::pages::user::permissions::Permissions;
use crate::request::{Administrator, SignedIn};

/// The names of the facets.
const FACETS: [&str; 3] = ["user", "address", "device"];

type Filter = Facets<{ FACETS.len() }>;

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    frame: Frame,
    filter: Filter,
    chips: Vec<Chip>,
    /// The errors of the facets.
    errors: Vec<String>,
    rows: Vec<Row>,
    /// The number of matching sessions, as text.
    total: String,
    next: Option<String>,
}

/// A session in the list, with its user.
struct Row {
    user_id: String,
    user_name: String,
    /// The URL of the list of the sessions from the same address.
    from_address: Option<String>,
    session: SessionRow,
    /// Whether the policy allows the viewer to end it.
    can_end: bool,
}

/// Shows the active sessions of all users.
pub(super) async fn show(caller: Administrator, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let Administrator(caller) = caller;
    let language = caller.context.language();
    let filter: Filter = Facets::parse(SESSIONS, FACETS, request.query_string());
    let title = caller.context.t("sessions-title");
    let mut page = SessionsPage {
        chips: chips(language, &filter, |_, value| isolated(value).into_owned()),
        errors: Vec::new(),
        rows: Vec::new(),
        total: String::new(),
        next: None,
        frame: Frame::signed_in(&caller, Section::SignIns, title).below(SIGN_INS, caller.context.t("nav-sign-ins")),
        filter,
    };
    match to_api(&page.filter) {
        Ok(list) => {
            let response = match caller.api.sessions(&list).await {
                // The cursor does not belong to this list, or is not valid: the first page is shown.
                Err(error) if error.status() == Some(422) && list.cursor.is_some() => {
                    return Ok(caller.context.redirect(&page.filter.first()));
                }
                response => response?,
            };
            page.total = total(language, "sessions-total", response.total, response.total_is_exact);
            page.next = response.next_cursor.map(|cursor| page.filter.next(&cursor));
            page.rows = response.items.into_iter().map(|session| Row::new(&caller, &page.filter, session)).collect();
        }
        Err(invalid) => page.errors = invalid.into_iter().map(|facet| language.text(error_text(facet))).collect(),
    }
    let status = if page.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    caller.context.render(status, &page)
}

impl Row {
    fn new(caller: &SignedIn, filter: &Filter, session: UserSession) -> Self {
        // Without the role, no button is shown that the API may deny.
        let role = session.user_role.unwrap_or(UserRole::SuperAdmin);
        Self {
            can_end: Permissions::new(&caller.session, &session.user_id, role).revoke_sessions,
            user_id: session.user_id.clone(),
            user_name: session.user_name.clone(),
            from_address: session.ip_address.as_deref().map(|address| filter.with("address", address)),
            session: SessionRow::of_user(session, caller.context.language()),
        }
    }
}

/// Returns the filter as API parameters.
///
/// # Errors
/// Returns the facets whose values are not valid.
fn to_api(filter: &Filter) -> Result<SessionList, Vec<&'static str>> {
    let is_invalid = |(facet, value): &(&'static str, &str)| match *facet {
        "user" => UserId::parse(value).is_err(),
        "address" => AddressRange::parse(value).is_err(),
        _ => DeviceFilter::parse(value).is_err(),
    };
    let invalid: Vec<_> = filter.active().filter(is_invalid).map(|(facet, _)| facet).collect();
    if !invalid.is_empty() {
        return Err(invalid);
    }
    let owned = |facet| filter.given(facet).map(str::to_owned);
    Ok(SessionList {
        search: None,
        user_id: owned("user"),
        address: owned("address"),
        device: owned("device"),
        page: None,
        page_size: Some(filter.page_size),
        cursor: filter.cursor.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_facets_are_returned() {
        let parse = |query| to_api(&Facets::parse(SESSIONS, FACETS, query));
        assert_eq!(parse("user=%21&address=x").unwrap_err(), ["user", "address"]);
        let list = parse("user=admin&address=192.0.2.0/24&device=firefox").unwrap();
        assert_eq!((list.user_id.as_deref(), list.address.as_deref()), (Some("admin"), Some("192.0.2.0/24")));
    }
}
