//! Ends sessions of the signed-in user.

use steward_domain::ports::StoreError;
use steward_domain::{SessionSelector, User};

use crate::AuthService;

impl AuthService {
    /// Ends the selected sessions of the user. Their tokens are rejected from then on, in every process. Returns the
    /// number of ended sessions.
    pub async fn end_own_sessions(&self, user: &User, selector: SessionSelector) -> Result<u64, StoreError> {
        self.sessions.end_own(user.id, selector, self.clock.now()).await
    }
}
