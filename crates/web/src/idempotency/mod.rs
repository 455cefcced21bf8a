//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a client that got no response repeats a request
//! without its effect.
//!
//! A middleware claims the key in storage, runs the request, and stores the answer for [`KEPT_FOR`]. The same request
//! with the same key then gets this answer. A key belongs to the caller and the route.
//!
//! - `request`: the key and the fingerprint of a request. `answer`: the stored answer, encrypted. `keys`: the keys of
//!   both.
//!
//! Server errors are not stored, and neither are 401, 408 and 429: a client repeats such a request later. A process that
//! is killed leaves the claim without an answer. The same request may claim the key again after [`LEASE`].

mod answer;
mod keys;
mod request;

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use actix_service::{Service, Transform, forward_ready};
use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{ResourceDef, ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::http::{Method, StatusCode};
use chrono::TimeDelta;
use futures_util::future::Either;
use steward_contracts::services::{AuthenticateError, ServiceKey};
use steward_domain::ports::{ClaimedKey, Clock, IdempotencyKeys, KeyClaim, KeyHash, StoreError};
use steward_domain::{Timestamp, UserKey, policy};

use crate::service::Endpoint;
use crate::{ApiError, HttpError, SharedAuthenticator, bearer_token};
use answer::StoredAnswer;
use keys::AnswerKeys;
use request::{fingerprint, key_hash, read_key};

/// The request header with the key.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The time for which an answer is kept.
const KEPT_FOR: TimeDelta = TimeDelta::hours(24);
/// The time after which a request without an answer counts as failed. It exceeds the time limits of all requests: 10 s for
/// the body, 15 s for each call of the database, and the wait for a hashing thread.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// The paths whose POST requests may have a key.
const PREFIX: &str = "/api/admin/";
/// Keys that one transaction deletes.
const BATCH: u32 = 1000;

/// Deletes the keys that have expired. A worker runs it periodically.
pub async fn purge_idempotency_keys(store: &dyn IdempotencyKeys, now: Timestamp) -> Result<u64, StoreError> {
    let mut deleted = 0;
    loop {
        let batch = store.purge(now, BATCH).await?;
        deleted += batch;
        if batch < u64::from(BATCH) {
            return Ok(deleted);
        }
    }
}

/// The middleware. By default it does nothing; [`IdempotencyLayer::new`] creates one that keeps answers.
///
/// Wrap it directly around the routes, so that limits apply to repeated requests too. A request without the header, or
/// to another endpoint, passes through.
#[derive(Clone, Default)]
pub struct IdempotencyLayer(Option<Arc<Shared>>);

struct Shared {
    store: Arc<dyn IdempotencyKeys>,
    keys: AnswerKeys,
    clock: Arc<dyn Clock>,
    routes: Vec<Route>,
}

/// A route whose requests may have a key.
struct Route {
    resource: ResourceDef,
    pattern: String,
}

/// A key that a request has claimed.
struct Claim {
    key: KeyHash,
    lease_expires_at: Timestamp,
}

/// How a request continues.
enum Start {
    /// Without a key: the handler rejects the caller.
    Pass,
    /// With this claim.
    Run(Claim),
    /// With the first answer.
    Repeat(StoredAnswer),
}

impl IdempotencyLayer {
    /// Creates a layer for the POST requests of administrators among these endpoints, which must be mounted in this
    /// process: a proxied request is the concern of the process that runs it.
    pub fn new<'e>(
        store: Arc<dyn IdempotencyKeys>,
        key: &ServiceKey,
        clock: Arc<dyn Clock>,
        endpoints: impl IntoIterator<Item = &'e Endpoint>,
    ) -> Self {
        let is_covered =
            |endpoint: &&Endpoint| endpoint.method() == Method::POST && endpoint.path().starts_with(PREFIX);
        let route = |endpoint: &Endpoint| Route {
            resource: ResourceDef::new(endpoint.path()),
            pattern: endpoint.path().to_owned(),
        };
        let routes = endpoints.into_iter().filter(is_covered).map(route).collect();
        Self(Some(Arc::new(Shared { store, keys: AnswerKeys::derived_from(key), clock, routes })))
    }
}

impl<S> Transform<S, ServiceRequest> for IdempotencyLayer
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
    S::Future: 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = IdempotencyService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(IdempotencyService { inner: Rc::new(inner), shared: self.0.clone() }))
    }
}

/// The routes of one worker behind [`IdempotencyLayer`].
pub struct IdempotencyService<S> {
    inner: Rc<S>,
    shared: Option<Arc<Shared>>,
}

type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

impl<S> Service<ServiceRequest> for IdempotencyService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
    S::Future: 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = Either<S::Future, LocalFuture<Result<Self::Response, Error>>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        match &self.shared {
            Some(shared) if request.headers().contains_key(IDEMPOTENCY_KEY) && request.method() == Method::POST => {
                Either::Right(Box::pin(run(Arc::clone(shared), Rc::clone(&self.inner), request)))
            }
            _ => Either::Left(self.inner.call(request)),
        }
    }
}

