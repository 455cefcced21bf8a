//! Deactivates a user, who then cannot sign in, and ends all sessions of the user.

use steward_domain::policy::{self, Verb};
use steward_domain::ports::ChangeError;
use steward_domain::{Action, User, UserChange, UserId};

use super::ActorContext;
use crate::AdminService;

impl AdminService {
    /// Deactivates `target`. Returns the updated user.
    pub async fn deactivate_user(&self, context: ActorContext, target: &UserId) -> Result<User, ChangeError> {
        policy::authorize_reading(context.actor.role)?;
        let (now, mails) = (self.clock.now(), self.mails);
        let decide = move |locked: &_| {
            context.authorize(Verb::Deactivate, locked)?;
            let change = UserChange { is_active: Some(false), ..UserChange::default() };
            Ok(context.change(change, Action::UserDeactivated, locked, now, mails))
        };
        self.users.update(target, Box::new(decide)).await
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::policy::Denied;
    use steward_domain::ports::Sessions;
    use steward_domain::{Email, Role};
    use steward_testkit::{at, user_id};

    use super::*;
    use crate::testing::TestApp;

    #[tokio::test]
    async fn deactivating_ends_every_session_and_is_idempotent() {
        let app = TestApp::new().await;
        let session = app.open_session("alice").await;
        for second in [60, 120] {
            app.clock.set(at(second));
            let alice = app.service.deactivate_user(app.context("boss").await, &user_id("alice")).await.unwrap();
            assert_eq!((alice.is_active, alice.updated_at), (false, at(60)));
        }
        assert!(app.sessions.find_active(session, at(61)).await.unwrap().is_none());
        let entry = app.only_entry().await;
        assert_eq!(
            (entry.action.as_str(), entry.details.as_deref()),
            ("USER_DEACTIVATED", Some("is_active: true → false"))
        );
    }

    #[tokio::test]
    async fn the_user_of_a_deactivated_account_cannot_restore_it_after_a_deletion() {
        let app = TestApp::new().await;
        app.delete_own_account("alice", at(900)).await;
        for _ in 0..2 {
            let alice = app.service.deactivate_user(app.context("boss").await, &user_id("alice")).await.unwrap();
            assert_eq!((alice.is_active, alice.purge_at, alice.restorable_until()), (false, Some(at(900)), None));
        }
        let entry = app.only_entry().await;
        assert_eq!(
            (entry.action.as_str(), entry.details.as_deref()),
            ("USER_DEACTIVATED", Some("is_restorable: true → false"))
        );
        assert_eq!(app.mailed(), [("deactivated".to_owned(), "alice@example.com".to_owned())]);
        let alice = app.service.activate_user(app.context("boss").await, &user_id("alice")).await.unwrap();
        assert_eq!((alice.is_active, alice.purge_at, alice.is_restorable), (true, None, true));
    }

    #[tokio::test]
    async fn other_changes_of_a_deleted_account_keep_its_restoration() {
        let app = TestApp::new().await;
        app.delete_own_account("alice", at(900)).await;
        let change = UserChange {
            role: Some(Role::Admin),
            email: Email::parse("new@example.com").ok(),
            is_active: None,
            ..UserChange::default()
        };
        let alice = app.service.update_user(app.context("root").await, &user_id("alice"), change, None).await.unwrap();
        assert_eq!((alice.role, alice.is_active, alice.restorable_until()), (Role::Admin, false, Some(at(900))));
        let kinds: Vec<_> = app.mailed().into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["email_changed", "role_changed"], "a link of an inactive account does not work");
    }

    #[tokio::test]
    async fn own_deactivation_and_that_of_administrators_by_admins_are_denied() {
        let app = TestApp::new().await;
        for (actor, target, expected) in [
            ("alice", "alice", Denied::NotAnAdministrator),
            ("boss", "boss", Denied::TargetIsAdministrator),
            ("boss", "root", Denied::TargetIsAdministrator),
            ("root", "root", Denied::DeactivatingOneself),
        ] {
            match app.service.deactivate_user(app.context(actor).await, &user_id(target)).await {
                Err(ChangeError::Denied(denied)) => assert_eq!(denied, expected, "{actor} → {target}"),
                result => panic!("{actor} → {target}: {result:?}"),
            }
        }
        assert!(app.audit_trail().await.is_empty());
    }

    #[tokio::test]
    async fn the_last_super_admin_cannot_be_deactivated() {
        let app = TestApp::new().await;
        let queen = app.context("queen").await;
        app.service.deactivate_user(app.context("root").await, &user_id("queen")).await.unwrap();
        let result = app.service.deactivate_user(queen, &user_id("root")).await;
        assert!(matches!(result, Err(ChangeError::Denied(Denied::LastSuperAdmin))), "{result:?}");
    }
}
