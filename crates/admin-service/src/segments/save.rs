//! Saves a filter of the user list under a name.

use steward_domain::policy::{self, Denied};
use steward_domain::ports::{SaveSegmentError, SavedSegment};
use steward_domain::{Actor, SegmentName, SegmentQuery};

use crate::AdminService;

/// Errors of [`AdminService::save_segment`].
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The policy denies the action.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The actor has too many segments, or storage failed.
    #[error(transparent)]
    Segment(#[from] SaveSegmentError),
}

impl AdminService {
    /// Saves a query for the actor. Replaces the segment with this name, in any case.
    pub async fn save_segment(
        &self,
        actor: &Actor,
        name: SegmentName,
        query: SegmentQuery,
    ) -> Result<SavedSegment, SaveError> {
        // A segment only serves reading, so every reader may save one.
        policy::authorize_reading(actor.role)?;
        Ok(self.segments.save(actor.id, name, query, self.clock.now()).await?)
    }
}

#[cfg(test)]
mod tests {
    use steward_testkit::at;

    use super::*;
    use crate::testing::TestApp;

    fn saved_as(name: &str) -> (SegmentName, SegmentQuery) {
        (SegmentName::parse(name).unwrap(), SegmentQuery::parse("role=user").unwrap())
    }

    #[tokio::test]
    async fn a_segment_belongs_to_its_actor_and_is_not_audited() {
        let app = TestApp::new().await;
        let (boss, root) = (app.context("boss").await.actor, app.context("root").await.actor);
        let (name, query) = saved_as("Mine");
        let saved = app.service.save_segment(&boss, name.clone(), query).await.unwrap();
        assert!(saved.is_new);
        assert_eq!((saved.segment.created_at, saved.segment.updated_at), (at(60), at(60)));
        assert_eq!(app.service.list_segments(&boss).await.unwrap(), [saved.segment]);
        assert!(app.service.list_segments(&root).await.unwrap().is_empty());
        assert!(!app.service.delete_segment(&root, &name).await.unwrap());
        assert!(app.service.delete_segment(&boss, &name).await.unwrap());
        assert!(app.audit_trail().await.is_empty());
    }

    #[tokio::test]
    async fn only_administrators_have_access() {
        let app = TestApp::new().await;
        let alice = app.context("alice").await.actor;
        let (name, query) = saved_as("Mine");
        assert!(app.service.list_segments(&alice).await.is_err());
        assert!(app.service.delete_segment(&alice, &name).await.is_err());
        let denied = app.service.save_segment(&alice, name, query).await;
        assert!(matches!(denied, Err(SaveError::Denied(Denied::NotAnAdministrator))));
    }
}
