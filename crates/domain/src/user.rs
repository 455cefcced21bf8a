//! Users, what may change about them, and how they are looked up.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::{DisplayName, Email, Invalid, Order, Role, SearchTerm, SessionId, TimeSpan, Timestamp, UserId};

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Storage's key.
    pub id: i64,
    /// What the user signs in with.
    pub user_id: UserId,
    /// Unique.
    pub email: Email,
    /// How the user is called.
    pub name: DisplayName,
    /// What the user may do.
    pub role: Role,
    /// An inactive user cannot sign in, and none of their sessions counts.
    pub is_active: bool,
    /// Whether the password was set by somebody else and is to be replaced.
    pub must_change_password: bool,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When the account last changed; signing in is no change.
    pub updated_at: Timestamp,
    /// When the user last signed in; `None` until the first time.
    pub last_login: Option<Timestamp>,
}

/// A user to be created.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// What the user will sign in with.
    pub user_id: UserId,
    /// Unique.
    pub email: Email,
    /// How the user is called.
    pub name: DisplayName,
    /// bcrypt hash of the first password.
    pub password_hash: PasswordHash,
    /// What the user may do.
    pub role: Role,
    /// Whether the user may sign in.
    pub is_active: bool,
    /// When the account is made.
    pub created_at: Timestamp,
}

/// A password hash in bcrypt's modular crypt format (`$2b$12$…`). Shown nowhere.
#[derive(Debug, Clone)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// Wraps a hash as bcrypt wrote it.
    pub fn new(hash: impl Into<String>) -> Self {
        Self(SecretString::from(hash.into()))
    }

    /// The hash, for the hasher and for storage.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// What is to change about a user; `None` leaves a field alone.
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
    /// Drops what `user` already is, so that what is left really changes.
    #[must_use]
    pub fn against(self, user: &User) -> Self {
        Self {
            email: self.email.filter(|email| *email != user.email),
            name: self.name.filter(|name| *name != user.name),
            role: self.role.filter(|role| *role != user.role),
            is_active: self.is_active.filter(|active| *active != user.is_active),
        }
    }

    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The change in words, before → after, for the audit trail.
    pub fn describe(&self, before: &User) -> String {
        let mut fields = Vec::new();
        let mut push = |field: &str, old: &dyn fmt::Display, new: &dyn fmt::Display| {
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
        if let Some(is_active) = &self.is_active {
            push("is_active", &before.is_active, is_active);
        }
        fields.join("; ")
    }
}

/// Who is asking: a user whose session has just been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Storage's key of the user.
    pub id: i64,
    /// The user's id.
    pub user_id: UserId,
    /// The user's name, for the audit trail.
    pub name: DisplayName,
    /// The user's role at this moment.
    pub role: Role,
    /// The session that the request belongs to.
    pub session: SessionId,
}

/// Which users a list holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct UserFilter {
    /// Each word is part of user id, e-mail address or name.
    pub search: Option<SearchTerm>,
    /// Only these roles.
    pub role: Option<RoleFilter>,
    /// Only active, or only inactive users.
    pub is_active: Option<bool>,
    /// Only accounts that were made in this span.
    pub created: TimeSpan,
    /// Only who signed in last at such a time.
    pub last_login: Option<LastLogin>,
    /// Only users whom somebody is locked out of at the moment of asking, or only the others. What slows all sources of
    /// an account down together locks nobody out.
    pub locked: Option<bool>,
}

/// When those in a list signed in last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LastLogin {
    /// Never so far.
    Never,
    /// In this span.
    Within(TimeSpan),
}

/// Which roles a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoleFilter {
    /// Admins and super_admins.
    Administrators,
    /// One role.
    Exactly(Role),
}

impl RoleFilter {
    /// Reads `user`, `admin` (every administrator, as in the guide) or `super_admin`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Ok(match Role::parse(text)? {
            Role::Admin => Self::Administrators,
            role => Self::Exactly(role),
        })
    }

    /// The roles that pass.
    pub fn roles(&self) -> &[Role] {
        match self {
            Self::Administrators => &[Role::Admin, Role::SuperAdmin],
            Self::Exactly(role) => std::slice::from_ref(role),
        }
    }
}

/// What a list of users is sorted by; equal keys are sorted by id, in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum UserSort {
    /// When the account was made.
    #[default]
    CreatedAt,
    /// User id in lower case, by code point.
    UserId,
    /// E-mail address, by code point.
    Email,
    /// Name, by code point.
    Name,
    /// Last sign-in; who never signed in counts as earliest.
    LastLogin,
}

impl UserSort {
    /// Every sort key.
    pub const ALL: [Self; 5] = [Self::CreatedAt, Self::UserId, Self::Email, Self::Name, Self::LastLogin];

    /// Reads a sort key by its field's name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|sort| sort.as_str() == text)
            .ok_or_else(|| Invalid::new("must be one of created_at, user_id, email, name, last_login"))
    }

    /// The sort key's name on the wire.
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

/// A list of users: which, and in what order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct UserQuery {
    /// Which users.
    pub filter: UserFilter,
    /// Sorted by what.
    pub sort: UserSort,
    /// In which direction.
    pub order: Order,
}

impl UserQuery {
    /// The query as one unambiguous text, for its cursors.
    pub fn canonical(&self) -> String {
        format!("users {self:?}")
    }
}
