//! Password hashes: bcrypt, on threads of its own.

mod cost;
mod settings;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use steward_domain::{PasswordAttempt, PasswordHash};

pub use cost::Cost;
pub use settings::HashingSettings;

use crate::thread_pool::{Overloaded, PoolStats, RunError, ThreadPool};

/// Creates and verifies password hashes without blocking the async threads.
pub struct Hasher {
    pool: ThreadPool,
    cost: Cost,
    rounds: Arc<AtomicU64>,
}

/// The input of a comparison.
pub struct Comparison {
    /// The submitted password.
    pub password: PasswordAttempt,
    /// The stored hash; `None` never matches.
    pub hash: Option<PasswordHash>,
    /// The highest cost of all stored hashes.
    pub highest_cost: Option<u32>,
}

/// The form of a password that a hash was computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashedForm {
    /// The prepared form, from which new hashes are computed.
    Prepared,
    /// The typed text, if it differs from the prepared form. Earlier versions hashed it.
    Typed,
}

/// Errors of hashing and comparing.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// The queue is full.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// bcrypt had no randomness, its thread panicked, or no thread can be started.
    #[error("hashing failed: {0}")]
    Failed(String),
}

impl From<RunError> for HashingError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Overloaded(overloaded) => overloaded.into(),
            RunError::Lost | RunError::NoThread => Self::Failed(error.to_string()),
        }
    }
}

impl Hasher {
    /// Creates a hasher without threads; the first call starts them.
    pub fn new(settings: &HashingSettings) -> Self {
        Self { pool: ThreadPool::new(settings.pool()), cost: settings.cost, rounds: Arc::default() }
    }

    /// Hashes a password.
    pub async fn hash(&self, password: PasswordAttempt) -> Result<PasswordHash, HashingError> {
        let cost = self.cost.get();
        self.run(move || hash(&password, cost)).await?
    }

    /// Hashes a password if `check` accepts it. `check` runs on the hashing thread.
    pub async fn hash_if<E: Send + 'static>(
        &self,
        password: PasswordAttempt,
        check: impl FnOnce(&str) -> Result<(), E> + Send + 'static,
    ) -> Result<Result<PasswordHash, E>, HashingError> {
        let cost = self.cost.get();
        let hashed = self.run(move || match check(password.expose()) {
            Ok(()) => hash(&password, cost).map(Ok),
            Err(rejection) => Ok(Err(rejection)),
        });
        hashed.await?
    }

    /// Runs another long computation on a hashing thread.
    pub async fn run<T: Send + 'static>(&self, call: impl FnOnce() -> T + Send + 'static) -> Result<T, HashingError> {
        Ok(self.pool.run(call).await?)
    }

    /// Returns whether the password matches the hash. Without a hash it never does.
    pub async fn verify(&self, password: PasswordAttempt, hash: Option<PasswordHash>) -> Result<bool, HashingError> {
        let comparison = Comparison { password, hash, highest_cost: None };
        Ok(self.find_hashed(comparison, || true).await?.is_some())
    }

    /// Returns the form of the password that matches the hash, if any. The comparison does not begin if `is_wanted` is
    /// false at its turn.
    ///
    /// Every wrong password takes the same number of rounds per form, regardless of the hash and its cost. This number
    /// is that of the highest cost in use, for stored and for new hashes. The number of forms depends on the password
    /// alone. So the duration reveals nothing about the account.
    pub async fn find_hashed(
        &self,
        comparison: Comparison,
        is_wanted: impl Fn() -> bool + Send + 'static,
    ) -> Result<Option<HashedForm>, HashingError> {
        let Comparison { password, hash, highest_cost } = comparison;
        let rounds = Arc::clone(&self.rounds);
        let (own, highest) = (self.cost, self.cost.max(Cost::nearest_to(highest_cost.unwrap_or_default())));
        let hash_cost = hash.as_ref().and_then(cost_of);
        let is_hashed = move |text: &str| {
            let compare = |hash: &PasswordHash| {
                let is_match = bcrypt::verify(text, hash.expose())?;
                rounds.fetch_add(cost_of(hash).map_or(0, rounds_of), Ordering::Relaxed);
                Ok::<bool, bcrypt::BcryptError>(is_match)
            };
            let done = match hash.as_ref().map(|hash| (compare(hash), cost_of(hash))) {
                Some((Ok(true), _)) => return true,
                Some((Ok(false), cost)) => cost,
                Some((Err(error), _)) => {
                    tracing::error!(%error, "a stored password hash is not a bcrypt hash; no password matches it");
                    None
                }
                None => None,
            };
            let done = done.unwrap_or_else(|| {
                let _ = compare(&dummy(own.get()));
                own.get()
            });
            // The rounds of the costs from `done` to `highest - 1` add up to 2^highest - 2^done.
            for cost in done..highest.get() {
                let _ = compare(&dummy(cost));
            }
            false
        };
        let hashes = self.hashes_of(&password, hash_cost, highest);
        let find = move || {
            if is_hashed(password.expose()) {
                return Some(HashedForm::Prepared);
            }
            password.expose_typed().filter(|typed| is_hashed(typed)).map(|_| HashedForm::Typed)
        };
        Ok(self.pool.run_while(hashes, is_wanted, find).await?)
    }

    /// Returns the maximum work of a comparison, in hashes of the configured cost.
    fn hashes_of(&self, password: &PasswordAttempt, hash_cost: Option<u32>, highest: Cost) -> usize {
        let forms = 1 + usize::from(password.expose_typed().is_some());
        // 31 is the maximum cost of bcrypt.
        let cost = hash_cost.unwrap_or_default().min(31).max(highest.get());
        forms << (cost - self.cost.get())
    }

    /// Returns whether the cost of the hash differs from the configured one.
    pub fn needs_rehash(&self, hash: &PasswordHash) -> bool {
        cost_of(hash) != Some(self.cost.get())
    }

    /// Returns the load of the threads.
    pub fn stats(&self) -> PoolStats {
        self.pool.stats()
    }

    /// Returns the total number of bcrypt rounds in comparisons.
    pub fn rounds(&self) -> u64 {
        self.rounds.load(Ordering::Relaxed)
    }
}

