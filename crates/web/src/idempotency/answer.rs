use actix_web::HttpResponse;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use steward_domain::Timestamp;
use steward_domain::ports::KeyHash;

use super::keys::AnswerKeys;
use crate::{ApiError, ProblemRenderer, RequestContext};

/// The headers that belong to an answer. The others belong to a response, such as the request id.
const HEADERS: [HeaderName; 4] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG, header::CACHE_CONTROL];
/// The header of a repeated answer.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Length of a nonce of AES-GCM, in bytes.
const NONCE: usize = 12;

/// An answer that is kept.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredAnswer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl StoredAnswer {
    /// Returns the answer to store, and the response; `None` if the request may succeed later, or if the body is streamed
    /// or no text.
    pub(super) fn of(response: ServiceResponse) -> (Option<Self>, ServiceResponse) {
        if !is_final(response.status()) {
            return (None, response);
        }
        if let Some(error) = response.response().error() {
            // The request layer renders it, too: that response has the cause for the log.
            let answer = error.as_error::<ApiError>().and_then(|error| {
                let request = response.request();
                let context = RequestContext::of(request)?;
                let id = context.id().to_str().unwrap_or_default();
                let problem = error.respond(ProblemRenderer::default(), request.uri().path(), id);
                let (head, body) = problem.into_parts();
                Self::new(head.status(), head.headers(), &body.try_into_bytes().ok()?)
            });
            return (answer, response);
        }
        let (request, response) = response.into_parts();
        let (head, body) = response.into_parts();
        match body.try_into_bytes() {
            Ok(bytes) => {
                let answer = Self::new(head.status(), head.headers(), &bytes);
                (answer, ServiceResponse::new(request, head.set_body(BoxBody::new(bytes))))
            }
            Err(body) => (None, ServiceResponse::new(request, head.set_body(body))),
        }
    }

    fn new(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let text = |name: &HeaderName| Some((name.to_string(), headers.get(name)?.to_str().ok()?.to_owned()));
        let body = str::from_utf8(body).ok()?.to_owned();
        Some(Self { status: status.as_u16(), headers: HEADERS.iter().filter_map(text).collect(), body })
    }

    pub(super) fn into_response(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        for (name, value) in self.headers {
            response.insert_header((name, value));
        }
        response.insert_header((REPLAYED, "true"));
        if self.body.is_empty() { response.finish() } else { response.body(self.body) }
    }

    /// Encrypts the answer, because it may contain a password.
    ///
    /// The nonce is the time of the lease. Each idempotency key has an encryption key of its own, and each of its claims
    /// a later lease, so that no nonce is used twice.
    pub(super) fn encrypt(&self, keys: &AnswerKeys, key: &KeyHash, lease_expires_at: Timestamp) -> Option<Vec<u8>> {
        let plain = serde_json::to_vec(self).ok()?;
        cipher(keys, key).encrypt(&nonce(lease_expires_at).into(), plain.as_slice()).ok()
    }

    /// Decrypts an answer; `None` if it was encrypted with another key.
    pub(super) fn decrypt(
        keys: &AnswerKeys,
        key: &KeyHash,
        lease_expires_at: Timestamp,
        answer: &[u8],
    ) -> Option<Self> {
        let plain = cipher(keys, key).decrypt(&nonce(lease_expires_at).into(), answer).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}

/// Whether the answer is stored and repeated. 401, 408, 429 and server errors are not.
fn is_final(status: StatusCode) -> bool {
    !status.is_server_error()
        && !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
}

fn cipher(keys: &AnswerKeys, key: &KeyHash) -> Aes256Gcm {
    Aes256Gcm::new(keys.of_answers(key).expose_secret().into())
}

/// Storage keeps microseconds.
fn nonce(lease_expires_at: Timestamp) -> [u8; NONCE] {
    let mut nonce = [0; NONCE];
    nonce[..8].copy_from_slice(&lease_expires_at.timestamp_micros().to_be_bytes());
    nonce
}

#[cfg(test)]
mod tests {
    use steward_contracts::services::ServiceKey;
    use steward_testkit::at;

    use super::*;

    fn answer() -> StoredAnswer {
        let headers = vec![("location".to_owned(), "/api/admin/users/kim".to_owned())];
        StoredAnswer { status: 201, headers, body: "{\"temporary_password\":\"rT7m-Kq4x\"}".to_owned() }
    }

    #[test]
    fn an_encrypted_answer_is_readable_only_with_its_keys() {
        let keys = AnswerKeys::derived_from(&ServiceKey::new(b"the key of the services"));
        let key = KeyHash([1; 32]);
        let stored = answer().encrypt(&keys, &key, at(60)).unwrap();
        assert!(!stored.windows(4).any(|window| window == b"rT7m"));
        assert_eq!(StoredAnswer::decrypt(&keys, &key, at(60), &stored), Some(answer()));
        let others = AnswerKeys::derived_from(&ServiceKey::new(b"another key"));
        assert_eq!(StoredAnswer::decrypt(&others, &key, at(60), &stored), None);
        assert_eq!(StoredAnswer::decrypt(&keys, &KeyHash([2; 32]), at(60), &stored), None);
        assert_eq!(StoredAnswer::decrypt(&keys, &key, at(61), &stored), None);
        assert_ne!(answer().encrypt(&keys, &key, at(61)).unwrap(), stored);
    }

    #[test]
    fn only_final_answers_are_stored() {
        for status in [200, 201, 202, 204, 400, 403, 404, 409, 413, 422] {
            assert!(is_final(StatusCode::from_u16(status).unwrap()), "{status}");
        }
        for status in [401, 408, 429, 500, 502, 503, 504] {
            assert!(!is_final(StatusCode::from_u16(status).unwrap()), "{status}");
        }
    }
}
