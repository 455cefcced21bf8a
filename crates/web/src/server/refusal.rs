use std::sync::Arc;
use std::time::SystemTime;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, HttpDate};
use actix_web::web::Bytes;
use steward_contracts::Problem;

use crate::metrics::HttpMetrics;
use crate::{ApiError, HttpError, RequestIds};

/// The response to a request that never reaches the app, because its head is malformed, too long or too slow.
///
/// actix itself responds to such requests with a status and an empty body, and offers no hook.
#[derive(Clone)]
pub struct Refusals {
    ids: Arc<RequestIds>,
    metrics: HttpMetrics,
}

/// The header of an empty body in actix's response; directly after the status line.
const EMPTY: &str = "content-length: 0\r\n";

impl Refusals {
    /// Creates refusals with request ids from `ids`, counted in `metrics`.
    pub fn new(ids: Arc<RequestIds>, metrics: HttpMetrics) -> Self {
        Self { ids, metrics }
    }

    /// Returns the response to a head that is too long.
    pub(super) fn head_too_long(&self) -> Bytes {
        #[expect(clippy::disallowed_methods, reason = "the date of a response is the machine's, as in all others")]
        let now = SystemTime::now();
        let headers = format!("connection: close\r\ndate: {}\r\n\r\n", HttpDate::from(now));
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        self.response(&format!("HTTP/1.1 {status}"), status, &headers)
    }

    /// Returns the replacement of `bare` if it is a response of actix itself. No app responds with these statuses and
    /// without a body.
    pub(super) fn instead_of(&self, bare: &[u8]) -> Option<Bytes> {
        let status = match bare.get(..12)? {
            b"HTTP/1.1 400" | b"HTTP/1.0 400" => StatusCode::BAD_REQUEST,
            b"HTTP/1.1 408" | b"HTTP/1.0 408" => StatusCode::REQUEST_TIMEOUT,
            b"HTTP/1.1 431" | b"HTTP/1.0 431" => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            _ => return None,
        };
        let (status_line, headers) = std::str::from_utf8(bare).ok()?.split_once("\r\n")?;
        Some(self.response(status_line, status, headers.strip_prefix(EMPTY)?))
    }

    /// Returns a response with a problem, and counts it. `headers` end with an empty line.
    fn response(&self, status_line: &str, status: StatusCode, headers: &str) -> Bytes {
        let id = self.ids.next();
        let id = HeaderValue::to_str(&id).unwrap_or_default();
        self.metrics.count_refusal(status);
        tracing::debug!(request_id = id, status = status.as_u16(), "rejected a malformed request");
        let error = ApiError::from(match status {
            StatusCode::BAD_REQUEST => HttpError::Malformed("The head of the request is malformed".into()),
            status => HttpError::Other(status),
        });
        // A problem consists of texts and numbers, so it has a JSON form.
        let body = serde_json::to_string(&error.problem("", id)).unwrap_or_default();
        Bytes::from(format!(
            "{status_line}\r\ncontent-type: {}\r\ncontent-length: {}\r\nx-request-id: {id}\r\n\
             x-content-type-options: nosniff\r\ncache-control: no-store\r\n{headers}{body}",
            Problem::MEDIA_TYPE,
            body.len(),
        ))
    }
}
