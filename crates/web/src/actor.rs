use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};
use steward_contracts::services::Authenticator;
use steward_domain::{Actor, AuthenticatedSession, policy};

use crate::ApiError;

/// Who checks tokens for this worker; put it into the app's data.
pub type SharedAuthenticator = Rc<dyn Authenticator>;

/// Whoever sent a valid token (RFC 6750); 401 otherwise, and 403 for those who have to change their password first.
pub struct Caller {
    /// Their session, with their user as they are now.
    pub session: AuthenticatedSession,
    /// The token, to be passed on to the service that owns what is asked for.
    pub token: String,
}

/// Whoever sent a valid token, even those who have to change their password first; 401 otherwise. For the few endpoints
/// that are open to them: to see who they are, to change it, to sign out.
pub struct AnyCaller {
    /// Their session, with their user as they are now.
    pub session: AuthenticatedSession,
    token: String,
}

/// A caller whose role opens the admin endpoints; 403 for others.
pub struct Administrator {
    /// Who acts.
    pub actor: Actor,
    /// The token, to be passed on to the service that owns what is asked for.
    pub token: String,
}

impl FromRequest for AnyCaller {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = bearer(request).map(str::to_owned);
        let authenticator = request.app_data::<SharedAuthenticator>().cloned();
        Box::pin(async move {
            let token = token.ok_or(ApiError::Unauthenticated)?;
            let authenticator =
                authenticator.ok_or_else(|| ApiError::Internal("no authenticator in the app's data".to_owned()))?;
            let session = authenticator.authenticate(&token).await?;
            Ok(Self { session, token })
        })
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = AnyCaller::from_request(request, payload);
        Box::pin(async move {
            let AnyCaller { session, token } = caller.await?;
            policy::authorize_acting(&session.user)?;
            Ok(Self { session, token })
        })
    }
}

impl FromRequest for Administrator {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(request, payload);
        Box::pin(async move {
            let Caller { session, token } = caller.await?;
            policy::authorize_reading(session.user.role)?;
            Ok(Self { actor: session.actor(), token })
        })
    }
}

/// The bearer token; the scheme's name counts in any case (RFC 9110, 11.1).
fn bearer(request: &HttpRequest) -> Option<&str> {
    let (scheme, token) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::test::{TestRequest, init_service, try_call_service};
    use actix_web::web::get;
    use async_trait::async_trait;
    use steward_contracts::services::AuthenticateError;
    use steward_domain::{DisplayName, Email, Role, SessionId, User};
    use steward_testkit::{at, user_id};

    use super::*;

    /// Knows the users `ROLE` and `ROLE restricted`, whose tokens are just that; tokens of no other are good.
    struct ByRole;

    #[async_trait(?Send)]
    impl Authenticator for ByRole {
        async fn authenticate(&self, token: &str) -> Result<AuthenticatedSession, AuthenticateError> {
            let (role, restricted) = token.strip_suffix("-restricted").map_or((token, false), |role| (role, true));
            let role = Role::parse(role).map_err(|_| AuthenticateError::Invalid)?;
            let user = User {
                id: 1,
                user_id: user_id("somebody"),
                email: Email::parse("somebody@example.com").unwrap(),
                name: DisplayName::parse("Somebody").unwrap(),
                role,
                is_active: true,
                must_change_password: restricted,
                created_at: at(0),
                updated_at: at(0),
                last_login: None,
            };
            let id = SessionId::from_bytes([1; 16]);
            Ok(AuthenticatedSession { id, user, expires_at: at(3600), last_seen_at: at(0) })
        }
    }

    #[actix_web::test]
    async fn who_has_to_change_their_password_gets_no_further_whatever_their_role() {
        let authenticator: SharedAuthenticator = Rc::new(ByRole);
        let app = App::new()
            .app_data(authenticator)
            .route("/any", get().to(|_: AnyCaller| async { "" }))
            .route("/caller", get().to(|_: Caller| async { "" }))
            .route("/administrator", get().to(|_: Administrator| async { "" }));
        let app = init_service(app).await;
        for (token, [any, caller, administrator]) in [
            ("nobody", [401, 401, 401]),
            ("user", [200, 200, 403]),
            ("admin", [200, 200, 200]),
            ("super_admin", [200, 200, 200]),
            ("user-restricted", [200, 403, 403]),
            ("admin-restricted", [200, 403, 403]),
            ("super_admin-restricted", [200, 403, 403]),
        ] {
            for (path, expected) in [("/any", any), ("/caller", caller), ("/administrator", administrator)] {
                let request = TestRequest::get().uri(path).insert_header((AUTHORIZATION, format!("Bearer {token}")));
                let status = match try_call_service(&app, request.to_request()).await {
                    Ok(answer) => answer.status(),
                    Err(error) => error.as_response_error().status_code(),
                };
                assert_eq!(status.as_u16(), expected, "{token} {path}");
            }
        }
    }
}
