//! The mails to a user about changes by an administrator.

use steward_domain::{MailContent, NewMessage, User, UserChange};

/// Returns the mails about a change. They go to the address before the change, which the user reads.
pub(super) fn of_change(before: &User, change: &UserChange) -> Vec<NewMessage> {
    let UserChange { email, name: _, role, is_active } = change;
    let address = email.clone().map(|new_address| MailContent::EmailChanged { new_address });
    let role = role.map(|to| MailContent::RoleChanged { from: before.role, to });
    let status = is_active.map(|active| if active { MailContent::Reactivated } else { MailContent::Deactivated });
    [address, role, status].into_iter().flatten().map(|content| NewMessage::to(before, content)).collect()
}

/// Returns the mail about the deletion of a user.
pub(super) fn of_deletion(user: &User) -> NewMessage {
    NewMessage::to(user, MailContent::AccountDeleted).without_account()
}

#[cfg(test)]
mod tests {
    use steward_domain::{DisplayName, Email, MailPolicy, Role};
    use steward_testkit::user_id;

    use super::*;
    use crate::testing::TestApp;

    async fn update(app: &TestApp, change: UserChange) {
        let context = app.context("root").await;
        app.service.update_user(context, &user_id("alice"), change, None).await.unwrap();
    }

    fn to_alice(kind: &str) -> (String, String) {
        (kind.to_owned(), "alice@example.com".to_owned())
    }

    #[tokio::test]
    async fn each_part_of_a_change_is_mailed_to_the_old_address() {
        let app = TestApp::new().await;
        let change = UserChange {
            email: Email::parse("new@example.com").ok(),
            name: DisplayName::parse("Alice Kim").ok(),
            role: Some(Role::Admin),
            is_active: Some(false),
        };
        update(&app, change.clone()).await;
        let kinds = ["email_changed", "role_changed", "deactivated"];
        assert_eq!(app.mailed(), kinds.map(to_alice));
        update(&app, change).await;
        assert_eq!(app.mailed().len(), 3, "without a change there is no mail");
    }

    #[tokio::test]
    async fn activation_and_deletion_are_mailed() {
        let app = TestApp::new().await;
        app.service.deactivate_user(app.context("boss").await, &user_id("alice")).await.unwrap();
        app.service.activate_user(app.context("boss").await, &user_id("alice")).await.unwrap();
        assert_eq!(app.mailed(), ["deactivated", "reactivated"].map(to_alice));
        app.service.delete_user(app.context("boss").await, &user_id("alice")).await.unwrap();
        assert_eq!(app.mailed(), [to_alice("account_deleted")], "a deletion erases the earlier mails");
    }

    #[tokio::test]
    async fn nothing_is_mailed_about_a_name_or_a_rejected_change_or_while_mail_is_off() {
        let mut app = TestApp::new().await;
        update(&app, UserChange { name: DisplayName::parse("Alice Kim").ok(), ..UserChange::default() }).await;
        app.service.delete_user(app.context("alice").await, &user_id("eve")).await.unwrap_err();
        assert!(app.mailed().is_empty());
        app.set_mails(MailPolicy::Off);
        update(&app, UserChange { role: Some(Role::Admin), ..UserChange::default() }).await;
        assert!(app.mailed().is_empty());
    }
}
