//! Sends invitations, through the auth service.

use steward_contracts::services::InviteError;
use steward_domain::{Email, Invitation, Locale, Role, invitation, policy};

use crate::AdminService;
use crate::users::ActorContext;

impl AdminService {
    /// Sends an invitation to create an account with this address and role, in the language `locale`.
    ///
    /// `token` is the actor's access token: the auth service authenticates and authorizes the actor itself.
    pub async fn send_invitation(
        &self,
        context: &ActorContext,
        token: &str,
        address: &Email,
        role: Role,
        locale: Option<Locale>,
    ) -> Result<Invitation, InviteError> {
        invitation::authorize_invitation(context.actor.role, role)?;
        self.credentials.invite(token, address, role, locale, &context.origin).await
    }

    /// Sends an invitation again. The new link supersedes the old one. `token` is that of
    /// [`AdminService::send_invitation`].
    pub async fn resend_invitation(
        &self,
        context: &ActorContext,
        token: &str,
        id: i64,
    ) -> Result<Invitation, InviteError> {
        policy::authorize_reading(context.actor.role)?;
        self.credentials.resend_invitation(token, id, &context.origin).await
    }
}
