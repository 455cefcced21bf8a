//! Sets a temporary password of a user, for an administrator who passes it on.

use async_trait::async_trait;
use steward_contracts::services::{
    AuthenticateError, Authenticator, CreateUserError, CreatedUser, Credentials, CredentialsError, InviteError,
    PasswordLink, PasswordReset, RequestedUser,
};
use steward_domain::policy::{self, Denied, Target, Verb};
use steward_domain::ports::{ChangeError, Decision, StoreError};
use steward_domain::{
    Action, Actor, AuditEntry, Email, Invitation, Locale, MailContent, MailPolicy, NewMessage, Origin, Password,
    Record, Role, Timestamp, UnboundLink, User, UserId,
};

use crate::AuthService;
use crate::hashing::HashingError;
use crate::password_strength::{PersonalData, UnusablePassword};

#[async_trait(?Send)]
impl Credentials for AuthService {
    async fn reset_password(
        &self,
        caller: &str,
        target: &UserId,
        password: Option<Password>,
        origin: &Origin,
    ) -> Result<PasswordReset, CredentialsError> {
        let (actor, user) = self.authorize_reset(caller, target).await?;
        let (password, hash) = if let Some(chosen) = password {
            (chosen.clone(), self.hash_chosen(chosen, PersonalData::from(&user)).await?)
        } else {
            let generated = self.ids.temporary_password();
            (generated.clone(), self.hasher.hash(generated.into()).await.map_err(from_hashing_error)?)
        };
        let decide = reset_decision(actor, self.clock.now(), origin.clone(), self.mail_policy());
        let user = self.accounts.reset_password(target, hash, decide).await.map_err(from_change_error)?;
        Ok(PasswordReset { user_id: user.user_id, temporary_password: password })
    }

    async fn send_password_link(
        &self,
        caller: &str,
        target: &UserId,
        origin: &Origin,
    ) -> Result<PasswordLink, CredentialsError> {
        self.mail_password_link(caller, target, origin).await
    }

    async fn generate_link(&self) -> Result<UnboundLink, CredentialsError> {
        Ok(self.unbound_link())
    }

    async fn invite(
        &self,
        caller: &str,
        address: &Email,
        role: Role,
        locale: Option<Locale>,
        origin: &Origin,
    ) -> Result<Invitation, InviteError> {
        self.send_invitation(caller, address, role, locale, origin).await
    }

    async fn resend_invitation(&self, caller: &str, id: i64, origin: &Origin) -> Result<Invitation, InviteError> {
        self.renew_invitation(caller, id, origin).await
    }

    async fn create_user(
        &self,
        caller: &str,
        user: RequestedUser,
        origin: &Origin,
    ) -> Result<CreatedUser, CreateUserError> {
        self.create_requested_user(caller, user, origin).await
    }
}

impl From<UnusablePassword> for CredentialsError {
    fn from(error: UnusablePassword) -> Self {
        match error {
            UnusablePassword::Weak(weak) => Self::WeakPassword(weak.into()),
            UnusablePassword::Hashing(error) => from_hashing_error(error),
        }
    }
}

/// The decision writes a notice without a link: the administrator passes the password on.
fn reset_decision(actor: Actor, now: Timestamp, origin: Origin, mails: MailPolicy) -> Decision<Record> {
    Box::new(move |locked| {
        let user = &locked.user;
        authorize(&actor, user, locked.is_last_super_admin)?;
        let entry = AuditEntry::by(&actor, Action::PasswordReset, &user.user_id, now, origin)
            .with_details("delivery: password; every session ended");
        let content = MailContent::TemporaryPasswordSet { administrator: actor.name.to_string() };
        Ok(Record::from(entry).with_notice(mails, NewMessage::to(user, content)))
    })
}

