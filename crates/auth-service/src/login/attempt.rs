use steward_domain::{Invalid, Origin, PasswordAttempt, UserId};

/// The input of a sign-in.
#[derive(Debug, Clone)]
pub struct SignInAttempt {
    /// The submitted user id.
    pub claimed: LoginIdentifier,
    /// The submitted password.
    pub password: PasswordAttempt,
    /// The device token from an earlier sign-in.
    pub device_token: Option<String>,
    /// Whether to restore the account if the user deleted it.
    pub restore: bool,
    /// The origin of the request.
    pub origin: Origin,
}

/// A submitted user id, which may belong to no user or be malformed.
#[derive(Clone)]
pub struct LoginIdentifier {
    typed: String,
    id: Option<UserId>,
}

impl LoginIdentifier {
    /// Accepts any text of at most [`UserId::MAX`] characters. A malformed id is handled like an unknown one.
    pub fn parse(typed: &str) -> Result<Self, Invalid> {
        if typed.chars().count() > UserId::MAX {
            return Err(Invalid::new("must be at most 100 characters"));
        }
        Ok(Self { typed: typed.to_owned(), id: UserId::parse(typed).ok() })
    }

    /// Returns the id unless it is malformed.
    pub fn id(&self) -> Option<&UserId> {
        self.id.as_ref()
    }

    /// Returns the submitted text, which may be a password.
    pub(crate) fn typed(&self) -> &str {
        &self.typed
    }
}

impl std::fmt::Debug for LoginIdentifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("LoginIdentifier").field(&self.id).finish()
    }
}

impl From<UserId> for LoginIdentifier {
    fn from(id: UserId) -> Self {
        Self { typed: id.to_string(), id: Some(id) }
    }
}
