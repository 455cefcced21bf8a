//! Gives a user another password, which the auth service does.

use steward_contracts::services::{CredentialsError, PasswordReset};
use steward_domain::{Password, UserId, policy};

use super::ActorContext;
use crate::AdminService;

impl AdminService {
    /// Sets `password`, or one that is made up, and ends every session of `target`.
    ///
    /// `token` is the actor's: the auth service checks by itself who asks.
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
}

#[cfg(test)]
mod tests {
    use steward_domain::policy::Denied;
    use steward_testkit::user_id;

    use super::*;
    use crate::testing::{Asked, TestApp};

    #[tokio::test]
    async fn the_auth_service_is_asked_with_the_actors_own_token() {
        let app = TestApp::new().await;
        let context = app.context("boss").await;
        let reset = app.service.reset_password(&context, "a token", &user_id("alice"), None).await.unwrap();
        assert_eq!(reset.temporary_password.expose(), "made up for once");
        let asked =
            Asked { caller: "a token".to_owned(), target: user_id("alice"), password: None, origin: context.origin };
        assert_eq!(app.credentials.0.take(), [asked]);
    }

    #[tokio::test]
    async fn for_a_user_it_is_not_even_asked() {
        let app = TestApp::new().await;
        let context = app.context("alice").await;
        let answer = app.service.reset_password(&context, "a token", &user_id("alice"), None).await;
        assert!(matches!(answer, Err(CredentialsError::Denied(Denied::NotAnAdministrator))));
        assert!(app.credentials.0.take().is_empty());
    }
}
