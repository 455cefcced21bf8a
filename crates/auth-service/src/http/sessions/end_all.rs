use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use steward_contracts::bodies::{EndedSessions, LogoutAllRequest};
use steward_domain::SessionSelector;
use steward_web::responses::{Anywhere, NeedsAnyToken, ReadsBody};
use steward_web::{AnyRequirement, ApiError, Caller, JsonBody, boolean};

use crate::AuthService;

/// End all own sessions
///
/// Ends every session of the caller, including the acting one unless `keep_current` is true.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    request_body(content = Option<LogoutAllRequest>, description = "Optional"),
    responses(
        Anywhere,
        (status = 200, description = "The sessions ended", body = EndedSessions),
        ReadsBody,
        NeedsAnyToken,
    )
)]
#[post("/api/auth/logout-all")]
pub(in crate::http) async fn logout_all(
    service: Data<AuthService>,
    caller: Caller<AnyRequirement>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let selector = if keeps_current(body)? { SessionSelector::AllBut(caller.session.id) } else { SessionSelector::All };
    let ended = service.end_own_sessions(&caller.session.user, selector).await?;
    let message = match selector {
        SessionSelector::AllBut(_) => "Logged out everywhere else",
        SessionSelector::All | SessionSelector::One(_) => "Logged out everywhere",
    };
    Ok(HttpResponse::Ok().json(EndedSessions { message: message.to_owned(), ended }))
}

fn keeps_current(body: JsonBody) -> Result<bool, ApiError> {
    let mut fields = body.fields_if_any()?;
    let keep_current = fields.optional("keep_current", boolean);
    Ok(fields.finish(keep_current)?.unwrap_or(false))
}
