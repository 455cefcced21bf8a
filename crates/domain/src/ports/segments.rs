use async_trait::async_trait;

use super::StoreError;
use crate::segment::{Segment, SegmentName, SegmentQuery};
use crate::{Timestamp, UserKey};

/// Saved segments of the user list, private to each administrator. A segment is a preference and changes no account, so
/// the audit trail does not record it.
#[async_trait]
pub trait Segments: Send + Sync {
    /// Returns the segments of the user with this key, sorted by case-folded name in code point order. Returns an empty
    /// list if the user does not exist.
    async fn list(&self, owner: UserKey) -> Result<Vec<Segment>, StoreError>;

    /// Saves a query for a user under a name, at `now`.
    ///
    /// - MUST replace query, spelling of the name and `updated_at` if the user has a segment of this name in any case.
    ///   Otherwise MUST add a segment.
    /// - MUST return `Full` and write nothing if the user would have more than [`Segment::MOST`] segments. This also
    ///   holds for concurrent calls.
    /// - MUST return `OwnerGone` and write nothing unless the user exists, is active and is an administrator.
    async fn save(
        &self,
        owner: UserKey,
        name: SegmentName,
        query: SegmentQuery,
        now: Timestamp,
    ) -> Result<SavedSegment, SaveSegmentError>;

    /// Deletes the user's segment of this name in any case. Returns whether it existed.
    async fn delete(&self, owner: UserKey, name: &SegmentName) -> Result<bool, StoreError>;
}

/// A segment that was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedSegment {
    /// The segment after the change.
    pub segment: Segment,
    /// Whether the user had no segment of this name before.
    pub is_new: bool,
}

/// The reason why a segment was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveSegmentError {
    /// The owner has the maximum number of segments.
    #[error("a user can save at most {} segments", Segment::MOST)]
    Full,
    /// The owner was deleted, deactivated or demoted in the meantime.
    #[error("the owner is no longer an active administrator")]
    OwnerGone,
    /// The storage operation failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
