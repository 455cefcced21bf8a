use steward_contracts::services::Authenticator;
use steward_domain::policy::Denied;
use steward_domain::ports::Users;
use steward_domain::{ActorKind, Role, UserChange};
use steward_testkit::{a_user, an_entry, at, user_id};

use super::*;
use crate::login::{SignInAttempt, SignInOutcome};
use crate::testing::{PASSWORD, TestApp, attempt, log_in, sign_in_attempt};

const DAY: i64 = 24 * 3600;

impl TestApp {
    async fn delete_account(&self, id: &str, password: &str) -> Result<ScheduledDeletion, DeleteAccountError> {
        let signed_in = self.log_in(id, PASSWORD).await.unwrap();
        let session = self.service.authenticate(&signed_in.token).await.unwrap();
        self.service.delete_account(&session, &attempt(password), &Origin::default()).await
    }

    async fn restore(&self, id: &str) -> Result<(), SignInOutcome> {
        log_in(&self.service, SignInAttempt { restore: true, ..sign_in_attempt(id, PASSWORD) }).await.map(drop)
    }

    async fn set_active(&self, id: &str, is_active: bool) {
        let entry = an_entry(Action::UserUpdated, id, self.service.clock.now());
        let change = UserChange { is_active: Some(is_active), ..UserChange::default() };
        self.users.update(&user_id(id), Box::new(|_| Ok(Some((change, entry.into()))))).await.unwrap();
    }
}

#[tokio::test]
async fn a_deletion_deactivates_and_a_restoration_activates() {
    let app = TestApp::new().await;
    app.create(a_user("alice")).await;
    app.clock.set(at(60));
    let deletion = app.delete_account("alice", PASSWORD).await.unwrap();
    assert_eq!(deletion, ScheduledDeletion { deleted_at: at(60), purge_at: at(60 + 14 * DAY) });
    let alice = app.user("alice").await;
    assert_eq!((alice.is_active, alice.purge_at, alice.updated_at), (false, Some(deletion.purge_at), at(60)));
    let entry = app.audit_trail().await.remove(0);
    assert_eq!((entry.action.as_str(), entry.actor_id.as_str()), ("ACCOUNT_DELETION_REQUESTED", "alice"));

    let pending = app.log_in("alice", PASSWORD).await.unwrap_err();
    assert!(matches!(pending, SignInOutcome::DeletionPending(at) if at == deletion.purge_at), "{pending:?}");
    assert!(matches!(app.log_in("alice", "wrong").await, Err(SignInOutcome::WrongCredentials)));
    app.clock.set(deletion.purge_at - TimeDelta::microseconds(1));
    app.restore("alice").await.unwrap();
    let alice = app.user("alice").await;
    assert_eq!((alice.is_active, alice.purge_at), (true, None));
    assert_eq!(app.audit_trail().await[0].action, "ACCOUNT_RESTORED");
    app.clock.set(at(100 * DAY));
    assert_eq!(app.service.erase_deleted_accounts().await.unwrap(), 0);
    app.log_in("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn after_the_grace_an_account_is_not_restored_and_a_task_erases_it() {
    let app = TestApp::new().await;
    for id in ["alice", "bob"] {
        app.create(a_user(id)).await;
    }
    app.delete_account("alice", PASSWORD).await.unwrap();
    app.clock.set(at(14 * DAY - 1));
    assert_eq!(app.service.erase_deleted_accounts().await.unwrap(), 0);
    app.clock.set(at(14 * DAY));
    assert!(matches!(app.restore("alice").await, Err(SignInOutcome::Deactivated)));
    for erased in [1, 0] {
        assert_eq!(app.service.erase_deleted_accounts().await.unwrap(), erased);
    }
    assert!(app.users.find(&user_id("alice"), at(0)).await.unwrap().is_none());
    assert!(matches!(app.log_in("alice", PASSWORD).await, Err(SignInOutcome::WrongCredentials)));
    app.log_in("bob", PASSWORD).await.unwrap();

    let trail = app.audit_trail().await;
    let erased = &trail[0];
    assert_eq!((erased.action.as_str(), erased.target.as_deref()), ("ACCOUNT_ERASED", Some("alice")));
    assert_eq!((erased.actor_kind, erased.details.as_deref()), (ActorKind::System, None));
    let request = trail.iter().find(|entry| entry.action == "ACCOUNT_DELETION_REQUESTED").unwrap();
    assert_eq!((request.actor_id.as_str(), request.actor_name.as_str()), ("alice", AuditEntry::ERASED));
    assert_eq!(request.details.as_deref(), Some(AuditEntry::ERASED));
}

#[tokio::test]
async fn an_administrator_restores_and_a_deactivated_account_is_not_restored() {
    let app = TestApp::new().await;
    app.create(a_user("alice")).await;
    app.create(a_user("bob")).await;
    app.set_active("bob", false).await;
    assert!(matches!(app.restore("bob").await, Err(SignInOutcome::Deactivated)));

    app.delete_account("alice", PASSWORD).await.unwrap();
    app.set_active("alice", true).await;
    assert_eq!(app.user("alice").await.purge_at, None);
    app.set_active("alice", false).await;
    assert!(matches!(app.restore("alice").await, Err(SignInOutcome::Deactivated)));
    app.clock.set(at(100 * DAY));
    assert_eq!(app.service.erase_deleted_accounts().await.unwrap(), 0);
}

#[tokio::test]
async fn a_deactivation_after_the_deletion_sticks_and_the_account_is_still_erased() {
    let app = TestApp::new().await;
    app.create(a_user("alice")).await;
    app.delete_account("alice", PASSWORD).await.unwrap();
    app.set_active("alice", false).await;
    assert!(matches!(app.log_in("alice", PASSWORD).await, Err(SignInOutcome::Deactivated)));
    assert!(matches!(app.restore("alice").await, Err(SignInOutcome::Deactivated)));
    assert!(app.audit_trail().await.iter().all(|entry| entry.action != "ACCOUNT_RESTORED"));
    app.clock.set(at(14 * DAY));
    assert_eq!(app.service.erase_deleted_accounts().await.unwrap(), 1);
}

#[tokio::test]
async fn the_last_super_admin_and_a_wrong_password_delete_nothing() {
    let app = TestApp::new().await;
    for id in ["root", "queen"] {
        app.create(a_user(id).super_admin()).await;
    }
    assert!(matches!(
        app.delete_account("queen", "wrong").await,
        Err(DeleteAccountError::Current(CurrentPasswordError::Wrong))
    ));
    app.delete_account("queen", PASSWORD).await.unwrap();
    let last = app.delete_account("root", PASSWORD).await;
    assert!(matches!(last, Err(DeleteAccountError::Change(ChangeError::Denied(Denied::LastSuperAdmin)))), "{last:?}");
    let root = app.user("root").await;
    assert_eq!((root.role, root.is_active, root.purge_at), (Role::SuperAdmin, true, None));
}
