//! Ends one's own sessions.

use steward_domain::ports::StoreError;
use steward_domain::{SessionSelector, User};

use crate::AuthService;

impl AuthService {
    /// Ends those of the user's own sessions; their tokens are refused from then on, in every process. Returns how many.
    pub async fn end_own_sessions(&self, user: &User, choice: SessionSelector) -> Result<u64, StoreError> {
        self.sessions.end_own(user.id, choice, self.clock.now()).await
    }
}
