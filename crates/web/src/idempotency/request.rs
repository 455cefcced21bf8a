use actix_web::HttpMessage;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderValue};
use futures_util::stream;
use sha2::{Digest, Sha256};
use steward_domain::UserKey;
use steward_domain::ports::{Fingerprint, KeyHash};

use super::IDEMPOTENCY_KEY;
use super::keys::AnswerKeys;
use crate::body::read;
use crate::{ApiError, HttpError};

/// Maximum length of a key, in characters.
const KEY_MAX: usize = 255;

/// Returns the key in the headers: 1 to 255 visible ASCII characters.
pub(super) fn read_key(headers: &HeaderMap) -> Result<Vec<u8>, ApiError> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).map(HeaderValue::as_bytes);
    match (values.next(), values.next()) {
        (Some(key), None) if (1..=KEY_MAX).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic) => {
            Ok(key.to_vec())
        }
        _ => Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "invalid-idempotency-key",
            "Invalid Idempotency-Key",
            "Idempotency-Key must be one value of 1 to 255 visible ASCII characters",
        )),
    }
}

/// Returns the hash under which a key is stored. It belongs to the caller and the route.
pub(super) fn key_hash(caller: UserKey, route: &str, key: &[u8]) -> KeyHash {
    let mut digest = Sha256::new();
    for part in [&caller.get().to_be_bytes()[..], route.as_bytes(), key] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    KeyHash(digest.finalize().into())
}

/// Returns the fingerprint of method, path, query and body. The body stays readable.
pub(super) async fn fingerprint(keys: &AnswerKeys, request: &mut ServiceRequest) -> Result<Fingerprint, HttpError> {
    let payload = request.take_payload();
    let body = read(request.headers(), payload).await?;
    request.set_payload(Payload::Stream { payload: Box::pin(stream::iter([Ok(body.clone())])) });
    Ok(keys.fingerprint(&[
        request.method().as_str().as_bytes(),
        request.path().as_bytes(),
        request.query_string().as_bytes(),
        &body,
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IDEMPOTENCY_KEY, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_key_has_1_to_255_visible_characters() {
        let longest = "k".repeat(255);
        for key in ["k", "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", "!~", &longest] {
            assert_eq!(read_key(&headers(&[key.as_bytes()])).unwrap(), key.as_bytes());
        }
        let too_long = "k".repeat(256);
        for invalid in [&[&b""[..]][..], &[b"a b"], &[b"\xc3\xa9"], &[too_long.as_bytes()], &[b"a", b"b"], &[]] {
            let error = read_key(&headers(invalid)).unwrap_err();
            assert_eq!(error.status(), StatusCode::BAD_REQUEST, "{invalid:?}");
        }
    }

    #[test]
    fn a_key_belongs_to_the_caller_and_the_route() {
        let (one, two) = (UserKey::new(1).unwrap(), UserKey::new(2).unwrap());
        let hash = key_hash(one, "/api/admin/users", b"key");
        assert_eq!(hash, key_hash(one, "/api/admin/users", b"key"));
        for other in [
            key_hash(two, "/api/admin/users", b"key"),
            key_hash(one, "/api/admin/invitations", b"key"),
            key_hash(one, "/api/admin/users", b"keys"),
            key_hash(one, "/api/admin/usersk", b"ey"),
        ] {
            assert_ne!(hash, other);
        }
    }
}
