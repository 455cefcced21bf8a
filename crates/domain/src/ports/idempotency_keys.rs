use std::fmt;

use async_trait::async_trait;

use super::StoreError;
use crate::{Timestamp, UserKey};

/// The keys with which clients repeat requests (draft-ietf-httpapi-idempotency-key-header), and the first answers.
///
/// All times come from the callers.
#[async_trait]
pub trait IdempotencyKeys: Send + Sync {
    /// Claims a key for a request, or returns the state of an earlier claim.
    ///
    /// - MUST return `Claimed` to exactly one of several concurrent calls, in any number of processes.
    /// - MUST return `Claimed` if the key is new, or has expired at `claim.now`.
    /// - Otherwise MUST return `Mismatched` if the earlier request has another fingerprint.
    /// - MUST return `Claimed` if the lease of an unanswered request has expired at `claim.now`.
    async fn claim(&self, claim: KeyClaim) -> Result<ClaimedKey, StoreError>;

    /// Stores the answer to the request that claimed the key with this lease. Returns whether it was stored.
    ///
    /// MUST change nothing if another request has claimed the key since, or if it has an answer.
    async fn store_answer(
        &self,
        key: &KeyHash,
        lease_expires_at: Timestamp,
        answer: Vec<u8>,
    ) -> Result<bool, StoreError>;

    /// Releases the key, so that any request can claim it at once.
    ///
    /// MUST change nothing if another request has claimed the key since, or if it has an answer.
    async fn release(&self, key: &KeyHash, lease_expires_at: Timestamp) -> Result<(), StoreError>;

    /// Deletes at most `limit` keys that expired before `before`. Returns their number.
    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// The SHA-256 of a caller, a route and a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(pub [u8; 32]);

/// A tag of a request under a key that storage does not have. `Debug` hides it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

/// A request for which a key is claimed.
#[derive(Debug, Clone)]
pub struct KeyClaim {
    /// The key.
    pub key: KeyHash,
    /// The user who sent the request. The key is deleted with the user.
    pub caller: UserKey,
    /// The fingerprint of the request.
    pub fingerprint: Fingerprint,
    /// The current time.
    pub now: Timestamp,
    /// When the request counts as failed, unless it has an answer.
    pub lease_expires_at: Timestamp,
    /// When the key is forgotten.
    pub expires_at: Timestamp,
}

/// The result of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimedKey {
    /// The request may run.
    Claimed,
    /// The same request is running.
    Running,
    /// The key belongs to another request.
    Mismatched,
    /// The same request has this answer, as it was stored. `lease_expires_at` is that of the stored claim.
    Answered {
        /// The stored bytes.
        answer: Vec<u8>,
        /// The lease under which the answer was stored.
        lease_expires_at: Timestamp,
    },
}
