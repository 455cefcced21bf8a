//! Queues a failed mail again.

use steward_domain::policy::{MailVerb, authorize_mail};
use steward_domain::{Action, AuditEntry, OutboxEntry};

use super::ChangeMailError;
use crate::AdminService;
use crate::users::ActorContext;

impl AdminService {
    /// Queues the failed mail with this id, due at once. Returns the mail.
    pub async fn retry_mail(&self, context: ActorContext, id: i64) -> Result<OutboxEntry, ChangeMailError> {
        let ActorContext { actor, origin } = context;
        authorize_mail(actor.role, MailVerb::Retry)?;
        let entry = AuditEntry::of_mail(&actor, Action::MailRetried, id, self.clock.now(), origin);
        Ok(self.outbox.retry(id, entry.into()).await?)
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::MailState;
    use steward_domain::policy::Denied;
    use steward_domain::ports::OutboxError;
    use steward_testkit::at;

    use super::*;
    use crate::testing::TestApp;

    #[tokio::test]
    async fn an_administrator_queues_a_failed_mail_again() {
        let app = TestApp::new().await;
        let id = app.fail_mail("alice").await;
        app.clock.set(at(120));
        let mail = app.service.retry_mail(app.context("boss").await, id).await.unwrap();
        assert_eq!((mail.state, mail.attempts, mail.next_attempt_at), (MailState::Queued, 0, Some(at(120))));
        let entry = app.only_entry().await;
        let details = format!("mail: {id}");
        assert_eq!((entry.action.as_str(), entry.target, entry.details), ("MAIL_RETRIED", None, Some(details)));
        let again = app.service.retry_mail(app.context("boss").await, id).await;
        assert!(matches!(again, Err(ChangeMailError::Outbox(OutboxError::WrongState(MailState::Queued)))), "{again:?}");
    }

    #[tokio::test]
    async fn a_user_is_denied() {
        let app = TestApp::new().await;
        let id = app.fail_mail("alice").await;
        let denied = app.service.retry_mail(app.context("alice").await, id).await;
        assert!(matches!(denied, Err(ChangeMailError::Denied(Denied::NotAnAdministrator))), "{denied:?}");
        assert!(app.audit_trail().await.is_empty());
    }
}
