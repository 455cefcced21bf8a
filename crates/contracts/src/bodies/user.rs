use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::ports::UserDetails;
use steward_domain::{DisplayName, Email, Invalid, Role, User, UserId};
use utoipa::ToSchema;

use super::instant;

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = User)]
pub struct UserBody {
    /// Number of the account.
    #[schema(example = 3)]
    pub id: i64,
    /// What the user signs in with.
    #[schema(example = "user123")]
    pub user_id: String,
    /// E-mail address, in lower case.
    #[schema(example = "john.doe@example.com", format = Email)]
    pub email: String,
    /// How the user is called.
    #[schema(example = "John Doe")]
    pub name: String,
    /// What the user may do.
    pub role: UserRole,
    /// Whether the user may sign in.
    #[schema(example = true)]
    pub is_active: bool,
    /// When the account was made.
    #[serde(serialize_with = "instant::serialize")]
    pub created_at: DateTime<Utc>,
    /// When the account last changed.
    #[serde(serialize_with = "instant::serialize")]
    pub updated_at: DateTime<Utc>,
    /// When the user last signed in; null until the first time.
    #[serde(serialize_with = "instant::option::serialize")]
    pub last_login: Option<DateTime<Utc>>,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            user_id: user.user_id.as_str().to_owned(),
            email: user.email.as_str().to_owned(),
            name: user.name.as_str().to_owned(),
            role: user.role.into(),
            is_active: user.is_active,
            created_at: user.created_at,
            updated_at: user.updated_at,
            last_login: user.last_login,
        }
    }
}

impl UserBody {
    /// The user that the body tells of; `must_change_password` is not among what the public body says.
    pub fn into_user(self, must_change_password: bool) -> Result<User, Invalid> {
        Ok(User {
            id: self.id,
            user_id: UserId::parse(&self.user_id)?,
            email: Email::from_stored(self.email),
            name: DisplayName::from_stored(self.name),
            role: self.role.into(),
            is_active: self.is_active,
            must_change_password,
            created_at: self.created_at,
            updated_at: self.updated_at,
            last_login: self.last_login,
        })
    }
}

/// A user, with what only administrators are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = UserDetails)]
pub struct UserDetailsBody {
    /// Number of the account.
    #[schema(example = 3)]
    pub id: i64,
    /// What the user signs in with.
    #[schema(example = "user123")]
    pub user_id: String,
    /// E-mail address, in lower case.
    #[schema(example = "john.doe@example.com", format = Email)]
    pub email: String,
    /// How the user is called.
    #[schema(example = "John Doe")]
    pub name: String,
    /// What the user may do.
    pub role: UserRole,
    /// Whether the user may sign in.
    #[schema(example = true)]
    pub is_active: bool,
    /// When the account was made.
    #[serde(serialize_with = "instant::serialize")]
    pub created_at: DateTime<Utc>,
    /// When the account last changed.
    #[serde(serialize_with = "instant::serialize")]
    pub updated_at: DateTime<Utc>,
    /// When the user last signed in; null until the first time.
    #[serde(serialize_with = "instant::option::serialize")]
    pub last_login: Option<DateTime<Utc>>,
    /// Failed sign-ins that still count, wherever they came from.
    #[schema(example = 0)]
    pub failures: u64,
    /// Until when somebody who failed too often is locked out of this account; null if nobody is. It keeps nobody out
    /// who signs in from elsewhere.
    #[serde(serialize_with = "instant::option::serialize")]
    pub locked_until: Option<DateTime<Utc>>,
}

impl From<UserDetails> for UserDetailsBody {
    fn from(details: UserDetails) -> Self {
        let UserDetails { user, lock } = details;
        let UserBody { id, user_id, email, name, role, is_active, created_at, updated_at, last_login } = user.into();
        Self {
            id,
            user_id,
            email,
            name,
            role,
            is_active,
            created_at,
            updated_at,
            last_login,
            failures: lock.failures,
            locked_until: lock.locked_until,
        }
    }
}

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Role)]
pub enum UserRole {
    /// Their own account alone.
    User,
    /// Manages users whose role is `user`.
    Admin,
    /// Manages everyone.
    SuperAdmin,
}

impl From<Role> for UserRole {
    fn from(role: Role) -> Self {
        match role {
            Role::User => Self::User,
            Role::Admin => Self::Admin,
            Role::SuperAdmin => Self::SuperAdmin,
        }
    }
}

impl From<UserRole> for Role {
    fn from(role: UserRole) -> Self {
        match role {
            UserRole::User => Self::User,
            UserRole::Admin => Self::Admin,
            UserRole::SuperAdmin => Self::SuperAdmin,
        }
    }
}
