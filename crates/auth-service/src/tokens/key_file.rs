//! Reads keys from files: PEM (RFC 7468) with PKCS#8 (RFC 5958) or with a public key (RFC 5280).

use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::ALGORITHM_OID as ED25519;
use jsonwebtoken::EncodingKey;
use p256::elliptic_curve::ALGORITHM_OID as ELLIPTIC_CURVE;
use p256::pkcs8::der::Decode;
use p256::pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use p256::pkcs8::{AssociatedOid, PrivateKeyInfo, SecretDocument};
use secrecy::{ExposeSecret, SecretString};

use super::PublicKey;

/// A key that signs tokens: Ed25519 with `EdDSA`, P-256 with `ES256`.
#[derive(Debug, Clone)]
pub struct SigningKey {
    pub(super) signing: EncodingKey,
    public: PublicKey,
}

/// Errors of reading a key. The message continues a sentence that begins with the file, and never quotes the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// The text is not exactly one PEM block.
    #[error("is not one key in PEM")]
    NotPem,
    /// The private key is encrypted.
    #[error("holds a key that is encrypted with a password")]
    Encrypted,
    /// The traditional format of OpenSSL.
    #[error("holds a key that is not PKCS#8 (convert it with `openssl pkcs8 -topk8 -nocrypt`)")]
    NotPkcs8,
    /// A public key, where a private key is required.
    #[error("holds a public key, which signs nothing")]
    Public,
    /// Not a key, but a certificate, a certificate request, …
    #[error("holds no key")]
    NotAKey,
    /// The algorithm is not supported: RSA, P-384, Ed448, …
    #[error("holds a key that is neither Ed25519 nor P-256")]
    Unsupported,
    /// The key is malformed.
    #[error("holds a key that is damaged")]
    Damaged,
    /// A point of small order, for which signatures are easy to forge.
    #[error("holds a key that is weak")]
    Weak,
}

enum KeyKind {
    Ed25519,
    P256,
}

impl SigningKey {
    /// Parses a private key in PKCS#8 PEM.
    pub fn from_pem(pem: &SecretString) -> Result<Self, InvalidKey> {
        let (label, document) = parse_pem(pem)?;
        match label {
            "PRIVATE KEY" => Self::from_pkcs8(&document),
            "PUBLIC KEY" => Err(InvalidKey::Public),
            other => Err(unsupported_label(other)),
        }
    }

    /// Returns the public key that verifies its signatures.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    fn from_pkcs8(document: &SecretDocument) -> Result<Self, InvalidKey> {
        let der = document.as_bytes();
        let info = PrivateKeyInfo::try_from(der).map_err(|_| InvalidKey::Damaged)?;
        match key_kind(&info.algorithm)? {
            KeyKind::Ed25519 => {
                let key = ed25519_dalek::SigningKey::try_from(info).map_err(|_| InvalidKey::Damaged)?;
                let public = PublicKey::ed25519(&key.verifying_key());
                Ok(Self { signing: EncodingKey::from_ed_der(der), public })
            }
            KeyKind::P256 => {
                let key = p256::ecdsa::SigningKey::try_from(info).map_err(|_| InvalidKey::Damaged)?;
                Ok(Self { signing: EncodingKey::from_ec_der(der), public: PublicKey::p256(key.verifying_key()) })
            }
        }
    }
}

impl PublicKey {
    /// Parses a public key in PEM, or takes that of a private key.
    pub fn from_pem(pem: &SecretString) -> Result<Self, InvalidKey> {
        let (label, document) = parse_pem(pem)?;
        match label {
            "PRIVATE KEY" => SigningKey::from_pkcs8(&document).map(|key| key.public),
            "PUBLIC KEY" => Self::from_spki(document.as_bytes()),
            other => Err(unsupported_label(other)),
        }
    }

    fn from_spki(der: &[u8]) -> Result<Self, InvalidKey> {
        let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| InvalidKey::Damaged)?;
        match key_kind(&info.algorithm)? {
            KeyKind::Ed25519 => {
                let bytes = info.subject_public_key.as_bytes().ok_or(InvalidKey::Damaged)?;
                let key = VerifyingKey::try_from(bytes).map_err(|_| InvalidKey::Damaged)?;
                if key.is_weak() { Err(InvalidKey::Weak) } else { Ok(Self::ed25519(&key)) }
            }
            KeyKind::P256 => {
                let key = p256::ecdsa::VerifyingKey::try_from(info).map_err(|_| InvalidKey::Damaged)?;
                Ok(Self::p256(&key))
            }
        }
    }
}

fn parse_pem(pem: &SecretString) -> Result<(&str, SecretDocument), InvalidKey> {
    SecretDocument::from_pem(pem.expose_secret()).map_err(|_| InvalidKey::NotPem)
}

/// Returns the error for an unsupported PEM label.
fn unsupported_label(label: &str) -> InvalidKey {
    match label {
        "ENCRYPTED PRIVATE KEY" => InvalidKey::Encrypted,
        "EC PARAMETERS" => InvalidKey::NotPkcs8,
        other if other.ends_with(" PRIVATE KEY") => InvalidKey::NotPkcs8,
        _ => InvalidKey::NotAKey,
    }
}

fn key_kind(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<KeyKind, InvalidKey> {
    if algorithm.oid == ED25519 {
        return Ok(KeyKind::Ed25519);
    }
    match algorithm.parameters_oid() {
        Ok(curve) if algorithm.oid == ELLIPTIC_CURVE && curve == p256::NistP256::OID => Ok(KeyKind::P256),
        _ => Err(InvalidKey::Unsupported),
    }
}

#[cfg(test)]
mod tests;
