//! Authenticates tokens, for every service: returns the session and the user of a token.

use async_trait::async_trait;
use steward_contracts::services::{AuthenticateError, Authenticator};
use steward_domain::AuthenticatedSession;

use crate::AuthService;

#[async_trait(?Send)]
impl Authenticator for AuthService {
    async fn authenticate(&self, token: &str) -> Result<AuthenticatedSession, AuthenticateError> {
        let now = self.clock.now();
        let subject = self.tokens.verify(token, now).map_err(|_| AuthenticateError::Invalid)?;
        let session = self
            .sessions
            .find_active(subject.session, now)
            .await
            .map_err(|error| AuthenticateError::Unavailable(error.to_string()))?
            .ok_or(AuthenticateError::Invalid)?;
        if subject.user_id.eq_ignore_ascii_case(session.user.user_id.as_str()) {
            self.last_seen.touch(&session, now);
            Ok(session)
        } else {
            Err(AuthenticateError::Invalid)
        }
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::ports::Users;
    use steward_domain::{Action, Role, UserChange};
    use steward_testkit::{a_user, an_entry, at};

    use super::*;
    use crate::testing::{PASSWORD, TestApp};
    use crate::tokens::Issue;

    async fn is_rejected(app: &TestApp, token: &str) -> bool {
        matches!(app.service.authenticate(token).await, Err(AuthenticateError::Invalid))
    }

    #[tokio::test]
    async fn a_token_is_rejected_after_logout() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let (one, other) = (app.log_in("alice", PASSWORD).await.unwrap(), app.log_in("alice", PASSWORD).await.unwrap());
        let session = app.service.authenticate(&one.token).await.unwrap();
        app.service.logout(session.id).await.unwrap();
        assert!(is_rejected(&app, &one.token).await);
        assert!(!is_rejected(&app, &other.token).await);
    }

    #[tokio::test]
    async fn an_expired_token_is_rejected() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        app.clock.set(at(3599));
        assert!(!is_rejected(&app, &token).await);
        app.clock.set(at(3600));
        assert!(is_rejected(&app, &token).await);
    }

    #[tokio::test]
    async fn a_new_role_and_a_deactivation_apply_to_the_next_request() {
        let app = TestApp::new().await;
        let alice = app.create(a_user("alice")).await;
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        for (change, role) in [
            (UserChange { role: Some(Role::Admin), ..UserChange::default() }, Some(Role::Admin)),
            (UserChange { is_active: Some(false), ..UserChange::default() }, None),
        ] {
            let entry = an_entry(Action::UserUpdated, "alice", at(1));
            app.users.update(&alice.user_id, Box::new(|_| Ok(Some((change, entry.into()))))).await.unwrap();
            assert_eq!(app.service.authenticate(&token).await.ok().map(|session| session.user.role), role);
        }
    }

    #[tokio::test]
    async fn a_token_with_another_users_session_is_rejected() {
        let app = TestApp::new().await;
        let (alice, mallory) = (app.create(a_user("alice")).await, app.create(a_user("mallory")).await);
        let signed_in = app.log_in("alice", PASSWORD).await.unwrap();
        let id = app.service.authenticate(&signed_in.token).await.unwrap().id;
        let issue = Issue { session: id, at: at(0), until: at(3600) };
        let token = |user| app.service.tokens.sign(&issue, user, "jti".to_owned()).unwrap();
        assert!(!is_rejected(&app, &token(&alice)).await);
        assert!(is_rejected(&app, &token(&mallory)).await);
    }

    #[tokio::test]
    async fn a_token_for_an_unknown_session_is_rejected() {
        let app = TestApp::new().await;
        let alice = app.create(a_user("alice")).await;
        let issue = Issue { session: app.ports.ids.session_id(), at: at(0), until: at(3600) };
        let token = app.service.tokens.sign(&issue, &alice, "jti".to_owned()).unwrap();
        assert!(is_rejected(&app, &token).await);
    }
}
