//! Public keys, and their JWK.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use sha2::{Digest, Sha256};
use steward_contracts::bodies::JsonWebKey;

/// A public key. It verifies one algorithm only, regardless of the token's header (RFC 8725, section 3.1).
#[derive(Debug, Clone)]
pub struct PublicKey {
    pub(super) algorithm: Algorithm,
    pub(super) verification: DecodingKey,
    jwk: JsonWebKey,
}

impl PublicKey {
    /// A key for `EdDSA` (RFC 8037).
    pub(super) fn ed25519(key: &ed25519_dalek::VerifyingKey) -> Self {
        let x = URL_SAFE_NO_PAD.encode(key.as_bytes());
        let kid = thumbprint(&format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
        Self {
            algorithm: Algorithm::EdDSA,
            verification: DecodingKey::from_ed_der(key.as_bytes()),
            jwk: JsonWebKey {
                kty: "OKP".to_owned(),
                crv: "Ed25519".to_owned(),
                x,
                y: None,
                kid,
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
        let kid = thumbprint(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
        Self {
            algorithm: Algorithm::ES256,
            verification: DecodingKey::from_ec_der(point.as_bytes()),
            jwk: JsonWebKey {
                kty: "EC".to_owned(),
                crv: "P-256".to_owned(),
                x,
                y: Some(y),
                kid,
                alg: "ES256".to_owned(),
                public_key_use: "sig".to_owned(),
            },
        }
    }

    /// Returns the key id in tokens: the thumbprint.
    pub fn id(&self) -> &str {
        &self.jwk.kid
    }

    /// Returns the key as a JWK, for publication.
    pub fn jwk(&self) -> &JsonWebKey {
        &self.jwk
    }
}

/// Computes the thumbprint (RFC 7638) with SHA-256. `members` holds the required members only, in lexicographic order,
/// without white space.
fn thumbprint(members: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}
