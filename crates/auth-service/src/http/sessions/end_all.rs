use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use steward_contracts::bodies::EndedSessions;
use steward_domain::SessionChoice;
use steward_web::responses::{Anywhere, NeedsAnyToken};
use steward_web::{AnyCaller, ApiError};

use crate::AuthService;

/// Sign out everywhere
///
/// Ends every session of the caller, the one that asks too.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    responses(Anywhere, (status = 200, description = "Signed out everywhere", body = EndedSessions), NeedsAnyToken)
)]
#[post("/logout-all")]
pub(in crate::http) async fn logout_all(
    service: Data<AuthService>,
    caller: AnyCaller,
) -> Result<HttpResponse, ApiError> {
    let ended = service.end_own_sessions(&caller.session.user, SessionChoice::All).await?;
    Ok(HttpResponse::Ok().json(EndedSessions { message: "Logged out everywhere".to_owned(), ended }))
}
