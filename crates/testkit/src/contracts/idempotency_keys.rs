//! The contract of `IdempotencyKeys`.

use chrono::TimeDelta;
use steward_domain::ports::{ClaimedKey, Fingerprint, KeyClaim, KeyHash};
use steward_domain::{Timestamp, UserKey};
use tokio::task::JoinSet;

use super::Store;
use crate::{a_user, at};

const LEASE: TimeDelta = TimeDelta::minutes(1);
const DAY: TimeDelta = TimeDelta::hours(24);
const KEY: KeyHash = KeyHash([7; 32]);

fn claim(caller: UserKey, fingerprint: u8, now: Timestamp) -> KeyClaim {
    KeyClaim {
        key: KEY,
        caller,
        fingerprint: Fingerprint([fingerprint; 32]),
        now,
        lease_expires_at: now + LEASE,
        expires_at: now + DAY,
    }
}

impl Store {
    /// Creates the user who sends the requests.
    async fn caller(&self) -> UserKey {
        a_user("boss").create(&*self.accounts).await.id
    }

    async fn claim_key(&self, caller: UserKey, fingerprint: u8, now: Timestamp) -> ClaimedKey {
        self.idempotency_keys.claim(claim(caller, fingerprint, now)).await.unwrap()
    }

    /// Answers the request that claimed the key at this time.
    async fn answer(&self, claimed_at: Timestamp, answer: &[u8]) -> bool {
        self.idempotency_keys.store_answer(&KEY, claimed_at + LEASE, answer.to_vec()).await.unwrap()
    }
}

/// Byte by byte, until the key expires.
pub async fn a_repeated_request_gets_the_first_answer(store: Store) {
    let caller = store.caller().await;
    assert_eq!(store.claim_key(caller, 1, at(0)).await, ClaimedKey::Claimed);
    assert_eq!(store.claim_key(caller, 1, at(1)).await, ClaimedKey::Running);
    let answer = [0, 255, b'\'', 10];
    assert!(store.answer(at(0), &answer).await);
    assert!(!store.answer(at(0), b"another").await, "an answer is stored once");
    let expected = ClaimedKey::Answered { answer: answer.to_vec(), lease_expires_at: at(0) + LEASE };
    for now in [at(1), at(0) + LEASE, at(0) + DAY - TimeDelta::microseconds(1)] {
        assert_eq!(store.claim_key(caller, 1, now).await, expected, "{now}");
    }
    assert_eq!(store.claim_key(caller, 1, at(0) + DAY).await, ClaimedKey::Claimed);
    assert_eq!(store.claim_key(caller, 1, at(1) + DAY).await, ClaimedKey::Running);
}

/// Whether the first one runs, has failed, or is answered.
pub async fn another_request_does_not_get_the_key_until_it_expires(store: Store) {
    let caller = store.caller().await;
    store.claim_key(caller, 1, at(0)).await;
    for now in [at(1), at(0) + LEASE] {
        assert_eq!(store.claim_key(caller, 2, now).await, ClaimedKey::Mismatched, "{now}");
    }
    assert!(store.answer(at(0), b"created").await);
    assert_eq!(store.claim_key(caller, 2, at(2)).await, ClaimedKey::Mismatched);
    assert_eq!(store.claim_key(caller, 2, at(0) + DAY).await, ClaimedKey::Claimed);
}

/// The killed one cannot answer any more.
pub async fn the_key_of_a_killed_request_is_claimed_after_its_lease(store: Store) {
    let caller = store.caller().await;
    store.claim_key(caller, 1, at(0)).await;
    assert_eq!(store.claim_key(caller, 1, at(59)).await, ClaimedKey::Running);
    assert_eq!(store.claim_key(caller, 1, at(60)).await, ClaimedKey::Claimed);
    assert!(!store.answer(at(0), b"late").await);
    store.idempotency_keys.release(&KEY, at(0) + LEASE).await.unwrap();
    assert_eq!(store.claim_key(caller, 1, at(61)).await, ClaimedKey::Running);
    assert!(store.answer(at(60), b"done").await);
}

/// Only while it is not answered.
pub async fn a_released_key_is_new(store: Store) {
    let caller = store.caller().await;
    store.idempotency_keys.release(&KEY, at(0)).await.unwrap();
    store.claim_key(caller, 1, at(0)).await;
    store.idempotency_keys.release(&KEY, at(0) + LEASE).await.unwrap();
    assert_eq!(store.claim_key(caller, 2, at(1)).await, ClaimedKey::Claimed);
    assert!(store.answer(at(1), b"done").await);
    store.idempotency_keys.release(&KEY, at(1) + LEASE).await.unwrap();
    assert!(matches!(store.claim_key(caller, 2, at(2)).await, ClaimedKey::Answered { .. }));
}

/// Whether the key is new, or its request has failed.
pub async fn of_concurrent_requests_one_claims_a_key(store: Store) {
    let caller = store.caller().await;
    for now in [at(0), at(60)] {
        let mut claiming = JoinSet::new();
        for _ in 0..20 {
            let keys = store.idempotency_keys.clone();
            claiming.spawn(async move { keys.claim(claim(caller, 1, now)).await.unwrap() });
        }
        let results = claiming.join_all().await;
        let claimed = results.iter().filter(|result| **result == ClaimedKey::Claimed).count();
        let running = results.iter().filter(|result| **result == ClaimedKey::Running).count();
        assert_eq!((claimed, running), (1, 19), "at {now}");
    }
}

/// The oldest first, and no others.
pub async fn expired_keys_are_purged_in_batches(store: Store) {
    let caller = store.caller().await;
    for n in 0..3 {
        let claim = KeyClaim { key: KeyHash([n; 32]), ..claim(caller, 1, at(n.into())) };
        store.idempotency_keys.claim(claim).await.unwrap();
    }
    let before = at(2) + DAY;
    for removed in [1, 1, 0] {
        assert_eq!(store.idempotency_keys.purge(before, 1).await.unwrap(), removed);
    }
    let kept = KeyClaim { key: KeyHash([2; 32]), ..claim(caller, 1, at(3)) };
    assert_eq!(store.idempotency_keys.claim(kept).await.unwrap(), ClaimedKey::Running);
}

/// The answers may have data of the user.
pub async fn the_keys_of_a_deleted_user_are_deleted(store: Store) {
    let caller = store.caller().await;
    store.claim_key(caller, 1, at(0)).await;
    store.delete("boss", at(1)).await.unwrap();
    let other = a_user("chief").create(&*store.accounts).await.id;
    assert_eq!(store.claim_key(other, 2, at(2)).await, ClaimedKey::Claimed);
}
