use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;
use steward_contracts::services::ServiceKey;
use steward_contracts::services::service_key::{Call, HEADER, SignatureError, TOLERANCE_SECONDS};
use steward_domain::ports::{Clock, ReplayGuard};

use crate::body::read_up_to;
use crate::{ApiError, HttpError, RequestContext};

/// The maximum size of the body of a call between services, in bytes.
const LIMIT: usize = 1 << 20;
/// The time for which a nonce is remembered: the whole period in which its signature is accepted.
const NONCE_TTL: Duration = Duration::from_secs(2 * TOLERANCE_SECONDS.unsigned_abs());

/// The checks of calls to `/internal/*`. Add it to the app's data as `web::Data<ServiceGate>`.
pub struct ServiceGate {
    /// The key that all services share.
    pub key: ServiceKey,
    /// The clock that signatures are checked against.
    pub clock: Arc<dyn Clock>,
    /// The store of used nonces.
    pub replay: Arc<dyn ReplayGuard>,
}

/// The body of a call that another service signed and that is not a replay. Responds 401 otherwise.
#[derive(Debug)]
pub struct Signed<T>(pub T);

/// The reason why a call is rejected.
#[derive(Debug, thiserror::Error)]
enum Rejection {
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error("replayed call")]
    Replayed,
}

impl<T: DeserializeOwned + 'static> FromRequest for Signed<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { check(&request, payload).await.map(Self) })
    }
}

async fn check<T: DeserializeOwned>(request: &HttpRequest, payload: Payload) -> Result<T, ApiError> {
    let gate = request
        .app_data::<web::Data<ServiceGate>>()
        .ok_or_else(|| HttpError::Internal("no service gate in the app's data".to_owned()))?;
    let mut signatures = request.headers().get_all(HEADER);
    let (Some(signature), None) = (signatures.next().and_then(|value| value.to_str().ok()), signatures.next()) else {
        return Err(reject(request, &SignatureError::Malformed.into()));
    };
    let body = read_up_to(request.headers(), payload, LIMIT, None).await?;
    let context = RequestContext::of(request);
    let call = Call {
        method: context.as_ref().map_or(request.method(), RequestContext::method).as_str(),
        path: request.uri().path_and_query().map_or("/", |path| path.as_str()),
        body: &body,
    };
    let nonce = gate.key.verify(call, signature, gate.clock.now()).map_err(|error| reject(request, &error.into()))?;
    if !gate.replay.claim(nonce, NONCE_TTL).await? {
        return Err(reject(request, &Rejection::Replayed));
    }
    serde_json::from_slice(&body)
        .map_err(|error| HttpError::Malformed(format!("The body does not match this call: {error}").into()).into())
}

fn reject(request: &HttpRequest, rejection: &Rejection) -> ApiError {
    let context = RequestContext::of(request);
    let request_id = context.as_ref().and_then(|context| context.id().to_str().ok());
    let peer = request.peer_addr().map(|peer| peer.ip());
    tracing::warn!(request_id, ?peer, path = request.path(), %rejection, "rejected a service call");
    HttpError::Unauthenticated.into()
}
