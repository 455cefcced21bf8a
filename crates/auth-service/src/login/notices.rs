//! The mails about sign-ins.

use std::time::Duration;

use chrono::TimeDelta;
use steward_domain::ports::{ChangeError, StoreError};
use steward_domain::{Action, AuditEntry, LinkPurpose, MailContent, MailKind, NewMessage, Origin, User};

use super::SignInAttempt;
use crate::AuthService;

/// The time between two notices of lock-outs to a user.
const LOCK_OUT_NOTICES: TimeDelta = TimeDelta::hours(1);

impl AuthService {
    /// Mails a link that confirms the address to a user whose sign-in requires it. Such a user has no session to request
    /// one.
    pub(super) async fn mail_verification_after(
        &self,
        attempt: &SignInAttempt,
        user: Option<&User>,
    ) -> Result<(), StoreError> {
        let Some(user) = user.filter(|_| self.mail_policy().permits(MailKind::VerifyEmail)) else { return Ok(()) };
        let (now, origin) = (self.clock.now(), attempt.origin.clone());
        let entry = AuditEntry::by_owner(user, Action::EmailVerificationRequested, now, origin);
        match self.mail_verification(user, entry, None, now).await {
            Err(ChangeError::Store(error)) => Err(error),
            // The user was deleted in the meantime.
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Returns the notice of a sign-in from an unknown device, unless it is the first sign-in.
    pub(super) fn new_device_notice(&self, user: &User, origin: &Origin) -> Option<NewMessage> {
        user.last_login.filter(|_| self.mail_policy().permits(MailKind::NewDevice))?;
        let link = self.unbound_link().bind(LinkPurpose::ResetPassword, user, &user.email, self.clock.now());
        Some(NewMessage::to(user, MailContent::NewDevice { origin: origin.clone() }).with_link(link))
    }

    /// Returns the notice of a lock-out that ends after `wait`; `None` if a user got one in the last hour. A client
    /// without an account could otherwise queue many mails, which delay other notices.
    pub(super) async fn lock_out_notice(
        &self,
        user: &User,
        origin: &Origin,
        wait: Duration,
    ) -> Result<Option<NewMessage>, StoreError> {
        let now = self.clock.now();
        if !user.is_active
            || !self.mail_policy().permits(MailKind::LockedOut)
            || self.outbox.has_recent(user.id, MailKind::LockedOut, now - LOCK_OUT_NOTICES).await?
        {
            return Ok(None);
        }
        let until = now + TimeDelta::from_std(wait).unwrap_or_default();
        Ok(Some(NewMessage::to(user, MailContent::LockedOut { origin: origin.clone(), until })))
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::FailureReason;
    use steward_testkit::{a_user, at};

    use super::*;
    use crate::login::SignInOutcome;
    use crate::testing::{PASSWORD, TestApp, log_in, sign_in_attempt};

    fn from(address: [u8; 4], password: &str) -> SignInAttempt {
        let origin = Origin::new(Some(address.into()), Some("curl/8"));
        SignInAttempt { origin, ..sign_in_attempt("alice", password) }
    }

    const HOME: [u8; 4] = [192, 0, 2, 1];
    const ABROAD: [u8; 4] = [198, 51, 100, 1];

    #[tokio::test]
    async fn a_sign_in_from_an_unknown_device_and_network_is_reported_once() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let first = log_in(&app.service, from(HOME, PASSWORD)).await.unwrap();
        log_in(&app.service, from(HOME, PASSWORD)).await.unwrap();
        let with_device = SignInAttempt { device_token: first.device_token, ..from([203, 0, 113, 1], PASSWORD) };
        log_in(&app.service, with_device).await.unwrap();
        assert!(app.mails().is_empty(), "the first sign-in, a known network, a known device");
        for _ in 0..2 {
            log_in(&app.service, from(ABROAD, PASSWORD)).await.unwrap();
        }
        let mail = app.only_mail();
        assert_eq!((mail.kind.as_str(), mail.address.as_str()), ("new_device", "alice@example.com"));
        assert!(mail.content.contains("198.51.100.1") && mail.content.contains("curl/8"));
        assert_eq!(app.links_of("alice").await.len(), 1);
        assert!(app.audit_trail().await.iter().all(|entry| entry.action == "USER_CREATED"));
    }

    #[tokio::test]
    async fn a_lock_out_is_reported_once() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        for _ in 0..5 {
            log_in(&app.service, from(HOME, "wrong")).await.unwrap_err();
        }
        assert!(app.mails().is_empty());
        for _ in 0..3 {
            let rejection = log_in(&app.service, from(HOME, PASSWORD)).await;
            assert!(matches!(rejection, Err(SignInOutcome::Locked(_))), "{rejection:?}");
        }
        let mail = app.only_mail();
        assert_eq!((mail.kind.as_str(), mail.address.as_str()), ("locked_out", "alice@example.com"));
        assert!(mail.content.contains("192.0.2.1") && mail.content.contains(&at(60).timestamp_micros().to_string()));

        // An attacker has other addresses.
        for _ in 0..6 {
            log_in(&app.service, from(ABROAD, "wrong")).await.unwrap_err();
        }
        assert_eq!(app.mails().len(), 1);
    }

    #[tokio::test]
    async fn an_unknown_id_causes_no_mail() {
        let app = TestApp::new().await;
        app.create(a_user("eve").inactive()).await;
        for id in ["unknown", "eve"] {
            for _ in 0..7 {
                app.log_in(id, "wrong").await.unwrap_err();
            }
        }
        assert!(app.mails().is_empty());
    }

    #[tokio::test]
    async fn an_unconfirmed_address_can_be_required_to_be_confirmed() {
        let app = TestApp::new().await.with_settings(|settings| settings.requires_verified_email = true);
        app.create(a_user("alice")).await;
        app.create(a_user("eve").inactive()).await;
        for mails in [1, 2, 3, 3, 3, 3, 3] {
            let rejection = app.log_in("alice", PASSWORD).await;
            assert!(matches!(rejection, Err(SignInOutcome::Unverified)), "not counted: {rejection:?}");
            assert_eq!(app.mails().len(), mails);
        }
        assert!(matches!(app.log_in("alice", "wrong").await, Err(SignInOutcome::WrongCredentials)));
        assert!(matches!(app.log_in("eve", PASSWORD).await, Err(SignInOutcome::Deactivated)));
        assert_eq!(FailureReason::Unverified.as_str(), "unverified");
        let token = crate::link_token::LinkToken::parse(&app.token_in("verify_email")).unwrap();
        app.service.verify_email(&token, Origin::default()).await.unwrap();
        assert!(app.log_in("alice", PASSWORD).await.is_ok());
    }
}
