use actix_web::HttpResponse;
use actix_web::web::Data;
use futures_util::future::join_all;
use steward_contracts::services::internal::{AuthenticateRequest, AuthenticateResponse};
use steward_contracts::services::{AuthenticateError, Authenticator};
use steward_domain::AuthenticatedSession;
use steward_web::{ApiError, HttpError, Signed};

use crate::AuthService;

/// Authenticates a batch of tokens concurrently, so that their look-ups share one query.
pub(in crate::http) async fn authenticate(
    service: Data<AuthService>,
    Signed(call): Signed<AuthenticateRequest>,
) -> Result<HttpResponse, ApiError> {
    if call.tokens.len() > AuthenticateRequest::MAX {
        let detail = format!("At most {} tokens in one call", AuthenticateRequest::MAX);
        return Err(HttpError::Malformed(detail.into()).into());
    }
    let results = join_all(call.tokens.iter().map(|token| service.authenticate(token))).await;
    Ok(HttpResponse::Ok().json(to_response(results)?))
}

/// Converts the results into the response. A token that cannot be checked, for example because of a corrupt user row,
/// does not affect the others. If no token can be checked, the request fails.
fn to_response(
    results: Vec<Result<AuthenticatedSession, AuthenticateError>>,
) -> Result<AuthenticateResponse, AuthenticateError> {
    let (mut sessions, mut unchecked, mut failure) = (Vec::new(), Vec::new(), None);
    for (index, result) in results.into_iter().enumerate() {
        sessions.push(match result {
            Ok(session) => Some(session.into()),
            Err(AuthenticateError::Invalid) => None,
            Err(error) => {
                unchecked.push(index);
                failure = Some(error);
                None
            }
        });
    }
    match failure {
        Some(error) if unchecked.len() == sessions.len() => return Err(error),
        Some(error) => {
            let (unchecked, total) = (unchecked.len(), sessions.len());
            tracing::error!(%error, unchecked, total, "some tokens could not be checked");
        }
        None => {}
    }
    Ok(AuthenticateResponse { sessions, unchecked })
}

#[cfg(test)]
mod tests {
    use steward_domain::SessionId;
    use steward_testkit::{a_user, at};

    use super::*;
    use crate::testing::TestApp;

    fn unavailable() -> AuthenticateError {
        AuthenticateError::Unavailable("no database".to_owned())
    }

    #[tokio::test]
    async fn a_token_that_cannot_be_checked_does_not_affect_the_others() {
        let user = TestApp::new().await.create(a_user("alice")).await;
        let id = SessionId::from_bytes([1; 16]);
        let session = AuthenticatedSession::new(id, user, at(9), at(0));
        let results = vec![Err(AuthenticateError::Invalid), Err(unavailable()), Ok(session)];
        let AuthenticateResponse { sessions, unchecked } = to_response(results).unwrap();
        assert_eq!(unchecked, [1]);
        let users: Vec<_> =
            sessions.iter().map(|session| session.as_ref().map(|session| session.user.user_id.as_str())).collect();
        assert_eq!(users, [None, None, Some("alice")]);
    }

    #[test]
    fn the_request_fails_if_no_token_can_be_checked() {
        assert!(matches!(
            to_response(vec![Err(unavailable()), Err(unavailable())]),
            Err(AuthenticateError::Unavailable(_))
        ));
        assert!(to_response(Vec::new()).unwrap().sessions.is_empty());
    }
}