fn cost_of(hash: &PasswordHash) -> Option<u32> {
    hash.expose().split('$').nth(2)?.parse().ok()
}

fn rounds_of(cost: u32) -> u64 {
    1_u64.checked_shl(cost).unwrap_or(0)
}

fn hash(password: &PasswordAttempt, cost: u32) -> Result<PasswordHash, HashingError> {
    // Not bcrypt's `non_truncating_hash`, which rejects 72 bytes although they fit. A `PasswordAttempt` holds at most
    // 72 bytes, and no null byte.
    let hash = bcrypt::hash(password.expose(), cost);
    hash.map(PasswordHash::new).map_err(|error| HashingError::Failed(error.to_string()))
}

/// Returns a well-formed hash with this cost that matches no known password: all its bits are zero.
fn dummy(cost: u32) -> PasswordHash {
    PasswordHash::new(format!("$2b${cost:02}${}", ".".repeat(53)))
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    fn hasher(cost: u32) -> Hasher {
        Hasher::new(&HashingSettings::for_threads(Cost::new(cost).unwrap(), 1))
    }

    fn attempt(text: &str) -> PasswordAttempt {
        PasswordAttempt::parse(text).unwrap()
    }

    #[test]
    fn the_dummy_takes_all_rounds_and_matches_no_password() {
        // bcrypt returns `Ok` only after all rounds of the cost.
        for cost in [4, 5, 10] {
            let dummy = dummy(cost);
            assert_eq!(dummy.expose().parse::<bcrypt::HashParts>().unwrap().get_cost(), cost);
            assert!(!bcrypt::verify("test123", dummy.expose()).unwrap());
        }
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let hasher = hasher(4);
        let hash = hasher.hash(attempt("correct horse")).await.unwrap();
        assert!(hash.expose().starts_with("$2b$04$"));
        assert!(hasher.verify(attempt("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(attempt("correct horsf"), Some(hash)).await.unwrap());
        assert!(!hasher.verify(attempt("correct horse"), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_of_the_typed_text_still_matches() {
        let hasher = hasher(4);
        let (typed, other) = ("pa\u{308}sswo\u{308}rd", "pässwörd");
        let find = async |text: &str, hash: Option<&PasswordHash>| {
            let comparison = Comparison { password: attempt(text), hash: hash.cloned(), highest_cost: None };
            hasher.find_hashed(comparison, || true).await.unwrap()
        };
        let earlier = PasswordHash::new(bcrypt::hash(typed, 4).unwrap());
        assert_eq!(find(typed, Some(&earlier)).await, Some(HashedForm::Typed));
        assert_eq!(find(other, Some(&earlier)).await, None, "bcrypt does not normalize");
        let prepared = hasher.hash(attempt(typed)).await.unwrap();
        for text in [typed, other] {
            assert_eq!(find(text, Some(&prepared)).await, Some(HashedForm::Prepared), "{text:?}");
        }
        let before = hasher.rounds();
        assert_eq!(find(typed, None).await, None);
        assert_eq!(hasher.rounds() - before, 32, "both forms are compared");
    }

    #[tokio::test]
    async fn all_72_bytes_count() {
        let hasher = hasher(4);
        let hash = hasher.hash(attempt(&"a".repeat(72))).await.unwrap();
        assert!(hasher.verify(attempt(&"a".repeat(72)), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(attempt(&"a".repeat(71)), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn hashes_of_other_libraries_match() {
        let hasher = hasher(4);
        // A test vector of crypt_blowfish, then hashes with the prefixes of PHP and older libraries.
        let vector = PasswordHash::new("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
        assert!(hasher.verify(attempt("U*U"), Some(vector)).await.unwrap());
        let hash = bcrypt::hash_with_salt("test123", 4, *b"0123456789abcdef").unwrap();
        for version in [bcrypt::Version::TwoA, bcrypt::Version::TwoY] {
            let hash = PasswordHash::new(hash.format_for_version(version));
            assert!(hasher.verify(attempt("test123"), Some(hash)).await.unwrap());
        }
    }

    #[tokio::test]
    async fn an_invalid_hash_matches_no_password() {
        let hasher = hasher(4);
        for text in ["", "plain", "$2b$04$", "$2b$99$0123456789012345678901234567890123456789012345678901"] {
            let hash = PasswordHash::new(text);
            assert!(!hasher.verify(attempt("plain"), Some(hash)).await.unwrap(), "{text:?}");
        }
    }

    /// Returns the number of rounds for a wrong password.
    async fn rounds(hasher: &Hasher, hash: Option<&str>, highest_cost: Option<u32>) -> u64 {
        let before = hasher.rounds();
        let hash = hash.map(PasswordHash::new);
        let comparison = Comparison { password: attempt("wrong"), hash, highest_cost };
        assert_eq!(hasher.find_hashed(comparison, || true).await.unwrap(), None);
        hasher.rounds() - before
    }

    #[tokio::test]
    async fn a_wrong_password_takes_the_same_rounds_for_any_hash_and_for_none() {
        let stored = |cost| bcrypt::hash_with_salt("right", cost, [7; 16]).unwrap().to_string();
        for own in [4, 6, 8] {
            let hasher = hasher(own);
            for highest in [None, Some(4), Some(5), Some(8), Some(9)] {
                let expected = 1 << highest.unwrap_or(4).max(own);
                assert_eq!(rounds(&hasher, None, highest).await, expected, "no hash, {own} {highest:?}");
                assert_eq!(rounds(&hasher, Some("plain"), highest).await, expected, "no bcrypt, {own} {highest:?}");
                for cost in 4..=highest.unwrap_or(4) {
                    let done = rounds(&hasher, Some(&stored(cost)), highest).await;
                    assert_eq!(done, expected, "a hash of {cost}, {own} {highest:?}");
                }
            }
        }
    }

    #[tokio::test]
    async fn the_right_password_takes_the_rounds_of_its_own_hash_only() {
        let hasher = hasher(8);
        let hash = PasswordHash::new(bcrypt::hash_with_salt("right", 4, [7; 16]).unwrap().to_string());
        let comparison = Comparison { password: attempt("right"), hash: Some(hash), highest_cost: Some(9) };
        assert_eq!(hasher.find_hashed(comparison, || true).await.unwrap(), Some(HashedForm::Prepared));
        assert_eq!(hasher.rounds(), 16);
    }

    /// Returns the number of comparisons that fit into a queue of 64 hashes of cost 4, with no thread to run them.
    fn queued(text: &str, hash: Option<&PasswordHash>, highest_cost: Option<u32>) -> usize {
        let settings = HashingSettings { cost: Cost::MIN_IN_DEVELOPMENT, threads: 0, queue: 64 };
        let hasher = Hasher::new(&settings);
        let mut waiting = Vec::new();
        while hasher.stats().refused == 0 {
            let comparison = Comparison { password: attempt(text), hash: hash.cloned(), highest_cost };
            let mut job = Box::pin(hasher.find_hashed(comparison, || true));
            let _ = job.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            waiting.push(job);
        }
        hasher.stats().waiting
    }

    #[test]
    fn the_queue_limits_work_regardless_of_costs_and_forms() {
        let two_forms = "pa\u{308}ss";
        assert_eq!((queued("wrong", None, None), queued(two_forms, None, None)), (64, 32));
        assert_eq!((queued("wrong", None, Some(7)), queued(two_forms, None, Some(7))), (8, 4));
        // The cost of the hash counts if no highest cost is given; a cost beyond the maximum of bcrypt is clamped.
        assert_eq!((queued("wrong", Some(&dummy(7)), None), queued("wrong", Some(&dummy(99)), None)), (8, 1));
        assert_eq!(queued("wrong", Some(&dummy(4)), Some(7)), 8);
    }

    #[tokio::test]
    async fn an_abandoned_comparison_does_not_run() {
        let hasher = hasher(4);
        let comparison = Comparison { password: attempt("right"), hash: None, highest_cost: None };
        assert!(hasher.find_hashed(comparison, || false).await.is_err());
        assert_eq!((hasher.rounds(), hasher.stats().abandoned), (0, 1));
    }

    #[test]
    fn another_cost_needs_a_rehash() {
        let hasher = hasher(5);
        assert!(hasher.needs_rehash(&dummy(4)));
        assert!(!hasher.needs_rehash(&dummy(5)));
        assert!(hasher.needs_rehash(&PasswordHash::new("plain")));
    }
}
