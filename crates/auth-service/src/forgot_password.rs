//! Requests for a link that sets a new password, from clients that are not signed in.
//!
//! A request is stored without a look at the accounts. A task resolves it, so that neither the response nor its duration
//! reveals which accounts exist.

use chrono::TimeDelta;
use steward_domain::ports::StoreError;
use steward_domain::{
    AccountName, Action, AuditEntry, LinkPurpose, Locale, MailContent, MailPolicy, NewMessage, Origin, Record,
    ResetRequest, Timestamp, UnboundLink, User,
};

use crate::AuthService;

/// The maximum number of links with one purpose that an account gets within [`LINK_WINDOW`]. Further requests send
/// nothing.
pub(crate) const MAX_LINKS: u64 = 3;
/// The time over which links are counted.
pub(crate) const LINK_WINDOW: TimeDelta = TimeDelta::hours(1);

impl AuthService {
    /// Requests a link that sets a new password of `account`. Without mail, nothing happens.
    pub async fn request_password_reset(
        &self,
        account: AccountName,
        locale: Option<Locale>,
        origin: Origin,
    ) -> Result<(), StoreError> {
        if self.mail_policy() == MailPolicy::Off {
            return Ok(());
        }
        let requested_at = self.clock.now();
        self.links.request_reset(ResetRequest { account, locale, origin, requested_at }).await
    }

    /// Resolves the oldest request: mails a link to the address of the account, if the account is active or was
    /// deleted by its user, who may not have been its owner. Returns whether there was a request.
    pub(crate) async fn resolve_password_reset(&self) -> Result<bool, StoreError> {
        let (now, link) = (self.clock.now(), self.unbound_link());
        let decide = move |request: &ResetRequest, user: &User, recent: u64| {
            let can_sign_in = user.is_active || user.restorable_until().is_some_and(|end| now < end);
            (can_sign_in && recent < MAX_LINKS).then(|| record(request, user, link, now))
        };
        self.links.resolve_reset(now - LINK_WINDOW, Box::new(decide)).await
    }
}

fn record(request: &ResetRequest, user: &User, link: UnboundLink, now: Timestamp) -> Record {
    let origin = request.origin.clone();
    let entry = AuditEntry::by_system(Action::PasswordResetRequested, &user.user_id, now, origin.clone());
    let message = NewMessage::to(user, MailContent::ResetPassword { origin })
        .or_in(request.locale.clone())
        .with_link(link.bind(LinkPurpose::ResetPassword, user, &user.email, now));
    Record::from(entry).with_message(message)
}

#[cfg(test)]
mod tests {
    use steward_domain::{ActorKind, Email, UserChange};
    use steward_testkit::{a_user, at, user_id};

    use super::*;
    use crate::testing::TestApp;

    async fn request(app: &TestApp, account: AccountName) {
        let origin = Origin::new(Some([192, 0, 2, 1].into()), Some("curl/8"));
        app.service.request_password_reset(account, Locale::parse("ko-KR").ok(), origin).await.unwrap();
    }

    async fn resolve_all(app: &TestApp) {
        while app.service.resolve_password_reset().await.unwrap() {}
    }

    #[tokio::test]
    async fn a_known_account_gets_a_link_in_the_language_of_the_request() {
        let app = TestApp::new().await;
        app.create(a_user("Alice")).await;
        request(&app, AccountName::UserId(user_id("alice"))).await;
        assert!(app.mails().is_empty(), "only the task looks at the accounts");
        app.clock.set(at(3));
        resolve_all(&app).await;
        let mail = app.only_mail();
        assert_eq!((mail.kind.as_str(), mail.address.as_str()), ("reset_password", "alice@example.com"));
        assert_eq!(mail.locale.as_deref(), Some("ko-KR"));
        assert!(mail.content.contains("192.0.2.1"));
        assert_eq!(
            app.links_of("alice").await,
            [(LinkPurpose::ResetPassword.to_string(), at(3) + TimeDelta::minutes(30))]
        );

        let entry = &app.audit_trail().await[0];
        assert_eq!((entry.action.as_str(), entry.target.as_deref()), ("PASSWORD_RESET_REQUESTED", Some("Alice")));
        assert_eq!((entry.actor_kind, entry.origin.ip_address.as_deref()), (ActorKind::System, Some("192.0.2.1")));
    }

    #[tokio::test]
    async fn unknown_and_inactive_accounts_get_nothing() {
        let app = TestApp::new().await;
        app.create(a_user("eve").inactive()).await;
        let trail = app.audit_trail().await;
        for account in [
            AccountName::UserId(user_id("eve")),
            AccountName::UserId(user_id("unknown")),
            AccountName::Email(Email::parse("eve@example.com").unwrap()),
            AccountName::Email(Email::parse("unknown@example.com").unwrap()),
        ] {
            request(&app, account).await;
        }
        resolve_all(&app).await;
        assert!(app.mails().is_empty());
        assert_eq!(app.audit_trail().await, trail);
    }

    #[tokio::test]
    async fn an_account_gets_three_links_an_hour() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        for (second, mails) in [(1, 1), (2, 2), (3, 3), (4, 3), (3600, 3), (3602, 4), (3602, 4)] {
            app.clock.set(at(second));
            request(&app, AccountName::UserId(user_id("alice"))).await;
            resolve_all(&app).await;
            assert_eq!(app.mails().len(), mails, "after {second} s");
        }
    }

    #[tokio::test]
    async fn a_chosen_language_comes_first_and_the_current_address_gets_the_mail() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        request(&app, AccountName::Email(Email::parse("ALICE@example.com").unwrap())).await;
        let new = UserChange { email: Email::parse("new@example.com").ok(), ..UserChange::default() };
        app.change("alice", new).await;
        resolve_all(&app).await;
        assert!(app.mails().is_empty(), "no user has the address any more");
        request(&app, AccountName::UserId(user_id("alice"))).await;
        resolve_all(&app).await;
        assert_eq!(app.only_mail().address, "new@example.com");
    }

    #[tokio::test]
    async fn without_mail_nothing_is_stored() {
        let app = TestApp::without_mail().await;
        app.create(a_user("alice")).await;
        request(&app, AccountName::UserId(user_id("alice"))).await;
        assert!(!app.service.resolve_password_reset().await.unwrap());
    }
}
