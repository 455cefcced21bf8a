use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The public keys that verify tokens (RFC 7517, section 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JsonWebKeySet {
    /// The keys. Empty if tokens are signed with a secret, because only the service itself can verify them.
    pub keys: Vec<JsonWebKey>,
}

/// A public key that verifies tokens (RFC 7517; parameters of RFC 7518, section 6.2 and RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "alg": "EdDSA", "use": "sig"
}))]
pub struct JsonWebKey {
    /// The key type: `OKP` or `EC`.
    pub kty: String,
    /// The curve: `Ed25519` or `P-256`.
    pub crv: String,
    /// The public key, or its x coordinate, in base64url.
    pub x: String,
    /// The y coordinate in base64url, if the key type is `EC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub y: Option<String>,
    /// The key's thumbprint (RFC 7638). The header of each token contains that of its key.
    pub kid: String,
    /// The only algorithm of the key: `EdDSA` or `ES256`.
    pub alg: String,
    /// The use of the key: `sig`, for signatures.
    #[serde(rename = "use")]
    pub public_key_use: String,
}
