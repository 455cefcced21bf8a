//! The claims and the validity period of tokens; signed with a secret unless stated otherwise.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};
use steward_domain::UserKey;
use steward_testkit::{a_user, at, the_beginning};

use super::*;

pub(crate) const KEY: &str = "the-key-of-today-the-key-of-today";
pub(crate) const OLD_KEY: &str = "the-key-before-the-key-before-it";

pub(super) fn secret_tokens(current: &str, previous: Option<&str>) -> Tokens {
    Tokens::new(&TokenKeys { previous: previous.map(Into::into), ..TokenKeys::secret(current.into()) })
}

pub(super) fn issue() -> Issue {
    Issue { session: SessionId::from_bytes([7; 16]), at: the_beginning(), until: the_beginning() + TimeDelta::hours(1) }
}

pub(crate) fn alice() -> User {
    let new = a_user("Alice").admin().build();
    User {
        id: UserKey::new(1).unwrap(),
        user_id: new.user_id,
        email: new.email,
        name: new.name,
        role: new.role,
        is_active: true,
        must_change_password: false,
        created_at: new.created_at,
        updated_at: new.created_at,
        last_login: None,
        email_verified_at: None,
        locale: None,
        purge_at: None,
        is_restorable: true,
    }
}

fn signed(key: &str) -> String {
    secret_tokens(key, None).sign(&issue(), &alice(), "one-jti".to_owned()).unwrap()
}

pub(super) fn valid_claims() -> Value {
    let issued_at = the_beginning().timestamp();
    json!({
        "sub": "Alice", "user_id": "Alice", "role": "admin", "sid": "07".repeat(16), "jti": "one-jti",
        "iat": issued_at, "nbf": issued_at, "exp": issued_at + 3600, "iss": "steward",
    })
}

fn sign(header: &Header, claims: &Value, key: &str) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
}

#[test]
fn a_token_has_the_documented_claims() {
    let token = signed(KEY);
    let decoded = jsonwebtoken::dangerous::insecure_decode::<Value>(&token).unwrap();
    assert_eq!(decoded.claims, valid_claims());
    assert_eq!(decoded.header, Header::new(Algorithm::HS256));
    assert!(token.starts_with("eyJ0eXAiOiJKV1QiLCJhbGc"), "the prefix in the guide");
}

#[test]
fn a_token_is_valid_until_its_expiry() {
    let tokens = secret_tokens(KEY, None);
    let token = signed(KEY);
    let subject = TokenSubject { session: SessionId::from_bytes([7; 16]), user_id: "Alice".to_owned() };
    assert_eq!(tokens.verify(&token, the_beginning()), Ok(subject.clone()));
    assert_eq!(tokens.verify(&token, at(3599)), Ok(subject));
    assert_eq!(tokens.verify(&token, at(3600)), Err(InvalidToken));
    assert_eq!(tokens.verify(&token, at(1_000_000_000)), Err(InvalidToken));
}

#[test]
fn a_token_is_valid_although_the_clock_is_behind() {
    let tokens = secret_tokens(KEY, None);
    for seconds in [-30, -300, -7_200] {
        assert!(tokens.verify(&signed(KEY), at(seconds)).is_ok(), "{seconds} s");
    }
}

#[test]
fn a_token_with_a_later_start_is_rejected_until_then() {
    let tokens = secret_tokens(KEY, None);
    let mut claims = valid_claims();
    claims["nbf"] = json!(claims["iat"].as_i64().unwrap() + 600);
    let token = sign(&Header::new(Algorithm::HS256), &claims, KEY);
    assert_eq!(tokens.verify(&token, at(599)), Err(InvalidToken));
    assert!(tokens.verify(&token, at(600)).is_ok());
}

#[test]
fn the_previous_secret_verifies_and_never_signs() {
    let rotated = secret_tokens(KEY, Some(OLD_KEY));
    assert!(rotated.verify(&signed(OLD_KEY), at(1)).is_ok());
    let token = rotated.sign(&issue(), &alice(), "one-jti".to_owned()).unwrap();
    assert!(secret_tokens(KEY, None).verify(&token, at(1)).is_ok());
    assert!(secret_tokens(OLD_KEY, None).verify(&token, at(1)).is_err());
    assert!(secret_tokens(KEY, None).verify(&signed(OLD_KEY), at(1)).is_err());
}

