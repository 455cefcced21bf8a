use steward_domain::ports::StoreError;

use super::{Database, each};
use crate::dialect::Dialect;
use crate::failure::Failure;

/// Texts that one transaction folds: a fraction of a second, for which other writers wait at most.
const AT_ONCE: i64 = 2_000;

impl Database {
    /// Folds some of the texts for searching that are not folded as this release does it: after a migration all that were
    /// there before, else what other programs have written. Returns whether more may be left; call it until none is. It
    /// goes on where an earlier call was interrupted, and any number of processes may call it at once. A read-only
    /// database stays as it is.
    pub async fn fold_texts(&self) -> Result<bool, StoreError> {
        if self.is_read_only().await? {
            return Ok(false);
        }
        self.call(fold_some).await
    }
}

fn fold_some(database: &Database) -> Result<bool, Failure> {
    each!(database, |conn| conn.write(|conn| Ok(conn.fold_some(AT_ONCE)?)))
}
