use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use steward_contracts::bodies::{OwnSession, OwnSessions};
use steward_web::responses::{Anywhere, NeedsToken};
use steward_web::{ApiError, Caller};

use crate::AuthService;

/// List own sessions
///
/// Lists the active sessions of the caller, newest first, with their origin, device and last use. `current` marks the
/// acting session.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    responses(Anywhere, (status = 200, description = "The sessions", body = OwnSessions), NeedsToken)
)]
#[get("/api/auth/sessions")]
pub(in crate::http) async fn own_sessions(
    service: Data<AuthService>,
    caller: Caller,
) -> Result<HttpResponse, ApiError> {
    let session = caller.session;
    let page = service.own_sessions(&session.user.user_id).await?;
    Ok(HttpResponse::Ok().json(OwnSessions {
        total: page.total.count,
        items: page.items.into_iter().map(|record| OwnSession::of(record, session.id)).collect(),
    }))
}
