//! Revokes an invitation.

use steward_domain::ports::InvitationError;
use steward_domain::{Action, AuditEntry, Invitation, invitation};

use crate::AdminService;
use crate::users::ActorContext;

impl AdminService {
    /// Revokes an open invitation and its link.
    pub async fn revoke_invitation(&self, context: ActorContext, id: i64) -> Result<Invitation, InvitationError> {
        let now = self.clock.now();
        let decide = move |invitation: &Invitation| {
            let (ActorContext { actor, origin }, Invitation { address, role, .. }) = (context, invitation);
            invitation::authorize_invitation(actor.role, *role)?;
            Ok(AuditEntry::of_invitation(&actor, Action::InvitationRevoked, address, *role, now, origin).into())
        };
        self.invitations.revoke(id, Box::new(decide)).await
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::policy::Denied;
    use steward_domain::{InvitationState, Role};
    use steward_testkit::at;

    use super::*;
    use crate::testing::TestApp;

    #[tokio::test]
    async fn a_revoked_invitation_is_recorded() {
        let app = TestApp::new().await;
        let invitation = app.invitation("kim@example.com", Role::User).await;
        let context = app.context("boss").await;
        let revoked = app.service.revoke_invitation(context.clone(), invitation.id).await.unwrap();
        assert_eq!(revoked.state(at(60)), InvitationState::Revoked);
        let entry = &app.audit_trail().await[0];
        assert_eq!((entry.action.as_str(), entry.actor_id.as_str()), ("INVITATION_REVOKED", "boss"));
        assert_eq!(entry.details.as_deref(), Some("email: kim@example.com; role: user"));
        let again = app.service.revoke_invitation(context, invitation.id).await;
        assert!(matches!(again, Err(InvitationError::Closed(InvitationState::Revoked))), "{again:?}");
    }

    #[tokio::test]
    async fn an_admin_cannot_revoke_the_invitation_of_an_administrator() {
        let app = TestApp::new().await;
        let invitation = app.invitation("kim@example.com", Role::Admin).await;
        let result = app.service.revoke_invitation(app.context("boss").await, invitation.id).await;
        assert!(matches!(result, Err(InvitationError::Denied(Denied::TargetIsAdministrator))), "{result:?}");
        assert!(app.service.revoke_invitation(app.context("root").await, invitation.id).await.is_ok());
    }
}
