//! Gives a user another password, which the auth service does.

use steward_contracts::{CredentialsError, PasswordReset};
use steward_domain::{Password, UserId, policy};

use super::Deed;
use crate::AdminService;

impl AdminService {
    /// Sets `password`, or one that is made up, and ends every session of `target`.
    ///
    /// `token` is the actor's: the auth service checks by itself who asks.
    pub async fn reset_password(
        &self,
        deed: &Deed,
        token: &str,
        target: &UserId,
        password: Option<Password>,
    ) -> Result<PasswordReset, CredentialsError> {
        policy::authorize_reading(deed.actor.role)?;
        self.credentials.reset_password(token, target, password, &deed.origin).await
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::policy::Denied;
    use steward_testkit::user_id;

    use super::*;
    use crate::testing::{Asked, Stage};

    #[tokio::test]
    async fn the_auth_service_is_asked_with_the_actors_own_token() {
        let stage = Stage::new().await;
        let deed = stage.deed("boss").await;
        let reset = stage.service.reset_password(&deed, "a token", &user_id("alice"), None).await.unwrap();
        assert_eq!(reset.temporary_password.expose(), "made up for once");
        let asked =
            Asked { caller: "a token".to_owned(), target: user_id("alice"), password: None, origin: deed.origin };
        assert_eq!(stage.credentials.0.take(), [asked]);
    }

    #[tokio::test]
    async fn for_a_user_it_is_not_even_asked() {
        let stage = Stage::new().await;
        let deed = stage.deed("alice").await;
        let answer = stage.service.reset_password(&deed, "a token", &user_id("alice"), None).await;
        assert!(matches!(answer, Err(CredentialsError::Denied(Denied::NotAnAdministrator))));
        assert!(stage.credentials.0.take().is_empty());
    }
}
