use std::future::{Ready, ready};

use actix_service::{Service, Transform, forward_ready};
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::{Error, HttpResponse};
use futures_util::future::Either;

/// The rule for a slash at the end of a path: no path has one.
///
/// A request for such a path is redirected to the path without the slash, if that path exists. The redirect is a 307,
/// so that the method and the body stay the same. Otherwise the response is 404.
///
/// Wrap it directly around the routes, so that limits and response headers apply to redirects too.
#[derive(Debug, Clone, Copy)]
pub struct TrailingSlash;

impl<S> Transform<S, ServiceRequest> for TrailingSlash
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error>,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = TrailingSlashService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(TrailingSlashService { inner }))
    }
}

/// The routes of one worker behind [`TrailingSlash`].
pub struct TrailingSlashService<S> {
    inner: S,
}

impl<S> Service<ServiceRequest> for TrailingSlashService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error>,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = Either<Ready<Result<Self::Response, Error>>, S::Future>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        match location(&request) {
            None => Either::Right(self.inner.call(request)),
            Some(location) => {
                let redirect = HttpResponse::TemporaryRedirect().insert_header((LOCATION, location)).finish();
                Either::Left(ready(Ok(request.into_response(redirect))))
            }
        }
    }
}

/// Returns the redirect target of a request with a slash at the end; `None` for any other.
///
/// The location is relative to the path (RFC 3986, 4.2), so it is valid behind a proxy that strips a prefix. It starts
/// with `../`, so it cannot name another host.
fn location(request: &ServiceRequest) -> Option<HeaderValue> {
    // The path as the router reads it, percent-decoded.
    let path = request.match_info().as_str().strip_suffix('/')?;
    let (_, last) = path.rsplit_once('/')?;
    if matches!(last, "" | "." | "..") || request.resource_map().match_pattern(path).is_none() {
        return None;
    }
    let raw = request.uri().path().strip_suffix('/')?;
    let (_, last) = raw.rsplit_once('/')?;
    let location = match request.uri().query() {
        None => format!("../{last}"),
        Some(query) => format!("../{last}?{query}"),
    };
    HeaderValue::try_from(location).ok()
}
