//! The contract of `ReplayGuard`. Nonces are random, because guards may share a server.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use steward_domain::ports::ReplayGuard;
use tokio::task::JoinSet;

type Guard = Arc<dyn ReplayGuard>;

/// Longer than any test takes.
const LONG: Duration = Duration::from_mins(10);

/// A random nonce.
fn a_nonce() -> String {
    format!("{:016x}{:016x}", RandomState::new().hash_one(1), RandomState::new().hash_one(2))
}

/// The first claim returns `true`, every other one `false`.
pub async fn a_nonce_is_claimed_once(guard: Guard) {
    let nonce = a_nonce();
    assert!(guard.claim(&nonce, LONG).await.unwrap());
    for _ in 0..3 {
        assert!(!guard.claim(&nonce, LONG).await.unwrap());
    }
}

/// A claimed nonce does not affect another one.
pub async fn different_nonces_are_independent(guard: Guard) {
    for _ in 0..50 {
        assert!(guard.claim(&a_nonce(), LONG).await.unwrap());
    }
}

/// Nonces are not trimmed, folded or cut off.
pub async fn similar_nonces_are_distinct(guard: Guard) {
    let nonce = a_nonce();
    let long = nonce.repeat(8);
    for like in ["", " ", "\n", "A", "a", "é", "e\u{301}", ":", "\u{1f980}"] {
        assert!(guard.claim(&format!("{nonce}{like}"), LONG).await.unwrap(), "{like:?}");
        assert!(guard.claim(&format!("{long}{like}"), LONG).await.unwrap(), "long {like:?}");
    }
}

/// Of a hundred concurrent claims, one returns `true`.
pub async fn concurrent_claims_of_a_nonce_succeed_once(guard: Guard) {
    for _ in 0..10 {
        let nonce = a_nonce();
        let mut claims = JoinSet::new();
        for _ in 0..100 {
            let (guard, nonce) = (Arc::clone(&guard), nonce.clone());
            claims.spawn(async move { guard.claim(&nonce, LONG).await.unwrap() });
        }
        let granted = claims.join_all().await.into_iter().filter(|granted| *granted).count();
        assert_eq!(granted, 1);
    }
}

/// Each of many nonces is claimed twice, in mixed order.
pub async fn concurrent_claims_of_many_nonces_succeed_once_each(guard: Guard) {
    let nonces: Vec<String> = (0..200).map(|_| a_nonce()).collect();
    let mut claims = JoinSet::new();
    for nonce in nonces.iter().chain(nonces.iter().rev()) {
        let (guard, nonce) = (Arc::clone(&guard), nonce.clone());
        claims.spawn(async move { guard.claim(&nonce, LONG).await.unwrap() });
    }
    let granted = claims.join_all().await.into_iter().filter(|granted| *granted).count();
    assert_eq!(granted, nonces.len());
}

/// A rejected claim does not shorten the lifetime of the accepted one.
pub async fn a_second_claim_does_not_shorten_the_first(guard: Guard) {
    let nonce = a_nonce();
    assert!(guard.claim(&nonce, LONG).await.unwrap());
    assert!(!guard.claim(&nonce, Duration::from_millis(1)).await.unwrap());
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(20) {
        assert!(!guard.claim(&nonce, LONG).await.unwrap());
    }
}