impl AuthService {
    /// Authenticates an administrator who may reset the password of `target`. Returns both.
    ///
    /// The check of the policy only saves hashing; the transaction checks again.
    pub(crate) async fn authorize_reset(
        &self,
        caller: &str,
        target: &UserId,
    ) -> Result<(Actor, User), CredentialsError> {
        let session = self.authenticate(caller).await.map_err(unauthenticated)?;
        policy::authorize_session(&session.requirements, &[])?;
        let actor = session.actor();
        policy::authorize_reading(actor.role)?;
        let account =
            self.accounts.credentials(target).await.map_err(unavailable)?.ok_or(CredentialsError::NotFound)?;
        authorize(&actor, &account.user, false)?;
        Ok((actor, account.user))
    }
}

pub(crate) fn authorize(actor: &Actor, target: &User, is_last_super_admin: bool) -> Result<(), Denied> {
    policy::authorize(actor.role, Verb::ResetPassword, Target::of(target, actor, is_last_super_admin))
}

fn unauthenticated(error: AuthenticateError) -> CredentialsError {
    match error {
        AuthenticateError::Invalid => CredentialsError::Unauthenticated,
        AuthenticateError::Unavailable(cause) => CredentialsError::Unavailable(cause),
    }
}

pub(crate) fn from_hashing_error(error: HashingError) -> CredentialsError {
    match error {
        HashingError::Overloaded(_) => CredentialsError::Overloaded,
        HashingError::Failed(cause) => CredentialsError::Unavailable(cause),
    }
}

