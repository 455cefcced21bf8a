use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use actix_service::{Service, Transform, forward_ready};
use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName};
use steward_web::service::RateLimit;
use steward_web::{ApiError, HttpError};

use super::{LimitSettings, LimitedRequest, Limits, Outcome, Shared};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

impl<S, B> Transform<S, ServiceRequest> for Limits
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = LimitedService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(LimitedService { inner: Rc::new(inner), limits: Arc::clone(&self.0) }))
    }
}

/// The app of one worker behind the limits.
pub struct LimitedService<S> {
    inner: Rc<S>,
    limits: Arc<Shared>,
}

impl<S, B> Service<ServiceRequest> for LimitedService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        // The path as the router reads it, percent-decoded.
        let limit = self.limits.endpoints.at(request.method(), request.match_info().as_str());
        if limit == RateLimit::Unlimited || self.limits.settings == LimitSettings::off() {
            let response = self.inner.call(request);
            return Box::pin(async move { Ok(response.await?.map_into_left_body()) });
        }
        let limited = LimitedRequest::of(&request, limit);
        let (inner, limits) = (Rc::clone(&self.inner), Arc::clone(&self.limits));
        Box::pin(async move {
            let Some(outcome) = limits.charge(&limited).await else {
                return Ok(inner.call(request).await?.map_into_left_body());
            };
            let mut response = match outcome.refused {
                None => inner.call(request).await?.map_into_left_body(),
                Some(wait) => {
                    request.error_response(ApiError::from(HttpError::RateLimited(wait))).map_into_right_body()
                }
            };
            outcome.write(response.headers_mut());
            Ok(response)
        })
    }
}

impl Outcome {
    fn write(self, headers: &mut HeaderMap) {
        if let Some(policy) = self.policy {
            headers.insert(RATE_LIMIT_POLICY, policy);
        }
        if let Some(header) = self.header {
            headers.insert(RATE_LIMIT, header);
        }
    }
}
