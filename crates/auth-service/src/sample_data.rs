//! The ten sample users of the guide, for an empty database.

use futures_util::future::try_join_all;
use steward_domain::ports::StoreError;
use steward_domain::{
    ActorKind, DisplayName, Email, Invalid, NewUser, PasswordAttempt, PasswordHash, Record, Role, UserId,
};

use crate::AuthService;
use crate::hashing::HashingError;
use crate::register::created_entry;

/// A sample user.
#[derive(Debug, Clone, Copy)]
pub struct SampleUser {
    /// The user id.
    pub user_id: &'static str,
    /// The published password; the account is for trials only.
    pub password: &'static str,
    /// The e-mail address.
    pub email: &'static str,
    /// The display name.
    pub name: &'static str,
    /// The role.
    pub role: Role,
    /// Whether the account is active.
    pub is_active: bool,
}

/// The ten sample users. A search for "john" matches `user123` alone, as in the guide.
pub const USERS: [SampleUser; 10] = [
    SampleUser {
        role: Role::SuperAdmin,
        ..user("admin", "admin123", "admin@secondarymarket.com", "System Administrator")
    },
    SampleUser { role: Role::Admin, ..user("manager", "admin123", "manager@secondarymarket.com", "Service Manager") },
    user("user123", "password123", "john.doe@example.com", "John Doe"),
    user("testuser", "test123", "testuser@example.com", "Test User"),
    user("alice", "test123", "alice@example.com", "Alice Cooper"),
    user("bob", "test123", "bob@example.com", "Bob Wilson"),
    user("charlie", "test123", "charlie@example.com", "Charlie Brown"),
    user("diana", "test123", "diana@example.com", "Diana Prince"),
    SampleUser { is_active: false, ..user("inactive_user", "test123", "jane.smith@example.com", "Jane Smith") },
    SampleUser { is_active: false, ..user("eve", "test123", "eve@example.com", "Eve Adams") },
];

const fn user(user_id: &'static str, password: &'static str, email: &'static str, name: &'static str) -> SampleUser {
    SampleUser { user_id, password, email, name, role: Role::User, is_active: true }
}

/// Errors of [`AuthService::create_sample_users`].
#[derive(Debug, thiserror::Error)]
pub enum SampleDataError {
    /// A sample user is invalid: a defect of [`USERS`].
    #[error("invalid sample user: {0}")]
    Invalid(#[from] Invalid),
    /// A password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AuthService {
    /// Creates [`USERS`] for `actor` if the database has no user, and returns whether it did. Any number of processes
    /// may call it concurrently.
    pub async fn create_sample_users(&self, actor: ActorKind) -> Result<bool, SampleDataError> {
        // Ten hashes take seconds, so an empty list first checks whether the database has users.
        if !self.accounts.create_first(Vec::new()).await? {
            return Ok(false);
        }
        let users = try_join_all(USERS.iter().map(|user| self.sample_user(user, actor))).await?;
        Ok(self.accounts.create_first(users).await?)
    }

    async fn sample_user(&self, sample: &SampleUser, actor: ActorKind) -> Result<(NewUser, Record), SampleDataError> {
        // A `PasswordAttempt`, since some sample passwords are shorter than the policy allows.
        let password_hash = self.hasher.hash(PasswordAttempt::parse(sample.password)?).await?;
        let user = self.new_sample_user(sample, password_hash)?;
        let record = created_entry(&user, actor).into();
        Ok((user, record))
    }

    fn new_sample_user(&self, sample: &SampleUser, password_hash: PasswordHash) -> Result<NewUser, Invalid> {
        Ok(NewUser {
            user_id: UserId::parse(sample.user_id)?,
            email: Email::parse(sample.email)?,
            name: DisplayName::parse(sample.name)?,
            password_hash,
            role: sample.role,
            is_active: sample.is_active,
            must_change_password: false,
            locale: None,
            created_at: self.clock.now(),
        })
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::ports::Users;
    use steward_testkit::{a_user, at, user_id};

    use super::*;
    use crate::login::SignInOutcome;
    use crate::testing::TestApp;

    #[tokio::test]
    async fn an_empty_database_gets_the_guides_ten_users_once() {
        let app = TestApp::new().await;
        assert!(app.service.create_sample_users(ActorKind::System).await.unwrap());
        assert!(!app.service.create_sample_users(ActorKind::System).await.unwrap());
        let numbers = app.users.statistics(app.ports.clock.now()).await.unwrap();
        assert_eq!((numbers.total(), numbers.active()), (10, 8));
        assert_eq!((numbers.with_role(Role::SuperAdmin), numbers.with_role(Role::Admin)), (1, 1));
        let audit_entries = app.audit_trail().await;
        assert_eq!(audit_entries.len(), 10);
        assert!(audit_entries.iter().all(|entry| entry.actor_id == "system" && entry.action == "USER_CREATED"));
        assert!(audit_entries.iter().all(|entry| entry.actor_kind == ActorKind::System));
    }

    #[tokio::test]
    async fn a_database_with_a_user_stays_unchanged_and_nothing_is_hashed() {
        let app = TestApp::new().await;
        app.create(a_user("existing")).await;
        assert!(!app.service.create_sample_users(ActorKind::System).await.unwrap());
        assert_eq!(app.hashes(), 0);
        assert!(app.users.find(&user_id("admin"), at(0)).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn active_sample_users_sign_in_with_the_published_password() {
        let app = TestApp::new().await;
        app.service.create_sample_users(ActorKind::System).await.unwrap();
        for user in USERS {
            match app.log_in(user.user_id, user.password).await {
                Ok(signed_in) => assert!(user.is_active && signed_in.user.role == user.role, "{}", user.user_id),
                Err(SignInOutcome::Deactivated) => assert!(!user.is_active, "{}", user.user_id),
                Err(rejection) => panic!("{}: {rejection:?}", user.user_id),
            }
        }
    }

    #[test]
    fn the_search_for_john_finds_one_sample_user() {
        let found: Vec<_> = USERS
            .iter()
            .filter(|user| [user.user_id, user.email, user.name].concat().to_lowercase().contains("john"))
            .map(|user| user.user_id)
            .collect();
        assert_eq!(found, ["user123"]);
    }
}