pub(crate) fn from_change_error(error: ChangeError) -> CredentialsError {
    match error {
        ChangeError::NotFound => CredentialsError::NotFound,
        ChangeError::ActorGone => CredentialsError::Unauthenticated,
        ChangeError::Denied(denied) => denied.into(),
        ChangeError::Conflict(key) => {
            CredentialsError::Unavailable(format!("unexpected conflict on {key} in a password reset"))
        }
        ChangeError::Stale => {
            CredentialsError::Unavailable("unexpected version conflict in a password reset".to_owned())
        }
        ChangeError::Store(error) => unavailable(error),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unavailable(error: StoreError) -> CredentialsError {
    CredentialsError::Unavailable(error.to_string())
}

#[cfg(test)]
mod tests {
    use steward_domain::Role;
    use steward_domain::ports::LockedUser;
    use steward_testkit::{a_user, an_actor, at, user_id};

    use super::*;
    use crate::login::SignInOutcome;
    use crate::testing::{PASSWORD, TestApp};

    async fn set_up() -> TestApp {
        let app = TestApp::new().await;
        for user in [a_user("root").super_admin(), a_user("boss").admin(), a_user("chief").admin(), a_user("alice")] {
            app.create(user).await;
        }
        app
    }

    async fn token(app: &TestApp, id: &str) -> String {
        app.log_in(id, PASSWORD).await.unwrap().token
    }

    #[tokio::test]
    async fn a_generated_password_replaces_the_old_one_and_ends_every_session() {
        let app = set_up().await;
        let (boss, alice) = (token(&app, "boss").await, token(&app, "alice").await);
        let origin = Origin::new(None, Some("curl/8"));
        let reset = app.service.reset_password(&boss, &user_id("ALICE"), None, &origin).await.unwrap();
        assert_eq!(reset.user_id.as_str(), "alice");
        assert!(app.service.authenticate(&alice).await.is_err());
        assert!(matches!(app.log_in("alice", PASSWORD).await, Err(SignInOutcome::WrongCredentials)));
        let signed_in = app.log_in("alice", reset.temporary_password.expose()).await.unwrap();
        assert!(signed_in.user.must_change_password);

        let entry = &app.audit_trail().await[0];
        assert_eq!((entry.action.as_str(), entry.actor_id.as_str()), ("PASSWORD_RESET", "boss"));
        assert_eq!((entry.target.as_deref(), &entry.origin), (Some("alice"), &origin));
        assert_eq!(entry.details.as_deref(), Some("delivery: password; every session ended"));
        assert!(!format!("{entry:?}").contains(reset.temporary_password.expose()));
        let mail = app.only_mail();
        assert_eq!((mail.kind.as_str(), mail.address.as_str()), ("temporary_password_set", "alice@example.com"));
        assert!(mail.content.contains("boss") && !mail.content.contains(reset.temporary_password.expose()));
        assert!(app.links_of("alice").await.is_empty(), "a link would contradict the temporary password");
    }

    #[tokio::test]
    async fn a_submitted_password_becomes_the_new_one() {
        let app = set_up().await;
        let root = token(&app, "root").await;
        let password = Password::parse("battery staple").unwrap();
        let reset = app.service.reset_password(&root, &user_id("boss"), Some(password), &Origin::default()).await;
        assert_eq!(reset.unwrap().temporary_password.expose(), "battery staple");
        assert!(app.log_in("boss", "battery staple").await.is_ok());
    }

    #[tokio::test]
    async fn a_weak_submitted_password_is_rejected() {
        let app = set_up().await;
        let (root, alice) = (token(&app, "root").await, token(&app, "alice").await);
        for weak in ["password123", "Alice 4 president"] {
            let password = Some(Password::parse(weak).unwrap());
            let result = app.service.reset_password(&root, &user_id("alice"), password, &Origin::default()).await;
            assert!(matches!(result, Err(CredentialsError::WeakPassword(_))), "{weak}: {result:?}");
        }
        assert!(app.service.authenticate(&alice).await.is_ok());
        assert_eq!(app.audit_trail().await.len(), 4, "only the four created users");
    }

    #[tokio::test]
    async fn an_actor_with_a_temporary_password_cannot_reset_passwords() {
        let app = set_up().await;
        let (root, boss) = (token(&app, "root").await, user_id("boss"));
        let reset = app.service.reset_password(&root, &boss, None, &Origin::default()).await.unwrap();
        let restricted = app.log_in("boss", reset.temporary_password.expose()).await.unwrap().token;
        let result = app.service.reset_password(&restricted, &user_id("alice"), None, &Origin::default()).await;
        assert!(matches!(result, Err(CredentialsError::Denied(Denied::PasswordChangeRequired))), "{result:?}");
    }

    #[tokio::test]
    async fn denied_resets_are_rejected_before_hashing() {
        let app = set_up().await;
        let (alice, boss) = (token(&app, "alice").await, token(&app, "boss").await);
        let hashes = app.hashes();
        for (caller, target, denial) in [
            ("no token", "alice", None),
            (&*alice, "alice", Some(Denied::NotAnAdministrator)),
            (&*alice, "unknown", Some(Denied::NotAnAdministrator)),
            (&*boss, "chief", Some(Denied::TargetIsAdministrator)),
            (&*boss, "root", Some(Denied::TargetIsAdministrator)),
            (&*boss, "boss", Some(Denied::TargetIsAdministrator)),
        ] {
            let result = app.service.reset_password(caller, &user_id(target), None, &Origin::default()).await;
            match (result, denial) {
                (Err(CredentialsError::Unauthenticated), None) => {}
                (Err(CredentialsError::Denied(denied)), Some(expected)) => assert_eq!(denied, expected, "{target}"),
                (result, _) => panic!("{target}: {result:?}"),
            }
        }
        let unknown = app.service.reset_password(&boss, &user_id("unknown"), None, &Origin::default()).await;
        assert!(matches!(unknown, Err(CredentialsError::NotFound)));
        assert_eq!(app.hashes(), hashes);
        assert_eq!(app.audit_trail().await.len(), 4, "only the four created users");
    }

    #[tokio::test]
    async fn an_admin_cannot_reset_a_target_that_concurrently_became_an_administrator() {
        let app = set_up().await;
        let locked = LockedUser { user: app.user("chief").await, is_last_super_admin: false };
        let decide = reset_decision(an_actor("boss", Role::Admin), at(1), Origin::default(), MailPolicy::All);
        assert_eq!(decide(&locked), Err(Denied::TargetIsAdministrator.into()));
    }
}
