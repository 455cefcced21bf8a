use async_trait::async_trait;

use super::{ChangeError, Rejection, StoreError};
use crate::{Avatar, ProfileChange, Record, UserId, UserProfile};

/// Profiles of users, and their pictures.
#[async_trait]
pub trait Profiles: Send + Sync {
    /// Returns the user with this id (in any case) and their profile, which is the default if the user has none.
    ///
    /// MUST see every change that was committed before the call. MUST NOT read the picture.
    async fn find(&self, user_id: &UserId) -> Result<Option<UserProfile>, StoreError>;

    /// Applies the change that `decide` returns to a profile, and writes its record, in one transaction. Returns the
    /// updated profile.
    ///
    /// - MUST call `decide` with the current profile, and lock the user until the end of the transaction.
    /// - MUST write nothing if `decide` returns an error or `None`.
    /// - MUST set the profile's `updated_at` to the timestamp of the record's audit entry. MUST set that of the user,
    ///   too, if the language changes.
    /// - MUST return `ActorGone` under the conditions of `Users::update`, and write nothing then.
    async fn update(
        &self,
        target: &UserId,
        decide: ProfileDecision<Option<(ProfileChange, Record)>>,
    ) -> Result<UserProfile, ChangeError>;

    /// Returns the picture of the user with this id (in any case).
    async fn find_avatar(&self, user_id: &UserId) -> Result<Option<Avatar>, StoreError>;

    /// Sets or removes the picture of a user, and writes the record that `decide` returns, in one transaction. Returns
    /// the profile, whose `updated_at` stays. `decide` is called as in [`Profiles::update`].
    async fn set_avatar(
        &self,
        target: &UserId,
        avatar: Option<Avatar>,
        decide: ProfileDecision<Option<Record>>,
    ) -> Result<UserProfile, ChangeError>;
}

/// Decides on a change of a profile inside the transaction. Must be pure and fast, because the user is locked while it
/// runs.
pub type ProfileDecision<T> = Box<dyn FnOnce(&UserProfile) -> Result<T, Rejection> + Send>;
