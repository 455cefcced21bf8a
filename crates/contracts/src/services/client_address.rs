//! The signed address of the client on whose behalf a service calls another one. It is an HMAC-SHA256 with the service
//! key over address, method, path and time. Therefore only services can assert a client address.
//!
//! One header, [`HEADER`], carries it: `v1 <address> <unix seconds> <64 hexadecimal digits>`.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use base16ct::lower;
use hmac::Mac;
use steward_domain::Timestamp;
use steward_domain::ports::Clock;

use crate::services::ServiceKey;
use crate::services::service_key::{SignatureError, TOLERANCE_SECONDS, tag_of};

/// Name of the header that carries the address.
pub const HEADER: &str = "x-steward-client";

impl ServiceKey {
    /// Returns the header's value for a call of `method` and `path` (with query) at `now`, on behalf of `client`.
    pub fn sign_client_address(&self, client: IpAddr, method: &str, path: &str, now: Timestamp) -> String {
        let (client, seconds) = (client.to_canonical().to_string(), now.timestamp());
        let tag = self.client_tag(&client, method, path, seconds).finalize().into_bytes();
        format!("v1 {client} {seconds} {}", lower::encode_string(&tag))
    }

    /// Verifies the header's value and returns the client address. It is valid for this method and path only, within
    /// [`TOLERANCE_SECONDS`]. An eavesdropper can only replay the same call.
    pub fn verify_client_address(
        &self,
        header: &str,
        method: &str,
        path: &str,
        now: Timestamp,
    ) -> Result<IpAddr, SignatureError> {
        let mut parts = header.split(' ');
        let (Some("v1"), Some(client), Some(seconds), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SignatureError::Malformed);
        };
        let address = client.parse().map_err(|_| SignatureError::Malformed)?;
        let seconds: i64 = seconds.parse().map_err(|_| SignatureError::Malformed)?;
        let signature = tag_of(signature)?;
        self.client_tag(client, method, path, seconds)
            .verify_slice(&signature)
            .map_err(|_| SignatureError::Mismatch)?;
        if now.timestamp().abs_diff(seconds) > TOLERANCE_SECONDS.unsigned_abs() {
            return Err(SignatureError::Stale);
        }
        Ok(address)
    }

    /// The prefix differs from that of a call signature, so that neither signature is valid as the other.
    fn client_tag(&self, client: &str, method: &str, path: &str, seconds: i64) -> impl Mac + use<> {
        self.mac(&[
            b"client v1\n",
            client.as_bytes(),
            b"\n",
            method.as_bytes(),
            b"\n",
            path.as_bytes(),
            b"\n",
            seconds.to_string().as_bytes(),
        ])
    }
}

/// Signs client addresses for outgoing calls.
#[derive(Clone)]
pub struct ClientAddressSigner {
    key: ServiceKey,
    clock: Arc<dyn Clock>,
}

impl ClientAddressSigner {
    /// Creates a signer with this key and this clock.
    pub fn new(key: ServiceKey, clock: Arc<dyn Clock>) -> Self {
        Self { key, clock }
    }

    /// Returns the header's value for a call of `method` and `path` (with query) now, on behalf of `client`.
    pub fn header(&self, client: IpAddr, method: &str, path: &str) -> String {
        self.key.sign_client_address(client, method, path, self.clock.now())
    }
}

impl fmt::Debug for ClientAddressSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAddressSigner(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_signed_address_is_valid_only_for_its_call() {
        let key = ServiceKey::new(b"0123456789abcdef0123456789abcdef");
        for client in ["192.0.2.7", "2001:db8::7"] {
            let client: IpAddr = client.parse().unwrap();
            let header = key.sign_client_address(client, "GET", "/api/auth/me?x=1", at(1_000));
            assert_eq!(key.verify_client_address(&header, "GET", "/api/auth/me?x=1", at(1_030)), Ok(client));
            assert_eq!(
                key.verify_client_address(&header, "GET", "/api/auth/me?x=1", at(1_031)),
                Err(SignatureError::Stale)
            );
            assert_eq!(
                key.verify_client_address(&header, "PUT", "/api/auth/me?x=1", at(1_000)),
                Err(SignatureError::Mismatch)
            );
            assert_eq!(
                key.verify_client_address(&header, "GET", "/api/auth/me?x=2", at(1_000)),
                Err(SignatureError::Mismatch)
            );
            let other = ServiceKey::new(b"another");
            assert_eq!(
                other.verify_client_address(&header, "GET", "/api/auth/me?x=1", at(1_000)),
                Err(SignatureError::Mismatch)
            );
        }
    }

    #[test]
    fn a_changed_address_or_malformed_header_is_refused() {
        let key = ServiceKey::new(b"0123456789abcdef0123456789abcdef");
        let header = key.sign_client_address("192.0.2.7".parse().unwrap(), "GET", "/", at(1_000));
        let forged = header.replace("192.0.2.7", "192.0.2.8");
        assert_eq!(key.verify_client_address(&forged, "GET", "/", at(1_000)), Err(SignatureError::Mismatch));
        for garbage in ["", "v1", "192.0.2.7", "v1 host 1 00", "v1 192.0.2.7 x 00", "v1 192.0.2.7 1 zz"] {
            assert_eq!(
                key.verify_client_address(garbage, "GET", "/", at(1_000)),
                Err(SignatureError::Malformed),
                "{garbage}"
            );
        }
    }
}
