//! Creates a super_admin, for the command line.

use steward_domain::{Record, Role, User};

use crate::AuthService;
use crate::register::{NewAccount, RegisterError};

impl AuthService {
    /// Creates an account with the role `super_admin`.
    pub async fn create_admin(&self, account: NewAccount) -> Result<User, RegisterError> {
        self.create_account(account, Role::SuperAdmin, None, Record::from).await
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::{ActorKind, DisplayName, Email, Password, UserId};

    use super::*;
    use crate::testing::TestApp;

    #[tokio::test]
    async fn the_system_creates_a_super_admin() {
        let app = TestApp::new().await;
        let account = NewAccount {
            user_id: UserId::parse("root").unwrap(),
            email: Email::parse("root@example.com").unwrap(),
            name: DisplayName::parse("Root").unwrap(),
            password: Password::parse("correct horse").unwrap(),
        };
        assert_eq!(app.service.create_admin(account).await.unwrap().role, Role::SuperAdmin);
        assert!(app.log_in("root", "correct horse").await.is_ok());
        let entry = &app.audit_trail().await[0];
        assert_eq!((entry.actor_id.as_str(), entry.actor_kind), ("system", ActorKind::Cli));
    }
}
