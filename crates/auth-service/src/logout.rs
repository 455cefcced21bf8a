//! Ends the session that a token belongs to.

use steward_domain::SessionId;
use steward_domain::ports::StoreError;

use crate::AuthService;

impl AuthService {
    /// Ends a session; its token is refused from then on, in every process.
    pub async fn logout(&self, session: SessionId) -> Result<(), StoreError> {
        self.sessions.end(session, self.clock.now()).await
    }
}
