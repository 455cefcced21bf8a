//! Creates users, through the auth service.

use steward_contracts::services::{CreateUserError, CreatedUser, RequestedUser};
use steward_domain::policy;

use super::ActorContext;
use crate::AdminService;

impl AdminService {
    /// Creates an account.
    ///
    /// `token` is the actor's access token: the auth service authenticates and authorizes the actor itself.
    pub async fn create_user(
        &self,
        context: &ActorContext,
        token: &str,
        user: RequestedUser,
    ) -> Result<CreatedUser, CreateUserError> {
        policy::authorize_creation(context.actor.role, user.role)?;
        self.credentials.create_user(token, user, &context.origin).await
    }
}
