//! Cancels a mail.

use steward_domain::policy::{MailVerb, authorize_mail};
use steward_domain::{Action, AuditEntry, OutboxEntry};

use super::ChangeMailError;
use crate::AdminService;
use crate::users::ActorContext;

impl AdminService {
    /// Cancels the queued or failed mail with this id. Returns the mail.
    pub async fn cancel_mail(&self, context: ActorContext, id: i64) -> Result<OutboxEntry, ChangeMailError> {
        let ActorContext { actor, origin } = context;
        authorize_mail(actor.role, MailVerb::Cancel)?;
        let entry = AuditEntry::of_mail(&actor, Action::MailCancelled, id, self.clock.now(), origin);
        Ok(self.outbox.cancel(id, entry.into()).await?)
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::MailState;
    use steward_domain::policy::Denied;
    use steward_domain::ports::OutboxError;

    use super::*;
    use crate::testing::TestApp;

    #[tokio::test]
    async fn a_super_admin_cancels_a_mail_once() {
        let app = TestApp::new().await;
        let id = app.fail_mail("alice").await;
        let mail = app.service.cancel_mail(app.context("root").await, id).await.unwrap();
        assert_eq!(mail.state, MailState::Cancelled);
        let entry = app.only_entry().await;
        assert_eq!((entry.action.as_str(), entry.details), ("MAIL_CANCELLED", Some(format!("mail: {id}"))));
        let again = app.service.cancel_mail(app.context("root").await, id).await;
        let expected = MailState::Cancelled;
        assert!(matches!(again, Err(ChangeMailError::Outbox(OutboxError::WrongState(state))) if state == expected));
    }

    #[tokio::test]
    async fn an_admin_is_denied() {
        let app = TestApp::new().await;
        let id = app.fail_mail("alice").await;
        let denied = app.service.cancel_mail(app.context("boss").await, id).await;
        assert!(matches!(denied, Err(ChangeMailError::Denied(Denied::CancellingIsForSuperAdmins))), "{denied:?}");
        assert!(app.audit_trail().await.is_empty());
    }
}
