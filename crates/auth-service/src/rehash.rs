//! Replaces a password hash if the cost or the hashed form has changed.

use std::sync::Arc;

use steward_domain::{PasswordAttempt, PasswordHash, UserKey};

use crate::AuthService;
use crate::hashing::HashingError;

impl AuthService {
    /// Rehashes the password in the background, after the sign-in. If it fails, the old hash stays valid and the next
    /// sign-in tries again.
    pub(crate) fn rehash_later(&self, user: UserKey, password: PasswordAttempt, old: PasswordHash) {
        let (hasher, accounts) = (Arc::clone(&self.hasher), Arc::clone(&self.accounts));
        tokio::spawn(async move {
            let new = match hasher.hash(password).await {
                Ok(new) => new,
                Err(HashingError::Overloaded(_)) => return,
                Err(error) => return tracing::error!(%error, %user, "failed to rehash a password"),
            };
            if let Err(error) = accounts.rehash(user, &old, &new).await {
                tracing::warn!(%error, %user, "failed to store the new hash of a password");
            }
        });
    }
}
