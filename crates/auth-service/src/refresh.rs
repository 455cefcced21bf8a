//! Exchanges a refresh token for a new access token and the next refresh token.

use steward_domain::ports::StoreError;
use steward_domain::{Origin, RefreshOutcome, Rotation};

use crate::AuthService;
use crate::login::SignedIn;
use crate::refresh_token::RefreshToken;

/// Why nothing was exchanged.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The token is none, or its session is over, or it was used before; which of these is nobody's business.
    #[error("the refresh token is not valid")]
    Invalid,
    /// The access token could not be signed: a defect.
    #[error("the token could not be signed: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
    /// Storage gave no answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AuthService {
    /// Exchanges `presented`. Whoever presents it again within the grace gets the same refresh token; later, it ends the
    /// session.
    pub async fn refresh(&self, presented: &RefreshToken, origin: Origin) -> Result<SignedIn, RefreshError> {
        let keys = &self.derived_keys.refresh;
        let successor = presented.successor(&keys.current);
        let former = keys.previous.as_ref().map(|key| presented.successor(key));
        let now = self.clock.now();
        let rotation = Rotation {
            presented: presented.hash(),
            successor: successor.hash(),
            previous_key_successor: former.as_ref().map(RefreshToken::hash),
            now,
            idle: self.session_settings.idle,
            grace: self.session_settings.grace,
            origin,
        };
        match self.sessions.refresh(rotation).await? {
            RefreshOutcome::Done { session, successor: taken } => {
                let session = *session;
                let refresh = former.filter(|former| former.hash() == taken).unwrap_or(successor);
                Ok(self.signed_in(session.id, session.user, session.expires_at, now, refresh)?)
            }
            RefreshOutcome::Unknown => Err(RefreshError::Invalid),
            RefreshOutcome::Reused => {
                tracing::warn!("a refresh token was used a second time: its session ended");
                Err(RefreshError::Invalid)
            }
        }
    }
}

#[cfg(test)]
mod tests;
