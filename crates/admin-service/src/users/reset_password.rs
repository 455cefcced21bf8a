//! Resets a user's password, through the auth service.

use steward_contracts::services::{CredentialsError, PasswordLink, PasswordReset};
use steward_domain::{Password, UserId, policy};

use super::ActorContext;
use crate::AdminService;

impl AdminService {
    /// Sets `password`, or a generated one, and ends all sessions of `target`.
    ///
    /// `token` is the actor's access token: the auth service authenticates and authorizes the actor itself.
    pub async fn reset_password(
        &self,
        context: &ActorContext,
        token: &str,
        target: &UserId,
        password: Option<Password>,
    ) -> Result<PasswordReset, CredentialsError> {
        policy::authorize_reading(context.actor.role)?;
        self.credentials.reset_password(token, target, password, &context.origin).await
    }

    /// Mails a link to set a password to `target`, whose password stops working and whose sessions end. `token` is that of
    /// [`AdminService::reset_password`].
    pub async fn send_password_link(
        &self,
        context: &ActorContext,
        token: &str,
        target: &UserId,
    ) -> Result<PasswordLink, CredentialsError> {
        policy::authorize_reading(context.actor.role)?;
        self.credentials.send_password_link(token, target, &context.origin).await
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::policy::Denied;
    use steward_testkit::user_id;

    use super::*;
    use crate::testing::{ResetCall, TestApp};

    #[tokio::test]
    async fn the_auth_service_is_called_with_the_actors_token() {
        let app = TestApp::new().await;
        let context = app.context("boss").await;
        let reset = app.service.reset_password(&context, "a token", &user_id("alice"), None).await.unwrap();
        assert_eq!(reset.temporary_password.expose(), "generated once");
        let expected = ResetCall {
            caller: "a token".to_owned(),
            target: user_id("alice"),
            password: None,
            origin: context.origin,
        };
        assert_eq!(app.credentials.resets.take(), [expected]);
    }

    #[tokio::test]
    async fn a_user_is_denied_without_a_call() {
        let app = TestApp::new().await;
        let context = app.context("alice").await;
        let result = app.service.reset_password(&context, "a token", &user_id("alice"), None).await;
        assert!(matches!(result, Err(CredentialsError::Denied(Denied::NotAnAdministrator))));
        let result = app.service.send_password_link(&context, "a token", &user_id("alice")).await;
        assert!(matches!(result, Err(CredentialsError::Denied(Denied::NotAnAdministrator))));
        assert!(app.credentials.resets.take().is_empty());
    }
}
