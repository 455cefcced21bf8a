//! Deletes a user. The audit entries stay.

use steward_domain::policy::{self, Verb};
use steward_domain::ports::ChangeError;
use steward_domain::{Action, Record, UserId};

use super::{ActorContext, notices};
use crate::AdminService;

impl AdminService {
    /// Deletes `target` and all its data except audit entries.
    pub async fn delete_user(&self, context: ActorContext, target: &UserId) -> Result<(), ChangeError> {
        policy::authorize_reading(context.actor.role)?;
        let (now, mails) = (self.clock.now(), self.mails);
        let decide = move |locked: &_| {
            context.authorize(Verb::Delete, locked)?;
            let user = &locked.user;
            let details = format!(
                "email: {}; name: {}; role: {}; is_active: {}",
                user.email, user.name, user.role, user.is_active
            );
            let entry = context.entry(Action::UserDeleted, locked, now).with_details(details);
            Ok(Record::from(entry).with_notice(mails, notices::of_deletion(user)))
        };
        self.users.delete(target, Box::new(decide)).await
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::policy::Denied;
    use steward_domain::ports::Sessions;
    use steward_testkit::{at, user_id};

    use super::*;
    use crate::testing::TestApp;

    #[tokio::test]
    async fn deleting_a_user_keeps_the_audit_entries() {
        let app = TestApp::new().await;
        let session = app.open_session("alice").await;
        app.service.delete_user(app.context("boss").await, &user_id("Alice")).await.unwrap();
        assert!(app.service.users.find(&user_id("alice"), at(0)).await.unwrap().is_none());
        assert!(app.sessions.find_active(session, at(61)).await.unwrap().is_none());
        let entry = app.only_entry().await;
        assert_eq!((entry.action.as_str(), entry.target.as_deref()), ("USER_DELETED", Some("alice")));
        let details = "email: alice@example.com; name: alice; role: user; is_active: true";
        assert_eq!(entry.details.as_deref(), Some(details));
        let again = app.service.delete_user(app.context("boss").await, &user_id("alice")).await;
        assert!(matches!(again, Err(ChangeError::NotFound)));
    }

    #[tokio::test]
    async fn own_deletion_and_that_of_administrators_by_admins_are_denied() {
        let app = TestApp::new().await;
        for (actor, target, expected) in [
            ("alice", "eve", Denied::NotAnAdministrator),
            ("alice", "unknown", Denied::NotAnAdministrator),
            ("boss", "boss", Denied::TargetIsAdministrator),
            ("boss", "queen", Denied::TargetIsAdministrator),
            ("root", "root", Denied::DeletingOneself),
        ] {
            match app.service.delete_user(app.context(actor).await, &user_id(target)).await {
                Err(ChangeError::Denied(denied)) => assert_eq!(denied, expected, "{actor} → {target}"),
                result => panic!("{actor} → {target}: {result:?}"),
            }
        }
        assert!(app.audit_trail().await.is_empty());
    }

    #[tokio::test]
    async fn the_last_super_admin_cannot_be_deleted() {
        let app = TestApp::new().await;
        let queen = app.context("queen").await;
        app.service.delete_user(app.context("root").await, &user_id("queen")).await.unwrap();
        let result = app.service.delete_user(queen, &user_id("root")).await;
        assert!(matches!(result, Err(ChangeError::Denied(Denied::LastSuperAdmin))), "{result:?}");
    }
}
