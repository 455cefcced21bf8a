use steward_domain::{Invalid, Origin, PasswordAttempt, UserId};

/// Who wants to sign in, and what they show for it.
#[derive(Debug, Clone)]
pub struct SignInAttempt {
    /// As whom.
    pub claimed: LoginIdentifier,
    /// What they say the password is.
    pub password: PasswordAttempt,
    /// What an earlier sign-in gave their device.
    pub device_token: Option<String>,
    /// Where they are.
    pub origin: Origin,
}

/// A user id as it was typed, which need not be anybody's, nor even one that anybody could have.
#[derive(Clone)]
pub struct LoginIdentifier {
    typed: String,
    id: Option<UserId>,
}

impl LoginIdentifier {
    /// Reads what was typed: anything up to [`UserId::MAX`] characters. What cannot be an id is nobody's, and is refused
    /// like any other that is nobody's.
    pub fn parse(typed: &str) -> Result<Self, Invalid> {
        if typed.chars().count() > UserId::MAX {
            return Err(Invalid::new("must be at most 100 characters"));
        }
        Ok(Self { typed: typed.to_owned(), id: UserId::parse(typed).ok() })
    }

    /// The id, where it can be one.
    pub fn id(&self) -> Option<&UserId> {
        self.id.as_ref()
    }

    /// What was typed; perhaps a password.
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
