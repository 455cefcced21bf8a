//! Exchanges a refresh token for a new access token and the next refresh token.

use steward_domain::ports::StoreError;
use steward_domain::{Origin, RefreshOutcome, Rotation};

use crate::AuthService;
use crate::login::SignedIn;
use crate::refresh_token::RefreshToken;

/// Errors of [`AuthService::refresh`].
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The token is unknown or already used, or its session has ended. Clients cannot distinguish these cases.
    #[error("the refresh token is not valid")]
    Invalid,
    /// The access token could not be signed: a defect.
    #[error("the token could not be signed: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AuthService {
    /// Exchanges `presented` for new tokens. A repetition within the grace period returns the same refresh token. A
    /// later one ends the session.
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
                tracing::warn!("a refresh token was reused after the grace period; its session was ended");
                Err(RefreshError::Invalid)
            }
        }
    }
}

#[cfg(test)]
mod tests;
