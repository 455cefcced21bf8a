use actix_web::HttpResponse;
use actix_web::web::Data;
use futures_util::future::join_all;
use steward_contracts::services::internal::{AuthenticateRequest, AuthenticateResponse};
use steward_contracts::services::{AuthenticateError, Authenticator};
use steward_domain::AuthenticatedSession;
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
    Ok(HttpResponse::Ok().json(told(answers)?))
}

/// What the caller is told. A token that cannot be checked, as when its user was spoiled by hand, is no matter of those
/// it arrived with; where that is all of them, the service is at fault.
fn told(
    answers: Vec<Result<AuthenticatedSession, AuthenticateError>>,
) -> Result<AuthenticateResponse, AuthenticateError> {
    let (mut sessions, mut unchecked, mut failure) = (Vec::new(), Vec::new(), None);
    for (index, answer) in answers.into_iter().enumerate() {
        sessions.push(match answer {
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
            tracing::error!(%error, unchecked = unchecked.len(), asked = sessions.len(), "some tokens went unchecked");
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

    fn away() -> AuthenticateError {
        AuthenticateError::Unavailable("no database".to_owned())
    }

    #[tokio::test]
    async fn a_token_that_cannot_be_checked_does_no_harm_to_the_others() {
        let user = TestApp::new().await.create(a_user("alice")).await;
        let id = SessionId::from_bytes([1; 16]);
        let session = AuthenticatedSession { id, user, expires_at: at(9), last_seen_at: at(0) };
        let answers = vec![Err(AuthenticateError::Invalid), Err(away()), Ok(session)];
        let AuthenticateResponse { sessions, unchecked } = told(answers).unwrap();
        assert_eq!(unchecked, [1]);
        let users: Vec<_> =
            sessions.iter().map(|session| session.as_ref().map(|one| one.user.user_id.as_str())).collect();
        assert_eq!(users, [None, None, Some("alice")]);
    }

    #[test]
    fn where_none_can_be_checked_there_is_no_answer() {
        assert!(matches!(told(vec![Err(away()), Err(away())]), Err(AuthenticateError::Unavailable(_))));
        assert!(told(Vec::new()).unwrap().sessions.is_empty());
    }
}
