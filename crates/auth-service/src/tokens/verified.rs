//! Tokens that were found good are not checked again: a client sends the same one until it expires.
//!
//! Only the signature and what stands in the token are remembered. Whether it is of now, and its session still open, is
//! asked each time. Keys never change while a process runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::ValidatedToken;

/// Most tokens in one generation, of which there are two: a megabyte or two at most.
const GENERATION: usize = 2048;

/// By its digest, so that no token lies in memory.
type Key = [u8; 32];

/// What is remembered of tokens that were found good.
#[derive(Default)]
pub(super) struct TokenCache(Mutex<Generations>);

/// When the young one is full it becomes the old one, and what was not used since then is forgotten.
#[derive(Default)]
struct Generations {
    young: HashMap<Key, Arc<ValidatedToken>>,
    old: HashMap<Key, Arc<ValidatedToken>>,
}

impl TokenCache {
    /// What `token` vouches for, by `check` if it is not known. An error is not remembered.
    pub(super) fn vouched<E>(
        &self,
        token: &str,
        check: impl FnOnce() -> Result<ValidatedToken, E>,
    ) -> Result<Arc<ValidatedToken>, E> {
        let key = Sha256::digest(token).into();
        if let Some(vouched) = self.known().find(&key) {
            return Ok(vouched);
        }
        let vouched = Arc::new(check()?);
        self.known().remember(key, &vouched);
        Ok(vouched)
    }

    // The maps are whole between any two statements, so a panic cannot leave half of anything.
    fn known(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn find(&mut self, key: &Key) -> Option<Arc<ValidatedToken>> {
        if let Some(vouched) = self.young.get(key) {
            return Some(Arc::clone(vouched));
        }
        let vouched = self.old.remove(key)?;
        self.remember(*key, &vouched);
        Some(vouched)
    }

    fn remember(&mut self, key: Key, vouched: &Arc<ValidatedToken>) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, Arc::clone(vouched));
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::SessionId;

    use super::*;
    use crate::tokens::TokenSubject;

    fn vouched(subject: &str) -> ValidatedToken {
        let grant = TokenSubject { session: SessionId::from_bytes([0; 16]), subject: subject.to_owned() };
        ValidatedToken { grant, begins: 0, ends: 0 }
    }

    /// Whether it has to be checked.
    fn is_new(verified: &TokenCache, token: &str) -> bool {
        let mut checked = false;
        let found = verified.vouched(token, || {
            checked = true;
            Ok::<_, ()>(vouched(token))
        });
        assert_eq!(found.unwrap().grant.subject, token);
        checked
    }

    #[test]
    fn a_good_token_is_checked_once_and_a_bad_one_each_time() {
        let verified = TokenCache::default();
        assert!(is_new(&verified, "a") && !is_new(&verified, "a") && is_new(&verified, "b"));
        for _ in 0..2 {
            assert_eq!(verified.vouched("bad", || Err("wrong")).unwrap_err(), "wrong");
        }
        assert!(is_new(&verified, "bad"));
    }

    #[test]
    fn what_is_used_stays_and_the_rest_is_forgotten() {
        let verified = TokenCache::default();
        assert!(is_new(&verified, "used") && is_new(&verified, "unused"));
        for number in 0..3 * GENERATION {
            is_new(&verified, &number.to_string());
            assert!(!is_new(&verified, "used"));
        }
        assert!(is_new(&verified, "unused"));
        let known = verified.known();
        assert!(known.young.len() + known.old.len() <= 2 * GENERATION);
    }
}
