//! Reads and changes the profile and the name of the signed-in user.

use steward_domain::ports::{ChangeError, LockedUser, StoreError};
use steward_domain::{
    Action, AuditEntry, AuthenticatedSession, DisplayName, Origin, ProfileChange, User, UserChange, UserProfile,
    UserVersion,
};

use crate::AuthService;

/// Errors of [`AuthService::change_own_name`].
#[derive(Debug, thiserror::Error)]
pub enum ChangeNameError {
    /// Users may not change their own name.
    #[error("users may not change their own name")]
    Disabled,
    /// The change failed.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl AuthService {
    /// Returns the profile of the session's user, or `None` if the user was deleted in the meantime.
    pub async fn own_profile(&self, session: &AuthenticatedSession) -> Result<Option<UserProfile>, StoreError> {
        self.profiles.find(&session.user.user_id).await
    }

    /// Applies `change` to the profile of the session's user. Returns the updated profile.
    ///
    /// If `versions` is given, it must contain the current version of the profile.
    pub async fn update_own_profile(
        &self,
        session: &AuthenticatedSession,
        change: ProfileChange,
        versions: Option<Vec<UserVersion>>,
        origin: Origin,
    ) -> Result<UserProfile, ChangeError> {
        let (actor, now) = (session.actor(), self.clock.now());
        let decide = move |before: &UserProfile| {
            let Some(change) = before.effective_change(change, versions.as_deref())? else { return Ok(None) };
            let entry = AuditEntry::by(&actor, Action::ProfileUpdated, &before.user.user_id, now, origin)
                .with_details(change.describe(&before.profile));
            Ok(Some((change, entry.into())))
        };
        self.profiles.update(&session.user.user_id, Box::new(decide)).await.map_err(of_own_account)
    }

    /// Changes the name of the session's user. Returns the updated user.
    pub async fn change_own_name(
        &self,
        session: &AuthenticatedSession,
        name: DisplayName,
        origin: Origin,
    ) -> Result<User, ChangeNameError> {
        if !self.allows_name_change {
            return Err(ChangeNameError::Disabled);
        }
        let (actor, now) = (session.actor(), self.clock.now());
        let decide = move |locked: &LockedUser| {
            let change = UserChange { name: Some(name), ..UserChange::default() }.against(&locked.user);
            if change.is_empty() {
                return Ok(None);
            }
            let entry = AuditEntry::by(&actor, Action::UserUpdated, &locked.user.user_id, now, origin)
                .with_details(change.describe(&locked.user));
            Ok(Some((change, entry.into())))
        };
        let changed = self.users.update(&session.user.user_id, Box::new(decide)).await;
        Ok(changed.map_err(of_own_account)?)
    }
}

/// A user who no longer exists has no valid session.
pub(crate) fn of_own_account(error: ChangeError) -> ChangeError {
    match error {
        ChangeError::NotFound => ChangeError::ActorGone,
        other => other,
    }
}
