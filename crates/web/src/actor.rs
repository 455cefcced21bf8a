use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};
use steward_contracts::services::Authenticator;
use steward_domain::{Actor, AuthenticatedSession, policy};

use crate::ApiError;

/// The authenticator that checks the tokens of this worker. Add it to the app's data.
pub type SharedAuthenticator = Rc<dyn Authenticator>;

/// The caller with a valid token (RFC 6750). Responds 401 without one, and 403 if the caller must change their password
/// first.
pub struct Caller {
    /// The caller's session, with the current state of the user.
    pub session: AuthenticatedSession,
    /// The token, for calls to the service that owns the requested data.
    pub token: String,
}

/// The caller with a valid token, even if they must change their password first. Responds 401 without a valid token.
///
/// For the few endpoints that such a caller may use: read their own user, change the password, sign out.
pub struct AnyCaller {
    /// The caller's session, with the current state of the user.
    pub session: AuthenticatedSession,
    token: String,
}

/// A caller whose role may use the admin endpoints. Responds 403 to others.
pub struct Administrator {
    /// The acting user.
    pub actor: Actor,
    /// The token, for calls to the service that owns the requested data.
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

/// Returns the bearer token. The name of the scheme is case-insensitive (RFC 9110, 11.1).
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

    /// Accepts the tokens `ROLE` and `ROLE-restricted` of each role, and no other token.
    struct ByRole;

    #[async_trait(?Send)]
    impl Authenticator for ByRole {
        async fn authenticate(&self, token: &str) -> Result<AuthenticatedSession, AuthenticateError> {
            let (role, restricted) = token.strip_suffix("-restricted").map_or((token, false), |role| (role, true));
            let role = Role::parse(role).map_err(|_| AuthenticateError::Invalid)?;
            let user = User {
                id: 1,
                user_id: user_id("alice"),
                email: Email::parse("alice@example.com").unwrap(),
                name: DisplayName::parse("Alice").unwrap(),
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
    async fn a_required_password_change_blocks_every_role() {
        let authenticator: SharedAuthenticator = Rc::new(ByRole);
        let app = App::new()
            .app_data(authenticator)
            .route("/any", get().to(|_: AnyCaller| async { "" }))
            .route("/caller", get().to(|_: Caller| async { "" }))
            .route("/administrator", get().to(|_: Administrator| async { "" }));
        let app = init_service(app).await;
        for (token, [any, caller, administrator]) in [
            ("unknown", [401, 401, 401]),
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
                    Ok(response) => response.status(),
                    Err(error) => error.as_response_error().status_code(),
                };
                assert_eq!(status.as_u16(), expected, "{token} {path}");
            }
        }
    }
}
