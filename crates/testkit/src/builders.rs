use chrono::TimeDelta;
use steward_domain::ports::Accounts;
use steward_domain::{
    Action, Actor, ActorKind, AuditEntry, DisplayName, Email, Locale, NewUser, Origin, PasswordHash, Record, Role,
    SessionId, Timestamp, User, UserId, UserKey,
};

/// The default instant of tests: 2026-01-02T03:04:05.678901Z, with microseconds.
pub fn the_beginning() -> Timestamp {
    Timestamp::from_timestamp_micros(1_767_323_045_678_901).expect("a valid instant")
}

/// The instant `seconds` after [`the_beginning`].
pub fn at(seconds: i64) -> Timestamp {
    the_beginning() + TimeDelta::seconds(seconds)
}

/// A user id.
pub fn user_id(text: &str) -> UserId {
    UserId::parse(text).expect("a valid user id")
}

/// The password hash that [`a_user`] gives the user with this id.
pub fn a_hash(user_id: &str) -> PasswordHash {
    PasswordHash::new(format!("$2b$04$hash.of.{user_id}"))
}

/// A builder of an active user with role `user`, whose name and address derive from the id, created at
/// [`the_beginning`].
pub fn a_user(user_id: &str) -> UserBuilder {
    UserBuilder(NewUser {
        user_id: self::user_id(user_id),
        email: Email::parse(&format!("{user_id}@example.com")).expect("a valid address"),
        name: DisplayName::parse(user_id).expect("a valid name"),
        password_hash: a_hash(user_id),
        role: Role::User,
        is_active: true,
        must_change_password: false,
        locale: None,
        created_at: the_beginning(),
    })
}

/// A builder of a user.
#[derive(Debug, Clone)]
#[must_use]
pub struct UserBuilder(NewUser);

impl UserBuilder {
    /// With the role `admin`.
    pub fn admin(self) -> Self {
        self.role(Role::Admin)
    }

    /// With the role `super_admin`.
    pub fn super_admin(self) -> Self {
        self.role(Role::SuperAdmin)
    }

    /// With this role.
    pub fn role(mut self, role: Role) -> Self {
        self.0.role = role;
        self
    }

    /// Deactivated.
    pub fn inactive(mut self) -> Self {
        self.0.is_active = false;
        self
    }

    /// With this e-mail address.
    pub fn email(mut self, email: &str) -> Self {
        self.0.email = Email::parse(email).expect("a valid address");
        self
    }

    /// With this name.
    pub fn name(mut self, name: &str) -> Self {
        self.0.name = DisplayName::parse(name).expect("a valid name");
        self
    }

    /// With a name and an address in the form in which an earlier version stored them.
    pub fn stored(mut self, name: &str, email: &str) -> Self {
        self.0.name = DisplayName::from_stored(name.to_owned());
        self.0.email = Email::from_stored(email.to_owned());
        self
    }

    /// With this language.
    pub fn locale(mut self, tag: &str) -> Self {
        self.0.locale = Some(Locale::parse(tag).expect("a valid language tag"));
        self
    }

    /// With this password hash.
    pub fn password_hash(mut self, hash: impl Into<String>) -> Self {
        self.0.password_hash = PasswordHash::new(hash);
        self
    }

    /// Created at this instant.
    pub fn created_at(mut self, created_at: Timestamp) -> Self {
        self.0.created_at = created_at;
        self
    }

    /// The user, ready for `Accounts::create`.
    pub fn build(self) -> NewUser {
        self.0
    }

    /// The user with the record of the registration.
    pub fn registration(self) -> (NewUser, Record) {
        let user = self.0;
        let entry = AuditEntry {
            timestamp: user.created_at,
            actor_kind: ActorKind::User,
            actor_id: user.user_id.to_string(),
            actor_name: user.name.to_string(),
            action: Action::UserCreated,
            target: Some(user.user_id.to_string()),
            details: None,
            origin: Origin::default(),
            acting: None,
        };
        (user, entry.into())
    }

    /// Creates the user, which must not exist yet.
    pub async fn create(self, accounts: &dyn Accounts) -> User {
        let (user, record) = self.registration();
        accounts.create(user, record).await.expect("a user that can be created")
    }
}

/// An actor with this role, whose session has no restrictions.
pub fn an_actor(user_id: &str, role: Role) -> Actor {
    Actor {
        // No stored user has it.
        id: UserKey::new(i64::MAX).expect("not 0"),
        user_id: self::user_id(user_id),
        name: DisplayName::parse(user_id).expect("a valid name"),
        role,
        session: SessionId::from_bytes([0; 16]),
    }
}

/// An audit entry: `root` performs `action` on `target` at an instant, with an empty origin and without a session.
pub fn an_entry(action: Action, target: &str, timestamp: Timestamp) -> AuditEntry {
    let root = an_actor("root", Role::SuperAdmin);
    AuditEntry { acting: None, ..AuditEntry::by(&root, action, &user_id(target), timestamp, Origin::default()) }
}
