//! Users, changes of users, and queries for users.
//!
//! A change names the new values. [`UserChange::against`] removes the ones that the user already has, so a change that
//! is empty afterwards writes nothing:
//!
//! ```
//! use steward_domain::{DisplayName, Email, Role, Timestamp, User, UserChange, UserId, UserKey};
//!
//! # fn user() -> Result<User, steward_domain::Invalid> {
//! #     Ok(User {
//! #         id: UserKey::new(1).unwrap(),
//! #         user_id: UserId::parse("john")?,
//! #         email: Email::parse("john@example.com")?,
//! #         name: DisplayName::parse("John Doe")?,
//! #         role: Role::User,
//! #         is_active: true,
//! #         must_change_password: false,
//! #         created_at: Timestamp::UNIX_EPOCH,
//! #         updated_at: Timestamp::UNIX_EPOCH,
//! #         last_login: None,
//! #         email_verified_at: None,
//! #         locale: None,
//! #         purge_at: None,
//! #         is_restorable: true,
//! #     })
//! # }
//! # let john = user()?;
//! assert_eq!(john.name.as_str(), "John Doe");
//! let name = DisplayName::parse("John D. Doe")?;
//! let change = UserChange { name: Some(name), is_active: Some(john.is_active), ..UserChange::default() };
//!
//! let change = change.against(&john);
//! assert_eq!(change.is_active, None);
//! assert_eq!(change.describe(&john), "name: John Doe → John D. Doe");
//! # Ok::<(), steward_domain::Invalid>(())
//! ```

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::audit::unambiguous;
use crate::{
    DisplayName, Email, Invalid, Locale, Order, Role, SearchTerm, SessionId, TimeSpan, Timestamp, UserId, UserKey,
};

/// A user account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Storage's key.
    pub id: UserKey,
    /// The id that the user signs in with.
    pub user_id: UserId,
    /// The e-mail address; unique.
    pub email: Email,
    /// The display name.
    pub name: DisplayName,
    /// The role, which determines the permissions.
    pub role: Role,
    /// Whether the account is active. An inactive user cannot sign in and has no valid session.
    pub is_active: bool,
    /// Whether another user set the password, so that the user must change it.
    pub must_change_password: bool,
    /// When the account was created.
    pub created_at: Timestamp,
    /// When the account last changed. A sign-in is not a change.
    pub updated_at: Timestamp,
    /// When the user last signed in; `None` before the first time.
    pub last_login: Option<Timestamp>,
    /// When the user confirmed the address by a link; `None` if that has not happened.
    pub email_verified_at: Option<Timestamp>,
    /// The language of mails and pages; `None` if the user has not chosen one.
    pub locale: Option<Locale>,
    /// When the account will be erased; `None` unless its user deleted it. Until then it is inactive.
    pub purge_at: Option<Timestamp>,
    /// Whether its user may restore the account after deleting it: not if an administrator has deactivated it.
    pub is_restorable: bool,
}

impl User {
    /// Returns until when its user can restore the account; `None` unless its user deleted it, or if an administrator
    /// deactivated it afterwards.
    pub fn restorable_until(&self) -> Option<Timestamp> {
        self.purge_at.filter(|_| self.is_restorable)
    }
}

/// A user to create.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The id that the user signs in with.
    pub user_id: UserId,
    /// The e-mail address; unique.
    pub email: Email,
    /// The display name.
    pub name: DisplayName,
    /// bcrypt hash of the initial password.
    pub password_hash: PasswordHash,
    /// The role, which determines the permissions.
    pub role: Role,
    /// Whether the account is active.
    pub is_active: bool,
    /// Whether the user must change the initial password, because another user set it.
    pub must_change_password: bool,
    /// The language of the request that creates the account, for mails and pages.
    pub locale: Option<Locale>,
    /// When the account is created.
    pub created_at: Timestamp,
}

/// A password hash in bcrypt's modular crypt format (`$2b$12$…`). `Debug` hides it.
#[derive(Debug, Clone)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// Wraps a hash in bcrypt's format.
    pub fn new(hash: impl Into<String>) -> Self {
        Self(SecretString::from(hash.into()))
    }

    /// Returns the hash, for the hasher and for storage.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// A change of a user. A field that is `None` keeps its value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    /// New address.
    pub email: Option<Email>,
    /// New name.
    pub name: Option<DisplayName>,
    /// New role.
    pub role: Option<Role>,
    /// New status.
    pub is_active: Option<bool>,
}

