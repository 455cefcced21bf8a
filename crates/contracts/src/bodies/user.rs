use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use steward_domain::ports::UserDetails;
use steward_domain::{DisplayName, Email, Invalid, Locale, MailKind, MailPolicy, Role, User, UserId, UserKey};
use utoipa::ToSchema;

use super::instant;

/// A user account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = User)]
pub struct UserBody {
    /// Number of the account.
    #[schema(example = 3)]
    pub id: i64,
    /// The id that the user signs in with.
    #[schema(example = "user123")]
    pub user_id: String,
    /// E-mail address, in lower case.
    #[schema(example = "john.doe@example.com", format = Email)]
    pub email: String,
    /// The display name.
    #[schema(example = "John Doe")]
    pub name: String,
    /// The role, which determines the permissions.
    pub role: UserRole,
    /// Whether the user may sign in.
    #[schema(example = true)]
    pub is_active: bool,
    /// When the account was created.
    #[serde(serialize_with = "instant::serialize")]
    pub created_at: DateTime<Utc>,
    /// When the account last changed.
    #[serde(serialize_with = "instant::serialize")]
    pub updated_at: DateTime<Utc>,
    /// When the user last signed in; null before the first time.
    #[serde(serialize_with = "instant::option::serialize")]
    pub last_login: Option<DateTime<Utc>>,
    /// When the user confirmed the e-mail address by a link; null if that has not happened.
    #[serde(default, serialize_with = "instant::option::serialize")]
    pub email_verified_at: Option<DateTime<Utc>>,
    /// The user's language, as a BCP 47 tag; null if the user has not chosen one.
    #[serde(default)]
    #[schema(example = "en")]
    pub locale: Option<String>,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self {
            id: user.id.get(),
            user_id: user.user_id.into(),
            email: user.email.into(),
            name: user.name.into(),
            role: user.role.into(),
            is_active: user.is_active,
            created_at: user.created_at,
            updated_at: user.updated_at,
            last_login: user.last_login,
            email_verified_at: user.email_verified_at,
            locale: user.locale.map(|locale| locale.to_string()),
        }
    }
}

impl UserBody {
    /// Converts the body to a user. The public body does not contain `must_change_password`.
    pub fn into_user(self, must_change_password: bool) -> Result<User, Invalid> {
        Ok(User {
            id: UserKey::new(self.id).ok_or_else(|| Invalid::new("must not be 0"))?,
            user_id: UserId::parse(&self.user_id)?,
            email: Email::from_stored(self.email),
            name: DisplayName::from_stored(self.name),
            role: self.role.into(),
            is_active: self.is_active,
            must_change_password,
            created_at: self.created_at,
            updated_at: self.updated_at,
            last_login: self.last_login,
            email_verified_at: self.email_verified_at,
            locale: self.locale.as_deref().map(Locale::parse).transpose()?,
            // Only administrators see it, in the details.
            purge_at: None,
            is_restorable: true,
        })
    }
}

/// A user, with the details that only administrators see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = UserDetails)]
pub struct UserDetailsBody {
    /// Number of the account.
    #[schema(example = 3)]
    pub id: i64,
    /// The id that the user signs in with.
    #[schema(example = "user123")]
    pub user_id: String,
    /// E-mail address, in lower case.
    #[schema(example = "john.doe@example.com", format = Email)]
    pub email: String,
    /// The display name.
    #[schema(example = "John Doe")]
    pub name: String,
    /// The role, which determines the permissions.
    pub role: UserRole,
    /// Whether the user may sign in.
    #[schema(example = true)]
    pub is_active: bool,
    /// When the account was created.
    #[serde(serialize_with = "instant::serialize")]
    pub created_at: DateTime<Utc>,
    /// When the account last changed.
    #[serde(serialize_with = "instant::serialize")]
    pub updated_at: DateTime<Utc>,
    /// When the user last signed in; null before the first time.
    #[serde(serialize_with = "instant::option::serialize")]
    pub last_login: Option<DateTime<Utc>>,
    /// When the user confirmed the e-mail address by a link; null if that has not happened.
    #[serde(default, serialize_with = "instant::option::serialize")]
    pub email_verified_at: Option<DateTime<Utc>>,
    /// The user's language, as a BCP 47 tag; null if the user has not chosen one.
    #[serde(default)]
    #[schema(example = "en")]
    pub locale: Option<String>,
    /// Failed sign-ins that still count, from all sources.
    #[schema(example = 0)]
    pub failures: u64,
    /// The end of the longest lock-out of a source from this account; null if no source is locked out. Sign-ins from
    /// other sources remain possible.
    #[serde(serialize_with = "instant::option::serialize")]
    pub locked_until: Option<DateTime<Utc>>,
    /// When the account will be erased; null unless its user deleted it. Activating the account restores it.
    #[serde(default, serialize_with = "instant::option::serialize")]
    pub purge_at: Option<DateTime<Utc>>,
    /// Until when a sign-in of its user restores the deleted account; null unless its user deleted it, or if an
    /// administrator has deactivated it since.
    #[serde(default, serialize_with = "instant::option::serialize")]
    pub restorable_until: Option<DateTime<Utc>>,
    /// Whether a reset of the password can mail a link (`delivery: "link"`): mail is on, and the account is active.
    #[serde(default)]
    #[schema(example = true)]
    pub can_receive_link: bool,
}

impl UserDetailsBody {
    /// Describes a user of a deployment with this mail policy.
    pub fn new(details: UserDetails, mails: MailPolicy) -> Self {
        let UserDetails { user, lock } = details;
        let (purge_at, restorable_until) = (user.purge_at, user.restorable_until());
        let can_receive_link = user.is_active && mails.permits(MailKind::PasswordResetByAdministrator);
        let UserBody {
            id,
            user_id,
            email,
            name,
            role,
            is_active,
            created_at,
            updated_at,
            last_login,
            email_verified_at,
            locale,
        } = user.into();
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
            email_verified_at,
            locale,
            failures: lock.failures,
            locked_until: lock.locked_until,
            purge_at,
            restorable_until,
            can_receive_link,
        }
    }
}

/// The role of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Role)]
pub enum UserRole {
    /// Can read and change only their own account.
    User,
    /// Manages users whose role is `user`.
    Admin,
    /// Manages all users.
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
