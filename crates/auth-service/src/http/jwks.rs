use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use steward_contracts::bodies::JsonWebKeySet;
use steward_web::responses::Anywhere;

use crate::AuthService;

/// Clients may cache the keys for this time. A new key must be published at least this long before it signs.
const FRESH: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Get the public keys
///
/// Other services verify access tokens with these keys (RFC 7517). Use the key that the `kid` of the token's header
/// names, with the `alg` of that key only. A valid signature does not prove that the session is active; check that with
/// `GET /api/auth/me`. The list is empty if a secret signs the tokens.
#[utoipa::path(
    tag = "auth",
    responses(
        Anywhere,
        (
            status = 200,
            description = "The signing key, and its predecessor or successor; cacheable for five minutes",
            body = JsonWebKeySet,
            headers(("Cache-Control" = String, description = "`public, max-age=300`"))
        )
    )
)]
#[get("/.well-known/jwks.json")]
pub(super) async fn jwks(service: Data<AuthService>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, FRESH)).json(service.published_keys())
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::jwk::JwkSet;
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::{Value, json};
    use steward_testkit::a_user;
    use steward_testkit::signing_keys::{ED25519, P256};

    use crate::testing::http::get;
    use crate::testing::{PASSWORD, TestApp, service_with, signing_with};

    const PATH: &str = "/.well-known/jwks.json";

    #[actix_web::test]
    async fn the_list_is_empty_if_a_secret_signs() {
        let response = TestApp::new().await.call(get(PATH)).await;
        assert_eq!((response.status, response.body), (200, json!({"keys": []})));
        assert_eq!(response.headers.get("cache-control").unwrap(), "public, max-age=300");
        assert_eq!(response.headers.get("content-type").unwrap(), "application/json");
    }

    #[actix_web::test]
    async fn the_list_contains_public_members_only() {
        let mut app = TestApp::new().await;
        app.service = service_with(app.ports.clone(), signing_with(ED25519, Some(P256)));
        let body = app.call(get(PATH)).await.body;
        let members = |key: &Value| key.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let keys = body["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 2);
        assert_eq!(members(&keys[0]), ["alg", "crv", "kid", "kty", "use", "x"]);
        assert_eq!(members(&keys[1]), ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        for (key, [kty, crv, alg]) in keys.iter().zip([["OKP", "Ed25519", "EdDSA"], ["EC", "P-256", "ES256"]]) {
            assert_eq!(
                (&key["kty"], &key["crv"], &key["alg"], &key["use"]),
                (&json!(kty), &json!(crv), &json!(alg), &json!("sig"))
            );
        }
    }

    /// Verifies like another service, with the published keys only.
    #[actix_web::test]
    async fn the_published_keys_verify_a_token() {
        for (signing, previous) in [(ED25519, P256), (P256, ED25519)] {
            let mut app = TestApp::new().await;
            app.service = service_with(app.ports.clone(), signing_with(signing, Some(previous)));
            app.create(a_user("alice")).await;
            let token = app.log_in("alice", PASSWORD).await.unwrap().token;

            let set: JwkSet = serde_json::from_value(app.call(get(PATH)).await.body).unwrap();
            let header = jsonwebtoken::decode_header(&token).unwrap();
            let jwk = set.find(&header.kid.unwrap()).unwrap();
            let mut validation = Validation::new(jwk.common.key_algorithm.unwrap().to_string().parse().unwrap());
            validation.set_issuer(&["steward"]);
            // The test clock is independent of the system clock.
            validation.validate_exp = false;
            let checked =
                jsonwebtoken::decode::<Value>(&token, &DecodingKey::from_jwk(jwk).unwrap(), &validation).unwrap();
            assert_eq!(checked.claims["sub"], "alice");

            let (signed, _) = token.rsplit_once('.').unwrap();
            let forged = format!("{signed}.{}", "A".repeat(86));
            let key = DecodingKey::from_jwk(jwk).unwrap();
            assert!(jsonwebtoken::decode::<Value>(&forged, &key, &validation).is_err());
        }
    }
}
