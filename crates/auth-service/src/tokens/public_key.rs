//! Keys that check signatures, and their form for others (JWK).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use sha2::{Digest, Sha256};
use steward_contracts::bodies::JsonWebKey;

/// A public key, which anyone may have. It is for one algorithm, whatever a token says (RFC 8725, section 3.1).
#[derive(Debug, Clone)]
pub struct PublicKey {
    pub(super) algorithm: Algorithm,
    pub(super) checking: DecodingKey,
    jwk: JsonWebKey,
}

impl PublicKey {
    /// A key for `EdDSA` (RFC 8037).
    pub(super) fn ed25519(key: &ed25519_dalek::VerifyingKey) -> Self {
        let x = URL_SAFE_NO_PAD.encode(key.as_bytes());
        let thumbprint = thumbprint(&format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
        Self {
            algorithm: Algorithm::EdDSA,
            checking: DecodingKey::from_ed_der(key.as_bytes()),
            jwk: JsonWebKey {
                kty: "OKP".to_owned(),
                crv: "Ed25519".to_owned(),
                x,
                y: None,
                kid: thumbprint,
                alg: "EdDSA".to_owned(),
                public_key_use: "sig".to_owned(),
            },
        }
    }

    /// A key for ES256 (RFC 7518, section 3.4).
    pub(super) fn p256(key: &p256::ecdsa::VerifyingKey) -> Self {
        // 0x04, x, y: 32 bytes each (SEC 1, section 2.3.3).
        let point = key.to_encoded_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(32);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let thumbprint = thumbprint(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
        Self {
            algorithm: Algorithm::ES256,
            checking: DecodingKey::from_ec_der(point.as_bytes()),
            jwk: JsonWebKey {
                kty: "EC".to_owned(),
                crv: "P-256".to_owned(),
                x,
                y: Some(y),
                kid: thumbprint,
                alg: "ES256".to_owned(),
                public_key_use: "sig".to_owned(),
            },
        }
    }

    /// The name by which tokens say which key signed them: its thumbprint.
    pub fn id(&self) -> &str {
        &self.jwk.kid
    }

    /// The key in the form in which others get it.
    pub fn jwk(&self) -> &JsonWebKey {
        &self.jwk
    }
}

/// RFC 7638 with SHA-256: `members` are the required ones alone, in lexicographic order, without white space.
fn thumbprint(members: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}
