//! The signature of service-to-service calls: HMAC-SHA256 (RFC 2104) over method, path, time, nonce and body.
//!
//! A call carries it in one header, [`HEADER`]: `v1 <unix seconds> <nonce> <64 hexadecimal digits>`.

use std::fmt;
use std::sync::Arc;

use base16ct::lower;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};
use steward_domain::Timestamp;

/// Name of the header that carries the signature.
pub const HEADER: &str = "x-steward-signature";
/// How far the clocks of two services may be apart, in seconds; an older or newer call is refused.
pub const TOLERANCE_SECONDS: i64 = 30;

/// The key that services share.
#[derive(Clone)]
pub struct ServiceKey(Arc<SecretBox<[u8; BLOCK]>>);

/// SHA-256's block: HMAC takes a key of just this length as it is.
const BLOCK: usize = 64;

/// Why a call is not one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No signature, or one in another form.
    #[error("no service signature in a form that is known")]
    Malformed,
    /// Made too long ago, or in the future.
    #[error("the service signature's time is more than 30 seconds off: check the clocks")]
    Stale,
    /// Made with another key, or for another call.
    #[error("the service signature does not match: is STEWARD_SERVICE_KEY the same everywhere?")]
    Mismatch,
}

/// What is signed of a call.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// Path with query, as it stands in the request line.
    pub path: &'a str,
    /// The whole body.
    pub body: &'a [u8],
}

impl ServiceKey {
    /// A key made of these bytes, of any length.
    pub fn new(bytes: &[u8]) -> Self {
        let mut key = [0; BLOCK];
        key[..32].copy_from_slice(&Sha256::digest(bytes));
        Self(Arc::new(SecretBox::new(Box::new(key))))
    }

    /// The key that a deployment without one of its own derives from its `SECRET_KEY`, so that neither is the other.
    pub fn derived_from(secret: &[u8]) -> Self {
        let tag = Self::new(secret).mac(&[b"steward service key v1"]);
        Self::new(&tag.finalize().into_bytes())
    }

    /// A key for another purpose, from which this one cannot be told.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        self.mac(&[purpose.as_bytes()]).finalize().into_bytes().into()
    }

    /// The header's value for a call made at `now`; `nonce` MUST never have been used before.
    pub fn sign(&self, call: Call<'_>, now: Timestamp, nonce: &str) -> String {
        let seconds = now.timestamp();
        let tag = self.tag(call, seconds, nonce).finalize().into_bytes();
        format!("v1 {seconds} {nonce} {}", lower::encode_string(&tag))
    }

    /// Checks a header's value against the call, in constant time. Returns the nonce, which the receiver MUST claim
    /// for twice [`TOLERANCE_SECONDS`] so that the call cannot come again.
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

    /// The body goes in as its digest, so that no field can be shifted into another.
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

/// The tag that these digits stand for.
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
    fn whatever_is_changed_breaks_it() {
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
    fn garbage_is_malformed() {
        let key = ServiceKey::new(b"k");
        for header in ["", "v1", "v2 1 n 00", "v1 x n 00", "v1 1 n zz", "v1 1 n é", "v1 1  00", "v1 1 n 00 more"] {
            assert_eq!(key.verify(CALL, header, at(1)), Err(SignatureError::Malformed), "{header}");
        }
    }
}
