use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};
use steward_contracts::Authenticator;
use steward_domain::{Actor, AuthenticatedSession, policy};

use crate::ApiError;

/// Who checks tokens for this worker; put it into the app's data.
pub type SharedAuthenticator = Rc<dyn Authenticator>;

/// Whoever sent a valid token (RFC 6750); 401 otherwise.
pub struct Caller {
    /// Their session, with their user as they are now.
    pub session: AuthenticatedSession,
    /// The token, to be passed on to the service that owns what is asked for.
    pub token: String,
}

/// A caller whose role opens the admin endpoints; 403 for others.
pub struct Administrator {
    /// Who acts.
    pub actor: Actor,
    /// The token, to be passed on to the service that owns what is asked for.
    pub token: String,
}

impl FromRequest for Caller {
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
