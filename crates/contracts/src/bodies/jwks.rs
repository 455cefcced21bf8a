use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The public keys that tokens may be signed with (RFC 7517, section 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JsonWebKeySet {
    /// Empty where tokens are signed with a secret, which only the service itself can check.
    pub keys: Vec<JsonWebKey>,
}

/// A public key for checking tokens (RFC 7517; RFC 7518, section 6.2 and RFC 8037 for what it is made of).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "alg": "EdDSA", "use": "sig"
}))]
pub struct JsonWebKey {
    /// The key's type: `OKP` or `EC`.
    pub kty: String,
    /// Its curve: `Ed25519` or `P-256`.
    pub crv: String,
    /// The public key, or its x coordinate; base64url.
    pub x: String,
    /// Its y coordinate, where the type is `EC`; base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub y: Option<String>,
    /// The key's thumbprint (RFC 7638), which each token it signed names in its header.
    pub kid: String,
    /// The one algorithm that the key is for: `EdDSA` or `ES256`.
    pub alg: String,
    /// What the key is for: `sig`, checking signatures.
    #[serde(rename = "use")]
    pub public_key_use: String,
}
