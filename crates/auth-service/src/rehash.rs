//! Hashes a password anew when the cost, or the form that is hashed, has changed since.

use std::sync::Arc;

use steward_domain::{PasswordAttempt, PasswordHash};

use crate::AuthService;
use crate::hashing::HashingError;

impl AuthService {
    /// Does so after the answer of the sign-in that showed the password. Whatever comes in between leaves the old hash,
    /// which is as good, for the next sign-in to try again.
    pub(crate) fn rehash_later(&self, user: i64, password: PasswordAttempt, old: PasswordHash) {
        let (hasher, accounts) = (Arc::clone(&self.hasher), Arc::clone(&self.accounts));
        tokio::spawn(async move {
            let new = match hasher.hash(password).await {
                Ok(new) => new,
                Err(HashingError::Overloaded(_)) => return,
                Err(error) => return tracing::error!(%error, user, "the password was not hashed anew"),
            };
            if let Err(error) = accounts.rehash(user, &old, &new).await {
                tracing::warn!(%error, user, "the password's new hash was not stored");
            }
        });
    }
}
