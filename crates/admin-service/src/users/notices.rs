//! The mails to a user about changes by an administrator.

use steward_domain::{LinkPurpose, MailContent, NewMessage, Timestamp, UnboundLink, User, UserChange};

/// Returns the mails about a change. They go to the address before the change, which the user reads.
pub(super) fn of_change(before: &User, change: &UserChange) -> Vec<NewMessage> {
    let UserChange { email, name: _, role, is_active } = change;
    let address = email.clone().map(|new_address| MailContent::EmailChanged { new_address });
    let role = role.map(|to| MailContent::RoleChanged { from: before.role, to });
    let status = is_active.map(|active| if active { MailContent::Reactivated } else { MailContent::Deactivated });
    [address, role, status].into_iter().flatten().map(|content| NewMessage::to(before, content)).collect()
}

/// Returns the mail with the link that confirms a new address. A link of an inactive account does not work, so an inactive
/// user gets none.
pub(super) fn of_new_address(
    before: &User,
    change: &UserChange,
    link: UnboundLink,
    now: Timestamp,
) -> Option<NewMessage> {
    let address = change.email.as_ref().filter(|_| change.is_active.unwrap_or(before.is_active))?;
    let link = link.bind(LinkPurpose::VerifyEmail, before, address, now);
    Some(NewMessage::to(before, MailContent::VerifyEmail).at_address(address.clone()).with_link(link))
}

/// Returns the mail about the deletion of a user.
pub(super) fn of_deletion(user: &User) -> NewMessage {
    NewMessage::to(user, MailContent::AccountDeleted).without_account()
}

#[cfg(test)]
mod tests {
    use steward_domain::ports::{ChangeError, StoreError};
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
        // The new address of an inactive account gets no link.
        let kinds = ["email_changed", "role_changed", "deactivated"];
        assert_eq!(app.mailed(), kinds.map(to_alice));
        update(&app, change).await;
        assert_eq!(app.mailed().len(), 3, "without a change there is no mail");
    }

    #[tokio::test]
    async fn a_new_address_gets_a_link_that_confirms_it() {
        let app = TestApp::new().await;
        let to = |address: &str| UserChange { email: Email::parse(address).ok(), ..UserChange::default() };
        update(&app, to("first@example.com")).await;
        update(&app, to("second@example.com")).await;
        let kinds_and_addresses = [
            to_alice("email_changed"),
            ("verify_email".to_owned(), "first@example.com".to_owned()),
            ("email_changed".to_owned(), "first@example.com".to_owned()),
            ("verify_email".to_owned(), "second@example.com".to_owned()),
        ];
        assert_eq!(app.mailed(), kinds_and_addresses);
        assert_eq!(
            app.open_links("alice").await,
            [("verify_email".to_owned(), "second@example.com".to_owned())],
            "the change supersedes the links of the old address"
        );
        assert_eq!(app.credentials.links.get(), 2);
        update(&app, to("second@example.com")).await;
        assert_eq!(app.mailed().len(), 4, "without a change there is no mail");
        update(&app, UserChange { email: Email::parse("third@example.com").ok(), is_active: Some(false), ..to("x") })
            .await;
        assert!(app.open_links("alice").await.is_empty(), "links of an inactive account do not work");
    }

    #[tokio::test]
    async fn without_the_auth_service_an_address_is_not_changed() {
        let app = TestApp::new().await;
        app.credentials.is_away.set(true);
        let context = app.context("root").await;
        let change = UserChange { email: Email::parse("new@example.com").ok(), ..UserChange::default() };
        let result = app.service.update_user(context, &user_id("alice"), change, None).await;
        assert!(matches!(result, Err(ChangeError::Store(StoreError::Unavailable(_)))), "{result:?}");
        assert_eq!(app.user("alice").await.email.as_str(), "alice@example.com");
        update(&app, UserChange { role: Some(Role::Admin), ..UserChange::default() }).await;
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
