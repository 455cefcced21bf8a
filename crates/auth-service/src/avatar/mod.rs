//! Reads, sets and removes the picture of the signed-in user.

mod decoder;
mod picture;

use steward_domain::ports::{ChangeError, StoreError};
use steward_domain::{Action, AuditEntry, AuthenticatedSession, Avatar, Origin, UserProfile};

use crate::AuthService;
use crate::profile::of_own_account;

pub use decoder::DecodeError;
pub(crate) use decoder::PictureDecoder;
#[cfg(test)]
pub(crate) use picture::tests::a_png;
pub use picture::{InvalidPicture, MAX_SIDE};

/// Errors of [`AuthService::set_own_avatar`].
#[derive(Debug, thiserror::Error)]
pub enum SetAvatarError {
    /// The image was not decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The change failed.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl AuthService {
    /// Returns the picture of the session's user.
    pub async fn own_avatar(&self, session: &AuthenticatedSession) -> Result<Option<Avatar>, StoreError> {
        self.profiles.find_avatar(&session.user.user_id).await
    }

    /// Sets the picture of the session's user to a square of this image. Returns the profile with the new picture.
    pub async fn set_own_avatar(
        &self,
        session: &AuthenticatedSession,
        image: impl AsRef<[u8]> + Send + 'static,
        origin: Origin,
    ) -> Result<UserProfile, SetAvatarError> {
        let avatar = self.pictures.decode(session.user.id, image).await?;
        Ok(self.replace_avatar(session, Some(avatar), "picture set", origin).await?)
    }

    /// Removes the picture of the session's user, if there is one.
    pub async fn remove_own_avatar(
        &self,
        session: &AuthenticatedSession,
        origin: Origin,
    ) -> Result<UserProfile, ChangeError> {
        self.replace_avatar(session, None, "picture removed", origin).await
    }

    async fn replace_avatar(
        &self,
        session: &AuthenticatedSession,
        avatar: Option<Avatar>,
        details: &'static str,
        origin: Origin,
    ) -> Result<UserProfile, ChangeError> {
        let (actor, now) = (session.actor(), self.clock.now());
        let hash = avatar.as_ref().map(|avatar| avatar.hash.clone());
        let decide = move |before: &UserProfile| {
            if before.profile.avatar == hash {
                return Ok(None);
            }
            let entry = AuditEntry::by(&actor, Action::AvatarChanged, &before.user.user_id, now, origin);
            Ok(Some(entry.with_details(details).into()))
        };
        self.profiles.set_avatar(&session.user.user_id, avatar, Box::new(decide)).await.map_err(of_own_account)
    }
}
