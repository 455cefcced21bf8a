//! Ends the session of a token.

use steward_domain::SessionId;
use steward_domain::ports::StoreError;

use crate::AuthService;

impl AuthService {
    /// Ends a session. Its tokens are rejected from then on, in every process.
    pub async fn logout(&self, session: SessionId) -> Result<(), StoreError> {
        self.sessions.end(session, self.clock.now()).await
    }
}
