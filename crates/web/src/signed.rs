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
use crate::{ApiError, RequestContext};

/// Largest body of a call between services, in bytes.
const LIMIT: usize = 1 << 20;
/// How long a nonce is remembered: a signature is accepted from this long before its time to this long after.
const NONCE_TTL: Duration = Duration::from_secs(2 * TOLERANCE_SECONDS.unsigned_abs());

/// What calls of `/internal/*` are checked with; put it into the app's data as `web::Data<ServiceGate>`.
pub struct ServiceGate {
    /// The key that services share.
    pub key: ServiceKey,
    /// The time, for signatures.
    pub clock: Arc<dyn Clock>,
    /// What remembers nonces.
    pub replay: Arc<dyn ReplayGuard>,
}

/// The body of a call that another service of ours signed, and that came once; 401 otherwise.
#[derive(Debug)]
pub struct Signed<T>(pub T);

/// Why a call is not let in.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error("the call was made before")]
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
        .ok_or_else(|| ApiError::Internal("no service gate in the app's data".to_owned()))?;
    let mut signatures = request.headers().get_all(HEADER);
    let (Some(signature), None) = (signatures.next().and_then(|value| value.to_str().ok()), signatures.next()) else {
        return Err(refuse(request, &SignatureError::Malformed.into()));
    };
    let body = read_up_to(request.headers(), payload, LIMIT, None).await?;
    let context = RequestContext::of(request);
    let call = Call {
        method: context.as_ref().map_or(request.method(), RequestContext::method).as_str(),
        path: request.uri().path_and_query().map_or("/", |path| path.as_str()),
        body: &body,
    };
    let nonce = gate.key.verify(call, signature, gate.clock.now()).map_err(|error| refuse(request, &error.into()))?;
    if !gate.replay.claim(nonce, NONCE_TTL).await? {
        return Err(refuse(request, &Refusal::Replayed));
    }
    serde_json::from_slice(&body)
        .map_err(|error| ApiError::Malformed(format!("The body is not what this call takes: {error}").into()))
}

fn refuse(request: &HttpRequest, refusal: &Refusal) -> ApiError {
    let context = RequestContext::of(request);
    let request_id = context.as_ref().and_then(|context| context.id().to_str().ok());
    let peer = request.peer_addr().map(|peer| peer.ip());
    tracing::warn!(request_id, ?peer, path = request.path(), %refusal, "refused a call that claims to be a service's");
    ApiError::Unauthenticated
}