#[test]
fn another_algorithm_is_rejected_even_with_the_right_key() {
    let tokens = secret_tokens(KEY, Some(OLD_KEY));
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        assert!(tokens.verify(&sign(&Header::new(algorithm), &valid_claims(), KEY), at(1)).is_err(), "{algorithm:?}");
    }
    let right = signed(KEY);
    let (header, rest) = right.split_once('.').unwrap();
    for alg in ["none", "None", "NONE", "", "RS256", "ES256", "EdDSA", "PS256", "hs256", "HS384"] {
        let header_of = |alg: &str| URL_SAFE_NO_PAD.encode(json!({"typ": "JWT", "alg": alg}).to_string());
        assert_ne!(header_of(alg), header);
        let payload = rest.split_once('.').unwrap().0;
        for token in [
            format!("{}.{rest}", header_of(alg)),
            format!("{}.{payload}.", header_of(alg)),
            format!("{}.{payload}", header_of(alg)),
        ] {
            assert!(tokens.verify(&token, at(1)).is_err(), "{alg}: {token}");
        }
    }
}

#[test]
fn a_key_reference_in_the_header_is_ignored() {
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("../../dev/null".to_owned());
    header.jku = Some("https://example.com/keys".to_owned());
    assert!(
        secret_tokens(KEY, None)
            .verify(&sign(&header, &valid_claims(), "the-attackers-own-key-of-32-bytes"), at(1))
            .is_err()
    );
    assert!(secret_tokens(KEY, None).verify(&sign(&header, &valid_claims(), ""), at(1)).is_err());
}

#[test]
fn every_claim_is_required_and_typed() {
    let tokens = secret_tokens(KEY, None);
    let header = Header::new(Algorithm::HS256);
    assert!(tokens.verify(&sign(&header, &valid_claims(), KEY), at(1)).is_ok());
    for name in valid_claims().as_object().unwrap().keys() {
        for wrong in [None, Some(Value::Null), Some(json!([1])), Some(json!({})), Some(json!(true))] {
            let mut claims = valid_claims();
            match &wrong {
                None => drop(claims.as_object_mut().unwrap().remove(name)),
                Some(wrong) => claims[name] = wrong.clone(),
            }
            assert!(tokens.verify(&sign(&header, &claims, KEY), at(1)).is_err(), "{name}: {wrong:?}");
        }
    }
    for (name, wrong) in [
        ("iss", json!("another-issuer")),
        ("iss", json!("")),
        ("iss", json!(["steward"])),
        ("sid", json!("07")),
        ("sid", json!("07".repeat(15) + "0G")),
        ("exp", json!(1.9e18)),
        ("exp", json!("4102444800")),
        ("exp", json!(-1)),
        ("nbf", json!(i64::MIN)),
        ("role", json!("root")),
    ] {
        let mut claims = valid_claims();
        claims[name] = wrong.clone();
        let result = tokens.verify(&sign(&header, &claims, KEY), at(1));
        assert_eq!(result.is_ok(), name == "nbf", "{name}: {wrong}");
    }
}

#[test]
fn a_token_for_another_audience_is_rejected() {
    let mut claims = valid_claims();
    claims["aud"] = json!("another-service");
    assert!(secret_tokens(KEY, None).verify(&sign(&Header::new(Algorithm::HS256), &claims, KEY), at(1)).is_err());
}

#[test]
fn a_modified_token_is_rejected() {
    let tokens = secret_tokens(KEY, None);
    let token = signed(KEY);
    for at_byte in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at_byte] = if bytes[at_byte] == b'A' { b'Q' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(tokens.verify(&changed, at(1)).is_err(), "byte {at_byte}");
    }
    for garbage in ["", ".", "..", "...", "a.b.c", "é.é.é", &token[1..], &token[..token.len() - 1]] {
        assert!(tokens.verify(garbage, at(1)).is_err(), "{garbage:?}");
    }
}

#[test]
fn an_oversize_token_is_rejected() {
    let mut claims = valid_claims();
    claims["padding"] = json!("x".repeat(MAX_LENGTH));
    let token = sign(&Header::new(Algorithm::HS256), &claims, KEY);
    assert!(secret_tokens(KEY, None).verify(&token, at(1)).is_err());
    claims["padding"] = json!("x");
    assert!(secret_tokens(KEY, None).verify(&sign(&Header::new(Algorithm::HS256), &claims, KEY), at(1)).is_ok());
}

#[test]
fn the_longest_token_is_far_below_the_limit() {
    let mut user = alice();
    user.user_id = steward_testkit::user_id(&"a".repeat(100));
    let token = secret_tokens(KEY, None).sign(&issue(), &user, "f".repeat(32)).unwrap();
    assert!(token.len() < 700, "{}", token.len());
}
