use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use steward_domain::ports::IdGenerator;

/// The header that carries a request's id, in both directions.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the request layer knows of a request; in the request's extensions.
#[derive(Debug, Clone)]
pub struct RequestContext {
    id: HeaderValue,
    method: Method,
}

impl RequestContext {
    /// The context of a request that came through the layer.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }

    /// The request's id, as it is answered in `X-Request-ID`.
    pub fn id(&self) -> &HeaderValue {
        &self.id
    }

    /// The method as it was sent: handlers see GET where HEAD was sent.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The id as text.
    pub(super) fn id_text(&self) -> &str {
        self.id.to_str().unwrap_or_default()
    }

    pub(super) fn begin(ids: &RequestIds, request: &ServiceRequest) -> Self {
        let brought = request.headers().get(REQUEST_ID).filter(|id| is_usable(id.as_bytes()));
        let id = brought.cloned().unwrap_or_else(|| ids.next());
        Self { id, method: request.method().clone() }
    }
}

fn is_usable(id: &[u8]) -> bool {
    (1..=64).contains(&id.len()) && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Makes request ids: 48 random bits for the process, and a counter.
#[derive(Debug)]
pub struct RequestIds {
    process: String,
    next: AtomicU64,
}

impl RequestIds {
    /// Ids for a process; two processes do not make the same ones.
    pub fn new(ids: &dyn IdGenerator) -> Self {
        Self { process: ids.token_id().chars().take(12).collect(), next: AtomicU64::new(1) }
    }

    /// An id never given before.
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
    fn an_id_is_short_and_made_of_safe_characters() {
        for usable in ["a", "0f9d2c4e7a1b-1f", "A.b_c-9", &"x".repeat(64)] {
            assert!(is_usable(usable.as_bytes()), "{usable}");
        }
        for unusable in ["", &"x".repeat(65), "a b", "a\"b", "a\nb", "é", "<script>"] {
            assert!(!is_usable(unusable.as_bytes()), "{unusable}");
        }
    }

    #[test]
    fn ids_of_one_process_differ_in_the_counter_alone() {
        let ids = RequestIds::new(&TestIds::seeded(1));
        let (first, second) = (ids.next(), ids.next());
        assert_ne!(first, second);
        assert_eq!(first.as_bytes()[..13], second.as_bytes()[..13]);
        assert!(is_usable(first.as_bytes()));
    }
}
