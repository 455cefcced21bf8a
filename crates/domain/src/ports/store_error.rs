use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// The reason why a storage operation failed. The cause goes to the log, never to the caller.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Storage cannot be reached, or did not respond before the deadline. A later attempt may succeed.
    #[error("storage is unavailable: {0}")]
    Unavailable(Cause),
    /// Storage rejected the operation or returned invalid data. This is a defect.
    #[error("storage failed: {0}")]
    Failed(Cause),
}

impl StoreError {
    /// Wraps a cause as [`StoreError::Unavailable`].
    pub fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(Cause(Arc::from(cause.into())))
    }

    /// Wraps a cause as [`StoreError::Failed`].
    pub fn failed(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(Cause(Arc::from(cause.into())))
    }
}

/// The adapter's own error, shared by all callers of the same operation.
#[derive(Debug, Clone)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
