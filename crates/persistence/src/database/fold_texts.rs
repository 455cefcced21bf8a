use steward_domain::ports::StoreError;

use super::{Database, each};
use crate::dialect::Dialect;
use crate::failure::Failure;

/// Texts that one transaction folds: a fraction of a second, during which other writers wait at the most.
const AT_ONCE: i64 = 2_000;

impl Database {
    /// Folds the texts for searching that are not folded as this release does it: after a migration all that were there
    /// before, else what other programs have written. It goes on where an earlier call was interrupted, and any number
    /// of processes may do it at once. Nothing but searches depends on it, so a failure is logged and ends no start.
    pub(super) async fn fold_texts(&self) {
        let mut transactions = 0_u64;
        loop {
            match self.fold_next().await {
                Ok(true) => transactions += 1,
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, "texts for searching are not folded: searches may miss some until they are");
                    return;
                }
            }
            if transactions.is_power_of_two() && transactions >= 64 {
                tracing::info!(transactions, "texts for searching are being folded");
            }
        }
    }

    /// Returns whether more may be left. A read-only database stays as it is.
    async fn fold_next(&self) -> Result<bool, StoreError> {
        if self.is_read_only().await? {
            return Ok(false);
        }
        self.call(fold_some).await
    }
}

fn fold_some(database: &Database) -> Result<bool, Failure> {
    each!(database, |conn| conn.write(|conn| Ok(conn.fold_some(AT_ONCE)?)))
}
