//! Password hashes: bcrypt, on a [`pool`] of threads of its own.

mod cost;
mod pool;

use std::io;

use steward_domain::{PasswordAttempt, PasswordHash};

pub use cost::Cost;
pub use pool::{HashingSettings, HashingStats, Overloaded};
use pool::{Pool, RunError};

/// Makes and checks password hashes without keeping the async threads from their work.
pub struct Hasher {
    pool: Pool,
    cost: Cost,
    dummy: PasswordHash,
}

/// Why a password was neither hashed nor checked.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// More wait already than are hashed in good time.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// bcrypt found no randomness, or its thread ended: a defect.
    #[error("hashing failed: {0}")]
    Failed(String),
}

impl From<RunError> for HashingError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Overloaded(overloaded) => overloaded.into(),
            RunError::Lost => Self::Failed("the hashing thread gave no answer".to_owned()),
        }
    }
}

impl Hasher {
    /// Starts the threads.
    pub fn start(settings: &HashingSettings) -> io::Result<Self> {
        let cost = settings.cost;
        Ok(Self { pool: Pool::start(settings)?, cost, dummy: dummy(cost) })
    }

    /// Hashes a password.
    pub async fn hash(&self, password: PasswordAttempt) -> Result<PasswordHash, HashingError> {
        let cost = self.cost.get();
        self.run(move || hash(&password, cost)).await?
    }

    /// Hashes a password if `check` takes it, which runs where it would be hashed.
    pub async fn hash_if<E: Send + 'static>(
        &self,
        password: PasswordAttempt,
        check: impl FnOnce(&str) -> Result<(), E> + Send + 'static,
    ) -> Result<Result<PasswordHash, E>, HashingError> {
        let cost = self.cost.get();
        let hashed = self.run(move || match check(password.expose()) {
            Ok(()) => hash(&password, cost).map(Ok),
            Err(refusal) => Ok(Err(refusal)),
        });
        hashed.await?
    }

    /// Runs what takes a while, and is no hash, where passwords are hashed.
    pub async fn run<T: Send + 'static>(&self, call: impl FnOnce() -> T + Send + 'static) -> Result<T, HashingError> {
        Ok(self.pool.run(call).await?)
    }

    /// Whether the password is the one that was hashed. Without a hash it never is, and that takes just as long to
    /// tell.
    pub async fn verify(&self, password: PasswordAttempt, hash: Option<PasswordHash>) -> Result<bool, HashingError> {
        let known = hash.is_some();
        let (hash, dummy) = (hash.unwrap_or_else(|| self.dummy.clone()), self.dummy.clone());
        let right = self.pool.run(move || match bcrypt::verify(password.expose(), hash.expose()) {
            Ok(right) => right && known,
            Err(error) => {
                tracing::error!(%error, "a stored password hash is not bcrypt's: nobody can sign in with it");
                // Not a moment sooner than a wrong password.
                let _ = bcrypt::verify(password.expose(), dummy.expose());
                false
            }
        });
        Ok(right.await?)
    }

    /// Whether the hash was made with another cost than is set now.
    pub fn needs_rehash(&self, hash: &PasswordHash) -> bool {
        hash.expose().split('$').nth(2).and_then(|cost| cost.parse().ok()) != Some(self.cost.get())
    }

    /// How busy the threads are.
    pub fn stats(&self) -> HashingStats {
        self.pool.stats()
    }
}

fn hash(password: &PasswordAttempt, cost: u32) -> Result<PasswordHash, HashingError> {
    // Not bcrypt's `non_truncating_hash`: it refuses 72 bytes, which is what fits. A `PasswordAttempt` never holds more,
    // nor the null byte that would end it early.
    let hash = bcrypt::hash(password.expose(), cost);
    hash.map(PasswordHash::new).map_err(|error| HashingError::Failed(error.to_string()))
}

/// A well-formed hash with this cost that belongs to no password anyone could find: all its bits are zero.
fn dummy(cost: Cost) -> PasswordHash {
    PasswordHash::new(format!("$2b${:02}${}", cost.get(), ".".repeat(53)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher(cost: u32) -> Hasher {
        Hasher::start(&HashingSettings::for_threads(Cost::new(cost).unwrap(), 1)).unwrap()
    }

    fn attempt(text: &str) -> PasswordAttempt {
        PasswordAttempt::parse(text).unwrap()
    }

    #[test]
    fn the_dummy_is_computed_in_full_and_matches_nothing() {
        // `Ok`, not `Err`: bcrypt reads it and does all the rounds of its cost before it says no.
        for cost in [4, 5, 10] {
            let dummy = dummy(Cost::new(cost).unwrap());
            assert_eq!(dummy.expose().parse::<bcrypt::HashParts>().unwrap().get_cost(), cost);
            assert!(!bcrypt::verify("test123", dummy.expose()).unwrap());
        }
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_alone() {
        let hasher = hasher(4);
        let hash = hasher.hash(attempt("correct horse")).await.unwrap();
        assert!(hash.expose().starts_with("$2b$04$"));
        assert!(hasher.verify(attempt("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(attempt("correct horsf"), Some(hash)).await.unwrap());
        assert!(!hasher.verify(attempt("correct horse"), None).await.unwrap());
    }

    #[tokio::test]
    async fn all_72_bytes_count() {
        let hasher = hasher(4);
        let hash = hasher.hash(attempt(&"a".repeat(72))).await.unwrap();
        assert!(hasher.verify(attempt(&"a".repeat(72)), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(attempt(&"a".repeat(71)), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn hashes_that_other_libraries_write_are_understood() {
        let hasher = hasher(4);
        // A vector of crypt_blowfish, and what our own hash looks like from PHP or an older library.
        let vector = PasswordHash::new("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
        assert!(hasher.verify(attempt("U*U"), Some(vector)).await.unwrap());
        let hash = bcrypt::hash_with_salt("test123", 4, *b"0123456789abcdef").unwrap();
        for version in [bcrypt::Version::TwoA, bcrypt::Version::TwoY] {
            let hash = PasswordHash::new(hash.format_for_version(version));
            assert!(hasher.verify(attempt("test123"), Some(hash)).await.unwrap());
        }
    }

    #[tokio::test]
    async fn what_is_no_hash_matches_nothing() {
        let hasher = hasher(4);
        for text in ["", "plain", "$2b$04$", "$2b$99$0123456789012345678901234567890123456789012345678901"] {
            let hash = PasswordHash::new(text);
            assert!(!hasher.verify(attempt("plain"), Some(hash)).await.unwrap(), "{text:?}");
        }
    }

    #[test]
    fn another_cost_wants_a_rehash() {
        let hasher = hasher(5);
        assert!(hasher.needs_rehash(&dummy(Cost::new(4).unwrap())));
        assert!(!hasher.needs_rehash(&dummy(Cost::new(5).unwrap())));
        assert!(hasher.needs_rehash(&PasswordHash::new("plain")));
    }
}
