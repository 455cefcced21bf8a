use std::error::Error;

/// The reason why migrations were not applied.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database cannot be reached.
    #[error("cannot connect to the database: {0}")]
    Connection(Box<dyn Error + Send + Sync>),
    /// The database cannot store every text: the reason, and the fix.
    #[error("{0}")]
    Unsuitable(String),
    /// Migrations are pending, and the role may not apply them.
    #[error("{pending} migrations are pending, and {reason}")]
    NotAllowed {
        /// The number of pending migrations.
        pending: usize,
        /// The reason, and the fix.
        reason: String,
    },
    /// A migration failed. Those before it are applied, and it is rolled back.
    #[error("cannot migrate the database: {0}")]
    Failed(Box<dyn Error + Send + Sync>),
}
