//! A cache of validated tokens, since a client sends the same token until it expires.
//!
//! Only the result of the signature check and the claims are cached. The validity period and the session are checked
//! for every request. Keys never change while a process runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::ValidatedToken;

/// Maximum number of tokens in each of the two generations: one or two megabytes in total.
const GENERATION: usize = 2048;

/// The digest of a token, so that no token stays in memory.
type Key = [u8; 32];

/// Validated tokens by their digest.
#[derive(Default)]
pub(super) struct TokenCache(Mutex<Generations>);

/// A full young generation replaces the old one, which drops the tokens that were not used in the meantime.
#[derive(Default)]
struct Generations {
    young: HashMap<Key, Arc<ValidatedToken>>,
    old: HashMap<Key, Arc<ValidatedToken>>,
}

impl TokenCache {
    /// Returns the cached result for `token`, or that of `validate`. Errors are not cached.
    pub(super) fn get_or_validate<E>(
        &self,
        token: &str,
        validate: impl FnOnce() -> Result<ValidatedToken, E>,
    ) -> Result<Arc<ValidatedToken>, E> {
        let key = Sha256::digest(token).into();
        if let Some(validated) = self.lock().get(&key) {
            return Ok(validated);
        }
        let validated = Arc::new(validate()?);
        self.lock().insert(key, &validated);
        Ok(validated)
    }

    // Each update of the maps is complete, so a poisoned lock guards valid maps.
    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn get(&mut self, key: &Key) -> Option<Arc<ValidatedToken>> {
        if let Some(validated) = self.young.get(key) {
            return Some(Arc::clone(validated));
        }
        let validated = self.old.remove(key)?;
        self.insert(*key, &validated);
        Some(validated)
    }

    fn insert(&mut self, key: Key, validated: &Arc<ValidatedToken>) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, Arc::clone(validated));
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::SessionId;

    use super::*;
    use crate::tokens::TokenSubject;

    fn validated(user_id: &str) -> ValidatedToken {
        let subject = TokenSubject { session: SessionId::from_bytes([0; 16]), user_id: user_id.to_owned() };
        ValidatedToken { subject, valid_from: 0, expires_at: 0 }
    }

    /// Returns whether the token had to be validated.
    fn is_new(cache: &TokenCache, token: &str) -> bool {
        let mut is_checked = false;
        let found = cache.get_or_validate(token, || {
            is_checked = true;
            Ok::<_, ()>(validated(token))
        });
        assert_eq!(found.unwrap().subject.user_id, token);
        is_checked
    }

    #[test]
    fn a_valid_token_is_checked_once_and_an_invalid_one_each_time() {
        let cache = TokenCache::default();
        assert!(is_new(&cache, "a") && !is_new(&cache, "a") && is_new(&cache, "b"));
        for _ in 0..2 {
            assert_eq!(cache.get_or_validate("bad", || Err("wrong")).unwrap_err(), "wrong");
        }
        assert!(is_new(&cache, "bad"));
    }

    #[test]
    fn used_tokens_stay_and_unused_tokens_are_dropped() {
        let cache = TokenCache::default();
        assert!(is_new(&cache, "used") && is_new(&cache, "unused"));
        for number in 0..3 * GENERATION {
            is_new(&cache, &number.to_string());
            assert!(!is_new(&cache, "used"));
        }
        assert!(is_new(&cache, "unused"));
        let generations = cache.lock();
        assert!(generations.young.len() + generations.old.len() <= 2 * GENERATION);
    }
}
