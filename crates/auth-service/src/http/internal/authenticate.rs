use actix_web::HttpResponse;
use actix_web::web::Data;
use futures_util::future::join_all;
use steward_contracts::internal::{AuthenticateRequest, AuthenticateResponse, SessionBody};
use steward_contracts::{AuthenticateError, Authenticator};
use steward_web::{ApiError, Signed};

use crate::AuthService;

/// Checks tokens that arrived together, at once, so that their look-ups share one query.
pub(super) async fn authenticate(
    service: Data<AuthService>,
    Signed(call): Signed<AuthenticateRequest>,
) -> Result<HttpResponse, ApiError> {
    if call.tokens.len() > AuthenticateRequest::MAX {
        return Err(ApiError::Malformed(format!("At most {} tokens in one call", AuthenticateRequest::MAX).into()));
    }
    let answers = join_all(call.tokens.iter().map(|token| service.authenticate(token))).await;
    let sessions = answers.into_iter().map(found).collect::<Result<Vec<_>, _>>()?;
    Ok(HttpResponse::Ok().json(AuthenticateResponse { sessions }))
}

fn found(
    answer: Result<steward_domain::AuthenticatedSession, AuthenticateError>,
) -> Result<Option<SessionBody>, ApiError> {
    match answer {
        Ok(session) => Ok(Some(session.into())),
        Err(AuthenticateError::Invalid) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
