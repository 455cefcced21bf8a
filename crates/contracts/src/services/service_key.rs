//! The signature of service-to-service calls: HMAC-SHA256 (RFC 2104) over method, path, time, nonce and body.
//!
//! One header, [`HEADER`], carries it: `v1 <unix seconds> <nonce> <64 hexadecimal digits>`.

use std::fmt;
use std::sync::Arc;

use base16ct::lower;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};
use steward_domain::Timestamp;

/// Name of the header that carries the signature.
pub const HEADER: &str = "x-steward-signature";
/// Maximum difference between the clocks of two services, in seconds. Calls outside of it are refused.
pub const TOLERANCE_SECONDS: i64 = 30;

/// The key that all services share.
#[derive(Clone)]
pub struct ServiceKey(Arc<SecretBox<[u8; BLOCK]>>);

/// The block size of SHA-256. HMAC uses a key of this length unchanged.
const BLOCK: usize = 64;

/// The reason why a signature is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The signature is missing or malformed.
    #[error("missing or malformed service signature")]
    Malformed,
    /// The signature was created too long ago, or in the future.
    #[error("the time of the service signature differs by more than 30 seconds: check the clocks")]
    Stale,
    /// The signature was created with another key or for another call.
    #[error("the service signature does not match: STEWARD_SERVICE_KEY must be the same for all services")]
    Mismatch,
}

/// The signed parts of a call.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// Path with query, as in the request line.
    pub path: &'a str,
    /// The whole body.
    pub body: &'a [u8],
}

impl ServiceKey {
    /// Creates a key from bytes of any length.
    pub fn new(bytes: &[u8]) -> Self {
        let mut key = [0; BLOCK];
        key[..32].copy_from_slice(&Sha256::digest(bytes));
        Self(Arc::new(SecretBox::new(Box::new(key))))
    }

    /// Derives a service key from `SECRET_KEY`, for deployments without a key of their own. The two keys differ.
    pub fn derived_from(secret: &[u8]) -> Self {
        let tag = Self::new(secret).mac(&[b"steward service key v1"]);
        Self::new(&tag.finalize().into_bytes())
    }

    /// Derives a key for another purpose. The derived key does not reveal this one.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        self.mac(&[purpose.as_bytes()]).finalize().into_bytes().into()
    }

    /// Returns the header's value for a call at `now`. The caller MUST NOT use a `nonce` twice.
    pub fn sign(&self, call: Call<'_>, now: Timestamp, nonce: &str) -> String {
        let seconds = now.timestamp();
        let tag = self.tag(call, seconds, nonce).finalize().into_bytes();
        format!("v1 {seconds} {nonce} {}", lower::encode_string(&tag))
    }

    /// Verifies a header's value for the call, in constant time. Returns the nonce, which the receiver MUST claim for
    /// twice [`TOLERANCE_SECONDS`] to refuse a replay.
    pub fn verify<'h>(&self, call: Call<'_>, header: &'h str, now: Timestamp) -> Result<&'h str, SignatureError> {
        let mut parts = header.split(' ');
        let (Some("v1"), Some(seconds), Some(nonce), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SignatureError::Malformed);
        };
        let seconds: i64 = seconds.parse().map_err(|_| SignatureError::Malformed)?;
        let signature = tag_of(signature)?;
        if nonce.is_empty() || nonce.len() > 64 {
            return Err(SignatureError::Malformed);
        }
        self.tag(call, seconds, nonce).verify_slice(&signature).map_err(|_| SignatureError::Mismatch)?;
        if now.timestamp().abs_diff(seconds) > TOLERANCE_SECONDS.unsigned_abs() {
            return Err(SignatureError::Stale);
        }
        Ok(nonce)
    }

    /// The body is included as its digest, so that bytes cannot move from one field to another.
    fn tag(&self, call: Call<'_>, seconds: i64, nonce: &str) -> Hmac<Sha256> {
        let digest = Sha256::digest(call.body);
        self.mac(&[
            b"v1\n",
            call.method.as_bytes(),
            b"\n",
            call.path.as_bytes(),
            b"\n",
            seconds.to_string().as_bytes(),
            b"\n",
            nonce.as_bytes(),
            b"\n",
            &digest,
        ])
    }

    pub(crate) fn mac(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(self.0.expose_secret().into());
        for part in parts {
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceKey(…)")
    }
}

/// Decodes the hexadecimal digits of a tag.
pub(crate) fn tag_of(digits: &str) -> Result<[u8; 32], SignatureError> {
    let mut tag = [0; 32];
    let is_whole = lower::decode(digits, &mut tag).is_ok_and(|read| read.len() == 32);
    is_whole.then_some(tag).ok_or(SignatureError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(seconds, 0).unwrap()
    }

    const CALL: Call<'static> = Call { method: "POST", path: "/internal/authenticate", body: b"{}" };

    #[test]
    fn a_signed_call_passes_within_the_tolerance() {
        let key = ServiceKey::new(b"0123456789abcdef0123456789abcdef");
        let header = key.sign(CALL, at(1_000), "n1");
        assert_eq!(key.verify(CALL, &header, at(1_000)), Ok("n1"));
        assert_eq!(key.verify(CALL, &header, at(1_030)), Ok("n1"));
        assert_eq!(key.verify(CALL, &header, at(970)), Ok("n1"));
        assert_eq!(key.verify(CALL, &header, at(1_031)), Err(SignatureError::Stale));
        assert_eq!(key.verify(CALL, &header, at(969)), Err(SignatureError::Stale));
    }

    #[test]
    fn a_signature_is_invalid_after_any_change() {
        let key = ServiceKey::new(b"0123456789abcdef0123456789abcdef");
        let header = key.sign(CALL, at(1_000), "n1");
        for call in [
            Call { method: "PUT", ..CALL },
            Call { path: "/internal/reset-password", ..CALL },
            Call { body: b"{ }", ..CALL },
        ] {
            assert_eq!(key.verify(call, &header, at(1_000)), Err(SignatureError::Mismatch), "{call:?}");
        }
        for header in [header.replace("1000", "1001"), header.replace("n1", "n2")] {
            assert_eq!(key.verify(CALL, &header, at(1_000)), Err(SignatureError::Mismatch), "{header}");
        }
        let other = ServiceKey::derived_from(b"0123456789abcdef0123456789abcdef");
        assert_eq!(other.verify(CALL, &header, at(1_000)), Err(SignatureError::Mismatch));
    }

    #[test]
    fn invalid_headers_are_malformed() {
        let key = ServiceKey::new(b"k");
        for header in ["", "v1", "v2 1 n 00", "v1 x n 00", "v1 1 n zz", "v1 1 n é", "v1 1  00", "v1 1 n 00 more"] {
            assert_eq!(key.verify(CALL, header, at(1)), Err(SignatureError::Malformed), "{header}");
        }
    }
}
