//! Mails a link to set a password to a user, for an administrator. The old password stops working at once.

use steward_contracts::services::{CredentialsError, PasswordLink};
use steward_domain::ports::{ChangeError, Decision, Rejection};
use steward_domain::{
    Action, Actor, AuditEntry, LinkPurpose, MailContent, MailPolicy, NewMessage, Origin, Record, Timestamp,
    UnboundLink, UserId,
};

use crate::AuthService;
use crate::reset_password::{authorize, from_change_error, from_hashing_error};

impl AuthService {
    /// Sets a random password of `target` that nothing returns, ends all sessions, and mails the link.
    pub(crate) async fn mail_password_link(
        &self,
        caller: &str,
        target: &UserId,
        origin: &Origin,
    ) -> Result<PasswordLink, CredentialsError> {
        let (actor, user) = self.authorize_reset(caller, target).await?;
        // The administrator asks for this mail, so the setting for notices does not apply.
        if self.mail_policy() == MailPolicy::Off {
            return Err(CredentialsError::MailOff);
        }
        // This check only saves hashing; the transaction checks again.
        if !user.is_active {
            return Err(CredentialsError::Inactive);
        }
        let password = self.ids.temporary_password();
        let hash = self.hasher.hash(password.into()).await.map_err(from_hashing_error)?;
        let decide = link_decision(actor, self.clock.now(), origin.clone(), self.unbound_link());
        match self.accounts.reset_password(target, hash, decide).await {
            Ok(user) => Ok(PasswordLink { user_id: user.user_id, recipient: user.email }),
            Err(ChangeError::Stale) => Err(CredentialsError::Inactive),
            Err(error) => Err(from_change_error(error)),
        }
    }
}

fn link_decision(actor: Actor, now: Timestamp, origin: Origin, link: UnboundLink) -> Decision<Record> {
    Box::new(move |locked| {
        let user = &locked.user;
        authorize(&actor, user, locked.is_last_super_admin)?;
        if !user.is_active {
            return Err(Rejection::Stale);
        }
        let entry = AuditEntry::by(&actor, Action::PasswordReset, &user.user_id, now, origin)
            .with_details(format!("delivery: link; recipient: {}; every session ended", user.email));
        let content = MailContent::PasswordResetByAdministrator { administrator: actor.name.to_string() };
        let link = link.bind(LinkPurpose::ResetPassword, user, &user.email, now);
        Ok(Record::from(entry).with_message(NewMessage::to(user, content).with_link(link)))
    })
}

#[cfg(test)]
mod tests {
    use steward_contracts::services::{Authenticator, Credentials};
    use steward_domain::policy::Denied;
    use steward_domain::ports::LockedUser;
    use steward_domain::{Password, Role};
    use steward_testkit::{a_user, an_actor, at, user_id};

    use super::*;
    use crate::link_token::LinkToken;
    use crate::login::SignInOutcome;
    use crate::testing::{PASSWORD, TestApp};

    async fn populate(app: &TestApp) -> String {
        for user in [a_user("root").super_admin(), a_user("boss").admin(), a_user("alice"), a_user("eve").inactive()] {
            app.create(user).await;
        }
        app.log_in("boss", PASSWORD).await.unwrap().token
    }

    #[tokio::test]
    async fn the_old_password_stops_working_and_the_link_sets_another() {
        let app = TestApp::new().await;
        let boss = populate(&app).await;
        let alice = app.log_in("alice", PASSWORD).await.unwrap().token;
        let origin = Origin::new(None, Some("curl/8"));
        let sent = app.service.send_password_link(&boss, &user_id("ALICE"), &origin).await.unwrap();
        assert_eq!((sent.user_id.as_str(), sent.recipient.as_str()), ("alice", "alice@example.com"));
        assert!(app.service.authenticate(&alice).await.is_err());
        assert!(matches!(app.log_in("alice", PASSWORD).await, Err(SignInOutcome::WrongCredentials)));

        let entry = &app.audit_trail().await[0];
        assert_eq!((entry.action.as_str(), entry.actor_id.as_str()), ("PASSWORD_RESET", "boss"));
        assert_eq!((entry.target.as_deref(), &entry.origin), (Some("alice"), &origin));
        let details = "delivery: link; recipient: alice@example.com; every session ended";
        assert_eq!(entry.details.as_deref(), Some(details));
        let mail = app.only_mail();
        assert_eq!((mail.kind.as_str(), &*mail.address), ("password_reset_by_administrator", "alice@example.com"));

        let token = LinkToken::parse(&app.token_in("password_reset_by_administrator")).unwrap();
        let password = Password::parse("battery staple").unwrap();
        app.service.reset_forgotten_password(&token, password, Origin::default()).await.unwrap();
        assert!(!app.log_in("alice", "battery staple").await.unwrap().user.must_change_password);
    }

    #[tokio::test]
    async fn nothing_changes_without_mails_or_for_an_inactive_account_or_a_denied_actor() {
        for (app, target) in [(TestApp::without_mail().await, "alice"), (TestApp::new().await, "eve")] {
            let boss = populate(&app).await;
            let hashes = app.hashes();
            let result = app.service.send_password_link(&boss, &user_id(target), &Origin::default()).await;
            match target {
                "alice" => assert!(matches!(result, Err(CredentialsError::MailOff)), "{result:?}"),
                _ => assert!(matches!(result, Err(CredentialsError::Inactive)), "{result:?}"),
            }
            let denied = app.service.send_password_link(&boss, &user_id("root"), &Origin::default()).await;
            assert!(
                matches!(denied, Err(CredentialsError::Denied(Denied::TargetIsAdministrator))),
                "the policy comes first: {denied:?}"
            );
            assert_eq!((app.hashes(), app.mails().len(), app.audit_trail().await.len()), (hashes, 0, 4));
            assert!(app.log_in("alice", PASSWORD).await.is_ok());
        }
    }

    #[tokio::test]
    async fn the_decision_uses_the_locked_row() {
        let app = TestApp::new().await;
        populate(&app).await;
        for (target, expected) in
            [("root", Rejection::Denied(Denied::TargetIsAdministrator)), ("eve", Rejection::Stale)]
        {
            let locked = LockedUser { user: app.user(target).await, is_last_super_admin: false };
            let link = app.service.unbound_link();
            let decide = link_decision(an_actor("boss", Role::Admin), at(1), Origin::default(), link);
            assert_eq!(decide(&locked), Err(expected), "{target}");
        }
    }
}
