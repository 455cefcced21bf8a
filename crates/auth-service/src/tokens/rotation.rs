//! Key rotation without signing users out.

use steward_testkit::at;
use steward_testkit::signing_keys::{ED25519, ED25519_ID, ED25519_NEXT, ED25519_PUBLIC, P256, P256_PUBLIC};

use super::tests::{KEY, OLD_KEY, alice, issue, secret_tokens};
use super::*;
use crate::testing::signing_with;

fn key_tokens(key: &str, previous: Option<&str>) -> Tokens {
    Tokens::new(&TokenKeys { current: KEY.into(), ..signing_with(key, previous) })
}

fn signed(tokens: &Tokens) -> String {
    tokens.sign(&issue(), &alice(), "one-jti".to_owned()).unwrap()
}

fn accepts(tokens: &Tokens, token: &str) -> bool {
    tokens.verify(token, at(1)).is_ok()
}

fn header(token: &str) -> Header {
    jsonwebtoken::decode_header(token).unwrap()
}

fn published(tokens: &Tokens) -> Vec<String> {
    tokens.published().keys.into_iter().map(|key| key.alg).collect()
}

#[test]
fn the_header_contains_the_key_id_and_its_algorithm() {
    for (pem, algorithm, longest) in [(ED25519, Algorithm::EdDSA, 800), (P256, Algorithm::ES256, 800)] {
        let tokens = key_tokens(pem, None);
        let token = signed(&tokens);
        let key = PublicKey::from_pem(&pem.into()).unwrap();
        let expected = Header { kid: Some(key.id().to_owned()), ..Header::new(algorithm) };
        assert_eq!(header(&token), expected);
        assert!(accepts(&tokens, &token));
        let mut user = alice();
        user.user_id = steward_testkit::user_id(&"a".repeat(100));
        assert!(tokens.sign(&issue(), &user, "f".repeat(32)).unwrap().len() < longest);
    }
}

#[test]
fn secrets_rotate_without_ending_sessions() {
    let (before, both, after) =
        (secret_tokens(OLD_KEY, None), secret_tokens(KEY, Some(OLD_KEY)), secret_tokens(KEY, None));
    let (old, new) = (signed(&before), signed(&both));
    assert!(accepts(&both, &old) && accepts(&both, &new));
    assert!(accepts(&after, &new) && !accepts(&after, &old));
    assert!(!accepts(&before, &new), "the new secret signs");
}

#[test]
fn signing_keys_rotate_without_ending_sessions() {
    for (old, half, new) in [
        (ED25519, ED25519_PUBLIC, ED25519_NEXT),
        (ED25519, ED25519, P256),
        (P256, P256_PUBLIC, ED25519),
        (P256, P256, ED25519_NEXT),
    ] {
        let (before, both, after) = (key_tokens(old, None), key_tokens(new, Some(half)), key_tokens(new, None));
        let (old, new) = (signed(&before), signed(&both));
        assert!(accepts(&both, &old) && accepts(&both, &new));
        assert!(accepts(&after, &new) && !accepts(&after, &old));
        assert!(!accepts(&before, &new), "the new key signs");
    }
}

#[test]
fn the_next_key_is_published_before_it_signs() {
    // One process already signs with the new key, while the other still signs with the old one.
    let (waiting, changed) = (key_tokens(ED25519, Some(P256_PUBLIC)), key_tokens(P256, Some(ED25519_PUBLIC)));
    assert_eq!(published(&waiting), ["EdDSA", "ES256"]);
    assert_eq!(published(&changed), ["ES256", "EdDSA"]);
    assert!(accepts(&waiting, &signed(&changed)) && accepts(&changed, &signed(&waiting)));
    assert_eq!(header(&signed(&waiting)).kid.as_deref(), Some(ED25519_ID));
}

#[test]
fn tokens_of_a_secret_are_valid_until_hs256_is_switched_off() {
    let old = [signed(&secret_tokens(KEY, None)), signed(&secret_tokens(OLD_KEY, None))];
    let both = TokenKeys { current: KEY.into(), previous: Some(OLD_KEY.into()), ..signing_with(ED25519, None) };
    let ended = TokenKeys { accept_hs256: false, ..both.clone() };
    let (both, ended) = (Tokens::new(&both), Tokens::new(&ended));
    let new = signed(&both);
    assert!(old.iter().all(|token| accepts(&both, token)) && accepts(&both, &new));
    assert!(!old.iter().any(|token| accepts(&ended, token)) && accepts(&ended, &new));
}

#[test]
fn a_signing_key_can_be_replaced_by_a_secret() {
    let old = signed(&key_tokens(ED25519, None));
    let previous = PublicKey::from_pem(&ED25519_PUBLIC.into()).unwrap();
    let back = TokenKeys { previous_signing_key: Some(previous), ..TokenKeys::secret(KEY.into()) };
    let back = Tokens::new(&back);
    assert!(accepts(&back, &old));
    assert_eq!(header(&signed(&back)), Header::new(Algorithm::HS256));
    assert_eq!(published(&back), ["EdDSA"]);
    assert!(!accepts(&secret_tokens(KEY, None), &old));
}

#[test]
fn the_same_key_twice_is_published_once() {
    assert_eq!(published(&key_tokens(ED25519, Some(ED25519_PUBLIC))), ["EdDSA"]);
    assert!(published(&secret_tokens(KEY, Some(OLD_KEY))).is_empty(), "a secret is never published");
}
