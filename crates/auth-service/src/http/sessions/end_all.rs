use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use steward_contracts::bodies::{EndedSessions, LogoutAllRequest};
use steward_domain::SessionSelector;
use steward_web::responses::{Anywhere, NeedsAnyToken, ReadsBody};
use steward_web::{AnyCaller, ApiError, JsonBody, boolean};

use crate::AuthService;

/// Sign out everywhere
///
/// Ends every session of the caller, the one that asks too unless it is to stay.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    request_body(content = Option<LogoutAllRequest>, description = "May be left out"),
    responses(
        Anywhere,
        (status = 200, description = "Signed out everywhere", body = EndedSessions),
        ReadsBody,
        NeedsAnyToken,
    )
)]
#[post("/api/auth/logout-all")]
pub(in crate::http) async fn logout_all(
    service: Data<AuthService>,
    caller: AnyCaller,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let choice = if keeps_current(body)? { SessionSelector::AllBut(caller.session.id) } else { SessionSelector::All };
    let ended = service.end_own_sessions(&caller.session.user, choice).await?;
    let message = match choice {
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