impl UserChange {
    /// Removes the fields that `user` already has, so that the rest is the actual change.
    ///
    /// The deactivation of an account that its user deleted is a change, although the account is inactive: its user can no
    /// longer restore it.
    #[must_use]
    pub fn against(self, user: &User) -> Self {
        let is_new = |active: &bool| *active != user.is_active || (!active && user.restorable_until().is_some());
        Self {
            email: self.email.filter(|email| *email != user.email),
            name: self.name.filter(|name| *name != user.name),
            role: self.role.filter(|role| *role != user.role),
            is_active: self.is_active.filter(is_new),
        }
    }

    /// Whether the change is empty.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Describes the change for the audit trail: each field, before → after.
    pub fn describe(&self, before: &User) -> String {
        let mut fields = Vec::new();
        let mut push = |field: &str, old: &dyn fmt::Display, new: &dyn fmt::Display| {
            let [old, new] = [old, new].map(|value| unambiguous(value.to_string()));
            fields.push(format!("{field}: {old} → {new}"));
        };
        if let Some(email) = &self.email {
            push("email", &before.email, email);
        }
        if let Some(name) = &self.name {
            push("name", &before.name, name);
        }
        if let Some(role) = &self.role {
            push("role", &before.role, role);
        }
        match self.is_active {
            Some(is_active) if is_active != before.is_active => push("is_active", &before.is_active, &is_active),
            Some(false) => push("is_restorable", &before.is_restorable, &false),
            Some(true) | None => {}
        }
        fields.join("; ")
    }
}

/// The user behind a request, whose session has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Storage's key of the user.
    pub id: UserKey,
    /// The user's id.
    pub user_id: UserId,
    /// The user's name, for the audit trail.
    pub name: DisplayName,
    /// The user's current role.
    pub role: Role,
    /// The session of the request.
    pub session: SessionId,
}

/// A filter of the user list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct UserFilter {
    /// Each word must occur in the user id, the e-mail address or the name.
    pub search: Option<SearchTerm>,
    /// Only users with these roles.
    pub role: Option<RoleFilter>,
    /// Only active or only inactive users.
    pub is_active: Option<bool>,
    /// Only accounts created in this time span.
    pub created: TimeSpan,
    /// Only users with this last sign-in.
    pub last_login: Option<LastLogin>,
    /// Only users with a source that is locked out now, or only users without one. The limit of an account as a whole does not
    /// count as a lock-out.
    pub locked: Option<bool>,
}

/// A filter on the last sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LastLogin {
    /// The user has never signed in.
    Never,
    /// The last sign-in is in this time span.
    Within(TimeSpan),
}

/// A filter on roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoleFilter {
    /// Admins and super_admins.
    Administrators,
    /// One role.
    Exactly(Role),
}

impl From<Role> for RoleFilter {
    /// Returns the filter that the name of a role selects: `admin` selects every administrator, as in the guide.
    ///
    /// ```
    /// use steward_domain::Role;
    /// use steward_domain::user::RoleFilter;
    ///
    /// assert_eq!(RoleFilter::from(Role::Admin).roles(), [Role::Admin, Role::SuperAdmin]);
    /// assert_eq!(RoleFilter::from(Role::User).roles(), [Role::User]);
    /// ```
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Administrators,
            Role::User | Role::SuperAdmin => Self::Exactly(role),
        }
    }
}

impl RoleFilter {
    /// Returns the roles that match.
    pub fn roles(&self) -> &[Role] {
        match self {
            Self::Administrators => &[Role::Admin, Role::SuperAdmin],
            Self::Exactly(role) => std::slice::from_ref(role),
        }
    }
}

/// The sort key of a user list. Users with equal keys are sorted by id, in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum UserSort {
    /// When the account was created.
    #[default]
    CreatedAt,
    /// User id in lower case, by code point.
    UserId,
    /// E-mail address, by code point.
    Email,
    /// Name, by code point.
    Name,
    /// Last sign-in. Users who have never signed in count as earliest.
    LastLogin,
}

impl UserSort {
    /// Every sort key.
    pub const ALL: [Self; 5] = [Self::CreatedAt, Self::UserId, Self::Email, Self::Name, Self::LastLogin];

    /// Parses a sort key, which is the name of its field.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|sort| sort.as_str() == text)
            .ok_or_else(|| Invalid::new("must be one of created_at, user_id, email, name, last_login"))
    }

    /// Returns the sort key's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::UserId => "user_id",
            Self::Email => "email",
            Self::Name => "name",
            Self::LastLogin => "last_login",
        }
    }
}

/// A query of the user list: filter and order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct UserQuery {
    /// The filter.
    pub filter: UserFilter,
    /// The sort key.
    pub sort: UserSort,
    /// The direction.
    pub order: Order,
}

impl UserQuery {
    /// Returns the query as one unambiguous text, for its cursors.
    pub fn canonical(&self) -> String {
        format!("users {self:?}")
    }
}
