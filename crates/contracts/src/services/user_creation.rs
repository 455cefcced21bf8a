use steward_domain::policy::Denied;
use steward_domain::ports::UniqueKey;
use steward_domain::{DisplayName, Email, Password, Role, User, UserId};

use super::PasswordRejection;

/// An account that an administrator creates.
#[derive(Debug, Clone)]
pub struct RequestedUser {
    /// The user id, for signing in.
    pub user_id: UserId,
    /// The e-mail address; unique.
    pub email: Email,
    /// The display name.
    pub name: DisplayName,
    /// The role.
    pub role: Role,
    /// Whether the account is active.
    pub is_active: bool,
    /// How the user gets a password.
    pub first_password: FirstPassword,
}

/// How the user of a new account gets a password.
#[derive(Debug, Clone)]
pub enum FirstPassword {
    /// A generated password, which the user must change.
    Generated,
    /// The password that the administrator chose, which the user must change.
    Chosen(Password),
    /// The link of a mail sets it. Until then the password is a random one, which no response contains.
    ByMail,
}

/// A user that an administrator created.
#[derive(Debug, Clone)]
pub struct CreatedUser {
    /// The user.
    pub user: User,
    /// The generated password. It is shown once, to the administrator.
    pub temporary_password: Option<Password>,
}

/// The reason why a user was not created.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CreateUserError {
    /// The caller's token is not valid.
    #[error("the token is not valid")]
    Unauthenticated,
    /// The caller lacks the permission.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Another user has the user id or the address.
    #[error("{0} is already taken")]
    Taken(UniqueKey),
    /// The user id is reserved.
    #[error("the user id is reserved; choose another one")]
    ReservedId,
    /// The password policy rejects the password.
    #[error("the password {0}")]
    WeakPassword(PasswordRejection),
    /// The deployment sends no mails.
    #[error("the deployment sends no mails")]
    MailOff,
    /// The queue of passwords to hash is full.
    #[error("the queue of passwords to hash is full")]
    Overloaded,
    /// The user could not be created. The cause is for the log.
    #[error("the user could not be created: {0}")]
    Unavailable(String),
}
