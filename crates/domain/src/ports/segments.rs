use async_trait::async_trait;

use super::StoreError;
use crate::Timestamp;
use crate::segment::{Segment, SegmentName, SegmentQuery};

/// The segments that administrators keep, each for themself. A preference, not a change of any account: it leaves no
/// trail in the audit log.
#[async_trait]
pub trait Segments: Send + Sync {
    /// Those of the user with this key, sorted by their names in one case, by code point. None where there is no such
    /// user.
    async fn list(&self, owner: i64) -> Result<Vec<Segment>, StoreError>;

    /// Keeps a query for a user under a name, at `now`.
    ///
    /// MUST replace what the user keeps under this name in any case: query, name as it is written, and `updated_at`; and
    /// MUST else add it. MUST return `Full` and write nothing where that would be more than [`Segment::MOST`], however
    /// many are saved at once. MUST return `OwnerGone` and write nothing where there is no such user, or
    /// they are no administrator who is active.
    async fn save(
        &self,
        owner: i64,
        name: SegmentName,
        query: SegmentQuery,
        now: Timestamp,
    ) -> Result<SavedSegment, SaveSegmentError>;

    /// Forgets what a user keeps under this name in any case. Returns whether there was anything.
    async fn delete(&self, owner: i64, name: &SegmentName) -> Result<bool, StoreError>;
}

/// A segment that was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedSegment {
    /// The segment as it now is.
    pub segment: Segment,
    /// Whether there was none of this name before.
    pub is_new: bool,
}

/// Why a segment was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveSegmentError {
    /// The owner keeps as many as they may.
    #[error("no more than {} segments are kept", Segment::MOST)]
    Full,
    /// The owner was removed, deactivated or demoted meanwhile.
    #[error("the owner is no administrator any more")]
    OwnerGone,
    /// Storage gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}
