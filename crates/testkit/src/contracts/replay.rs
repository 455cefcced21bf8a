//! What every `ReplayGuard` does. Nonces are made anew in each run, since guards may share a server.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use steward_domain::ports::ReplayGuard;
use tokio::task::JoinSet;

type Guard = Arc<dyn ReplayGuard>;

/// Longer than any test takes.
const LONG: Duration = Duration::from_mins(10);

/// A nonce that no other run has used.
fn a_nonce() -> String {
    format!("{:016x}{:016x}", RandomState::new().hash_one(1), RandomState::new().hash_one(2))
}

/// The first claim is told yes and every other no.
pub async fn a_nonce_is_claimed_once(guard: Guard) {
    let nonce = a_nonce();
    assert!(guard.claim(&nonce, LONG).await.unwrap());
    for _ in 0..3 {
        assert!(!guard.claim(&nonce, LONG).await.unwrap());
    }
}

/// A nonce that was claimed is no reason to refuse another.
pub async fn different_nonces_do_not_hinder_each_other(guard: Guard) {
    for _ in 0..50 {
        assert!(guard.claim(&a_nonce(), LONG).await.unwrap());
    }
}

/// Nothing is trimmed, folded or cut off.
pub async fn nonces_that_look_alike_are_different(guard: Guard) {
    let nonce = a_nonce();
    let long = nonce.repeat(8);
    for like in ["", " ", "\n", "A", "a", "é", "e\u{301}", ":", "\u{1f980}"] {
        assert!(guard.claim(&format!("{nonce}{like}"), LONG).await.unwrap(), "{like:?}");
        assert!(guard.claim(&format!("{long}{like}"), LONG).await.unwrap(), "long {like:?}");
    }
}

/// Of a hundred simultaneous claims, one is told yes.
pub async fn a_hundred_at_once_claim_a_nonce_once(guard: Guard) {
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

/// Claims of many nonces, each made twice and mixed, are each told yes once.
pub async fn many_nonces_at_once_are_each_claimed_once(guard: Guard) {
    let nonces: Vec<String> = (0..200).map(|_| a_nonce()).collect();
    let mut claims = JoinSet::new();
    for nonce in nonces.iter().chain(nonces.iter().rev()) {
        let (guard, nonce) = (Arc::clone(&guard), nonce.clone());
        claims.spawn(async move { guard.claim(&nonce, LONG).await.unwrap() });
    }
    let granted = claims.join_all().await.into_iter().filter(|granted| *granted).count();
    assert_eq!(granted, nonces.len());
}

/// A claim that was refused takes nothing from the time of the one that was granted.
pub async fn a_second_claim_does_not_shorten_the_first(guard: Guard) {
    let nonce = a_nonce();
    assert!(guard.claim(&nonce, LONG).await.unwrap());
    assert!(!guard.claim(&nonce, Duration::from_millis(1)).await.unwrap());
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(20) {
        assert!(!guard.claim(&nonce, LONG).await.unwrap());
    }
}
