//! What a token says, and when it is good; signed with a secret, where nothing else is said.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};
use steward_testkit::{a_user, at, the_beginning};

use super::*;

pub(crate) const KEY: &str = "the-key-of-today-the-key-of-today";
pub(crate) const OLD_KEY: &str = "the-key-before-the-key-before-it";

pub(super) fn tokens(current: &str, previous: Option<&str>) -> Tokens {
    Tokens::new(&TokenKeys { previous: previous.map(Into::into), ..TokenKeys::secret(current.into()) })
}

pub(super) fn session() -> Issue {
    Issue { session: SessionId::from_bytes([7; 16]), at: the_beginning(), until: the_beginning() + TimeDelta::hours(1) }
}

pub(crate) fn user() -> User {
    let new = a_user("Alice").admin().build();
    User {
        id: 1,
        user_id: new.user_id,
        email: new.email,
        name: new.name,
        role: new.role,
        is_active: true,
        must_change_password: false,
        created_at: new.created_at,
        updated_at: new.created_at,
        last_login: None,
    }
}

fn signed(key: &str) -> String {
    tokens(key, None).sign(&session(), &user(), "one-jti".to_owned()).unwrap()
}

pub(super) fn claims() -> Value {
    let begins = the_beginning().timestamp();
    json!({
        "sub": "Alice", "user_id": "Alice", "role": "admin", "sid": "07".repeat(16), "jti": "one-jti",
        "iat": begins, "nbf": begins, "exp": begins + 3600, "iss": "steward",
    })
}

fn forged(header: &Header, claims: &Value, key: &str) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
}

#[test]
fn says_all_that_the_contract_promises() {
    let token = signed(KEY);
    let decoded = jsonwebtoken::dangerous::insecure_decode::<Value>(&token).unwrap();
    assert_eq!(decoded.claims, claims());
    assert_eq!(decoded.header, Header::new(Algorithm::HS256));
    assert!(token.starts_with("eyJ0eXAiOiJKV1QiLCJhbGc"), "as the guide shows it");
}

#[test]
fn is_good_until_the_second_it_expires() {
    let tokens = tokens(KEY, None);
    let token = signed(KEY);
    let grant = TokenSubject { session: SessionId::from_bytes([7; 16]), subject: "Alice".to_owned() };
    assert_eq!(tokens.verify(&token, the_beginning()), Ok(grant.clone()));
    assert_eq!(tokens.verify(&token, at(3599)), Ok(grant));
    assert_eq!(tokens.verify(&token, at(3600)), Err(InvalidToken));
    assert_eq!(tokens.verify(&token, at(1_000_000_000)), Err(InvalidToken));
}

#[test]
fn a_token_stays_good_when_the_clock_is_set_back_or_its_signer_is_ahead() {
    let tokens = tokens(KEY, None);
    for seconds in [-30, -300, -7_200] {
        assert!(tokens.verify(&signed(KEY), at(seconds)).is_ok(), "{seconds} s");
    }
}

#[test]
fn a_token_that_begins_after_its_issue_is_refused_until_then() {
    let tokens = tokens(KEY, None);
    let mut claims = claims();
    claims["nbf"] = json!(claims["iat"].as_i64().unwrap() + 600);
    let token = forged(&Header::new(Algorithm::HS256), &claims, KEY);
    assert_eq!(tokens.verify(&token, at(599)), Err(InvalidToken));
    assert!(tokens.verify(&token, at(600)).is_ok());
}

#[test]
fn the_previous_key_checks_and_never_signs() {
    let rotated = tokens(KEY, Some(OLD_KEY));
    assert!(rotated.verify(&signed(OLD_KEY), at(1)).is_ok());
    let token = rotated.sign(&session(), &user(), "one-jti".to_owned()).unwrap();
    assert!(tokens(KEY, None).verify(&token, at(1)).is_ok());
    assert!(tokens(OLD_KEY, None).verify(&token, at(1)).is_err());
    assert!(tokens(KEY, None).verify(&signed(OLD_KEY), at(1)).is_err());
}

#[test]
fn another_algorithm_is_refused_even_with_the_right_key() {
    let tokens = tokens(KEY, Some(OLD_KEY));
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        assert!(tokens.verify(&forged(&Header::new(algorithm), &claims(), KEY), at(1)).is_err(), "{algorithm:?}");
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
fn a_key_of_the_tokens_own_is_not_used() {
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("../../dev/null".to_owned());
    header.jku = Some("https://example.com/keys".to_owned());
    assert!(tokens(KEY, None).verify(&forged(&header, &claims(), "the-attackers-own-key-of-32-bytes"), at(1)).is_err());
    assert!(tokens(KEY, None).verify(&forged(&header, &claims(), ""), at(1)).is_err());
}

#[test]
fn every_claim_must_be_there_and_of_its_type() {
    let tokens = tokens(KEY, None);
    let header = Header::new(Algorithm::HS256);
    assert!(tokens.verify(&forged(&header, &claims(), KEY), at(1)).is_ok());
    for name in claims().as_object().unwrap().keys() {
        for wrong in [None, Some(Value::Null), Some(json!([1])), Some(json!({})), Some(json!(true))] {
            let mut claims = claims();
            match &wrong {
                None => drop(claims.as_object_mut().unwrap().remove(name)),
                Some(wrong) => claims[name] = wrong.clone(),
            }
            assert!(tokens.verify(&forged(&header, &claims, KEY), at(1)).is_err(), "{name}: {wrong:?}");
        }
    }
    for (name, wrong) in [
        ("iss", json!("somebody")),
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
        let mut claims = claims();
        claims[name] = wrong.clone();
        let verdict = tokens.verify(&forged(&header, &claims, KEY), at(1));
        assert_eq!(verdict.is_ok(), name == "nbf", "{name}: {wrong}");
    }
}

#[test]
fn a_token_for_another_audience_is_not_for_us() {
    let mut claims = claims();
    claims["aud"] = json!("another-service");
    assert!(tokens(KEY, None).verify(&forged(&Header::new(Algorithm::HS256), &claims, KEY), at(1)).is_err());
}

#[test]
fn whatever_is_changed_breaks_it() {
    let tokens = tokens(KEY, None);
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
fn an_oversize_token_is_not_even_read() {
    let mut claims = claims();
    claims["padding"] = json!("x".repeat(MAX_LENGTH));
    let token = forged(&Header::new(Algorithm::HS256), &claims, KEY);
    assert!(tokens(KEY, None).verify(&token, at(1)).is_err());
    claims["padding"] = json!("x");
    assert!(tokens(KEY, None).verify(&forged(&Header::new(Algorithm::HS256), &claims, KEY), at(1)).is_ok());
}

#[test]
fn the_longest_token_fits_with_room() {
    let mut user = user();
    user.user_id = steward_testkit::user_id(&"a".repeat(100));
    let token = tokens(KEY, None).sign(&session(), &user, "f".repeat(32)).unwrap();
    assert!(token.len() < 700, "{}", token.len());
}
