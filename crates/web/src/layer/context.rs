use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use steward_domain::ports::IdGenerator;

/// The header of the request id, in requests and responses.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The context of a request, which the request layer stores in the request's extensions.
#[derive(Debug, Clone)]
pub struct RequestContext {
    id: HeaderValue,
    method: Method,
}

impl RequestContext {
    /// Returns the context of a request that passed through the request layer.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }

    /// Returns the request id, which the response repeats in `X-Request-ID`.
    pub fn id(&self) -> &HeaderValue {
        &self.id
    }

    /// Returns the method that the client sent. Handlers see GET instead of HEAD.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the id as text.
    pub(super) fn id_text(&self) -> &str {
        self.id.to_str().unwrap_or_default()
    }

    pub(super) fn begin(ids: &RequestIds, request: &ServiceRequest) -> Self {
        let sent = request.headers().get(REQUEST_ID).filter(|id| is_usable(id.as_bytes()));
        let id = sent.cloned().unwrap_or_else(|| ids.next());
        Self { id, method: request.method().clone() }
    }
}

fn is_usable(id: &[u8]) -> bool {
    (1..=64).contains(&id.len()) && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Generates request ids from 48 random bits per process and a counter.
#[derive(Debug)]
pub struct RequestIds {
    process: String,
    next: AtomicU64,
}

impl RequestIds {
    /// Creates a generator for this process. Its random bits keep ids of different processes apart.
    pub fn new(ids: &dyn IdGenerator) -> Self {
        Self { process: ids.token_id().chars().take(12).collect(), next: AtomicU64::new(1) }
    }

    /// Returns a new unique id.
    pub fn next(&self) -> HeaderValue {
        let id = format!("{}-{:x}", self.process, self.next.fetch_add(1, Ordering::Relaxed));
        HeaderValue::from_maybe_shared(actix_web::web::Bytes::from(id))
            .unwrap_or_else(|_| HeaderValue::from_static("unnamed"))
    }
}

#[cfg(test)]
mod tests {
    use steward_testkit::TestIds;

    use super::*;

    #[test]
    fn a_usable_id_is_short_and_has_only_safe_characters() {
        for usable in ["a", "0f9d2c4e7a1b-1f", "A.b_c-9", &"x".repeat(64)] {
            assert!(is_usable(usable.as_bytes()), "{usable}");
        }
        for unusable in ["", &"x".repeat(65), "a b", "a\"b", "a\nb", "é", "<script>"] {
            assert!(!is_usable(unusable.as_bytes()), "{unusable}");
        }
    }

    #[test]
    fn ids_of_one_process_differ_only_in_the_counter() {
        let ids = RequestIds::new(&TestIds::seeded(1));
        let (first, second) = (ids.next(), ids.next());
        assert_ne!(first, second);
        assert_eq!(first.as_bytes()[..13], second.as_bytes()[..13]);
        assert!(is_usable(first.as_bytes()));
    }
}