/// Runs a request with a key, in a task of its own: the client that disconnects repeats the request, and must not find a
/// claim without an answer.
async fn run<S>(shared: Arc<Shared>, inner: Rc<S>, request: ServiceRequest) -> Result<ServiceResponse, Error>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
    S::Future: 'static,
{
    actix_rt::spawn(claim_and_call(shared, inner, request)).await.map_err(ErrorInternalServerError)?
}

async fn claim_and_call<S>(
    shared: Arc<Shared>,
    inner: Rc<S>,
    mut request: ServiceRequest,
) -> Result<ServiceResponse, Error>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
    S::Future: 'static,
{
    match shared.begin(&mut request).await {
        Ok(Start::Pass) => inner.call(request).await,
        Ok(Start::Run(claim)) => match inner.call(request).await {
            Ok(response) => Ok(shared.finish(&claim, response).await),
            Err(error) => {
                shared.release(&claim).await;
                Err(error)
            }
        },
        Ok(Start::Repeat(answer)) => Ok(request.into_response(answer.into_response())),
        Err(error) => Ok(request.error_response(error)),
    }
}

impl Shared {
    async fn begin(&self, request: &mut ServiceRequest) -> Result<Start, ApiError> {
        // The path as the router reads it, percent-decoded.
        let path = request.match_info().as_str();
        let Some(route) = self.routes.iter().find(|route| route.resource.is_match(path)) else {
            return Ok(Start::Pass);
        };
        let Some(caller) = administrator(request).await? else { return Ok(Start::Pass) };
        let key = key_hash(caller, &route.pattern, &read_key(request.headers())?);
        let fingerprint = fingerprint(&self.keys, request).await?;
        let now = self.clock.now();
        let claim = Claim { key, lease_expires_at: now + LEASE };
        let expires_at = now + KEPT_FOR;
        let lease_expires_at = claim.lease_expires_at;
        let claimed = KeyClaim { key, caller, fingerprint, now, lease_expires_at, expires_at };
        match self.store.claim(claimed).await? {
            ClaimedKey::Claimed => Ok(Start::Run(claim)),
            ClaimedKey::Running => Err(ApiError::new(
                StatusCode::CONFLICT,
                "idempotency-key-in-use",
                "Request is running",
                "A request with this Idempotency-Key is running: repeat it later",
            )
            .with_header(RETRY_AFTER, HeaderValue::from_static("1"))),
            ClaimedKey::Mismatched => Err(ApiError::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "Idempotency-Key is used",
                "This Idempotency-Key was used with another request: send a new key with a new request",
            )),
            ClaimedKey::Answered { answer, lease_expires_at } => {
                let answer = StoredAnswer::decrypt(&self.keys, &key, lease_expires_at, &answer);
                let unreadable = || HttpError::Internal("the answer under an Idempotency-Key is unreadable".to_owned());
                Ok(Start::Repeat(answer.ok_or_else(unreadable)?))
            }
        }
    }

    /// Stores the answer, or releases the key if the answer is not stored.
    async fn finish(&self, claim: &Claim, response: ServiceResponse) -> ServiceResponse {
        let (answer, response) = StoredAnswer::of(response);
        let Some(answer) = answer.and_then(|answer| answer.encrypt(&self.keys, &claim.key, claim.lease_expires_at))
        else {
            self.release(claim).await;
            return response;
        };
        match self.store.store_answer(&claim.key, claim.lease_expires_at, answer).await {
            Ok(true) => {}
            Ok(false) => tracing::warn!("a request took longer than the claim of its Idempotency-Key"),
            Err(error) => tracing::error!(%error, "the answer under an Idempotency-Key was not stored"),
        }
        response
    }

    async fn release(&self, claim: &Claim) {
        if let Err(error) = self.store.release(&claim.key, claim.lease_expires_at).await {
            tracing::error!(%error, "an Idempotency-Key was not released");
        }
    }
}

/// Returns the caller, or `None` if the handler will reject the caller.
async fn administrator(request: &ServiceRequest) -> Result<Option<UserKey>, ApiError> {
    let authenticator = request.app_data::<SharedAuthenticator>().cloned();
    let (Some(authenticator), Some(token)) = (authenticator, bearer_token(request.headers())) else {
        return Ok(None);
    };
    let session = match authenticator.authenticate(token).await {
        Ok(session) => session,
        Err(AuthenticateError::Invalid) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let is_permitted = policy::authorize_session(&session.requirements, &[]).is_ok()
        && policy::authorize_reading(session.user.role).is_ok();
    Ok(is_permitted.then_some(session.user.id))
}
