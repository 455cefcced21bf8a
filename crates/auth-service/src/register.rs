//! Creates an account for a new user.

use steward_domain::ports::{CreateError, StoreError, UniqueKey};
use steward_domain::{
    Action, ActorKind, AuditEntry, DisplayName, Email, LinkPurpose, Locale, MailContent, NewMessage, NewUser, Origin,
    Password, PasswordHash, Recipient, Record, Role, User, UserId, WeakPassword,
};

use crate::AuthService;
use crate::hashing::HashingError;
use crate::password_strength::{PersonalData, UnusablePassword};

/// The data of a new account.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The user id, for signing in.
    pub user_id: UserId,
    /// The e-mail address; unique.
    pub email: Email,
    /// The display name.
    pub name: DisplayName,
    /// The initial password.
    pub password: Password,
}

/// Errors of creating an account.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The user id or e-mail address is taken.
    #[error("{0} is already taken")]
    Taken(UniqueKey),
    /// The user id is reserved.
    #[error("the user id is reserved; choose another one")]
    ReservedId,
    /// The policy rejects the password.
    #[error("the password {0}")]
    WeakPassword(WeakPassword),
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CreateError> for RegisterError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Conflict(key) => Self::Taken(key),
            CreateError::ActorGone => {
                Self::Store(StoreError::failed("an account without an acting session was refused"))
            }
            CreateError::Store(error) => Self::Store(error),
        }
    }
}

impl From<UnusablePassword> for RegisterError {
    fn from(error: UnusablePassword) -> Self {
        match error {
            UnusablePassword::Weak(weak) => Self::WeakPassword(weak),
            UnusablePassword::Hashing(error) => Self::Hashing(error),
        }
    }
}

impl NewAccount {
    fn personal_data(&self) -> PersonalData {
        PersonalData { user_id: self.user_id.to_string(), email: self.email.to_string(), name: self.name.to_string() }
    }
}

impl AuthService {
    /// Creates an account with the role `user` and the language of the request, and mails a link that confirms its
    /// address.
    pub async fn register(
        &self,
        account: NewAccount,
        locale: Option<Locale>,
        origin: Origin,
    ) -> Result<User, RegisterError> {
        let (user_id, name) = (account.user_id.to_string(), account.name.to_string());
        let (policy, link) = (self.mail_policy(), self.unbound_link());
        let recipient =
            Recipient { user: None, address: account.email.clone(), name: Some(account.name.clone()), locale };
        let locale = recipient.locale.clone();
        let record = |entry: AuditEntry| {
            let link = link.for_new_user(LinkPurpose::VerifyEmail, &recipient.address, entry.timestamp);
            let entry =
                AuditEntry { actor_kind: ActorKind::User, actor_id: user_id, actor_name: name, origin, ..entry };
            let message = |content| NewMessage { recipient: recipient.clone(), content, link: None };
            Record::from(entry)
                .with_notice(policy, message(MailContent::Welcome))
                .with_notice(policy, message(MailContent::VerifyEmail).with_link(link))
        };
        self.create_account(account, Role::User, locale, record).await
    }

    /// Whether an account with this role cannot have the id. No account has the id of the program in the audit trail.
    pub(crate) fn is_reserved(&self, id: &UserId, role: Role) -> bool {
        id.key() == AuditEntry::SYSTEM || (role == Role::User && self.reserved_ids.contains(id))
    }

    /// Creates an account with this role and language. `record` returns the record for the audit entry, whose actor is the system. A
    /// reserved id is rejected for the role `user`.
    pub(crate) async fn create_account(
        &self,
        account: NewAccount,
        role: Role,
        locale: Option<Locale>,
        record: impl FnOnce(AuditEntry) -> Record,
    ) -> Result<User, RegisterError> {
        // This check only saves hashing; the unique index decides among concurrent requests.
        if self.accounts.credentials(&account.user_id).await?.is_some() {
            return Err(RegisterError::Taken(UniqueKey::UserId));
        }
        if self.is_reserved(&account.user_id, role) {
            return Err(RegisterError::ReservedId);
        }
        let password_hash = self.hash_chosen(account.password.clone(), account.personal_data()).await?;
        let user = self.new_user(account, role, locale, password_hash);
        let record = record(created_entry(&user, ActorKind::Cli));
        Ok(self.accounts.create(user, record).await?)
    }

    fn new_user(
        &self,
        account: NewAccount,
        role: Role,
        locale: Option<Locale>,
        password_hash: PasswordHash,
    ) -> NewUser {
        NewUser {
            user_id: account.user_id,
            email: account.email,
            name: account.name,
            password_hash,
            role,
            is_active: true,
            must_change_password: false,
            locale,
            created_at: self.clock.now(),
        }
    }
}

/// Returns the audit entry for an account that the system creates.
pub(crate) fn created_entry(user: &NewUser, actor_kind: ActorKind) -> AuditEntry {
    AuditEntry {
        timestamp: user.created_at,
        actor_kind,
        actor_id: AuditEntry::SYSTEM.to_owned(),
        actor_name: "System".to_owned(),
        action: Action::UserCreated,
        target: Some(user.user_id.to_string()),
        details: Some(format!("email: {}; name: {}; role: {}", user.email, user.name, user.role)),
        origin: Origin::default(),
        acting: None,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use steward_testkit::{a_user, at};

    use super::*;
    use crate::testing::TestApp;

    fn account(user_id: &str, email: &str) -> NewAccount {
        NewAccount {
            user_id: UserId::parse(user_id).unwrap(),
            email: Email::parse(email).unwrap(),
            name: DisplayName::parse("홍길동").unwrap(),
            password: Password::parse("correct horse").unwrap(),
        }
    }

    #[tokio::test]
    async fn registration_creates_a_user_and_an_audit_entry() {
        let app = TestApp::new().await;
        app.clock.set(at(7));
        let origin = Origin::new(Some([192, 0, 2, 1].into()), Some("curl/8"));
        let user = app.service.register(account("Gildong", "Gildong@Example.com"), None, origin.clone()).await.unwrap();
        assert_eq!((user.role, user.is_active, user.last_login), (Role::User, true, None));
        assert_eq!((user.created_at, user.updated_at), (at(7), at(7)));
        assert_eq!(user, app.user("gildong").await);
        assert!(app.log_in("gildong", "correct horse").await.is_ok());

        let entries = app.audit_trail().await;
        assert_eq!(entries.len(), 1);
        let entry = &entries[0];
        assert_eq!((entry.actor_id.as_str(), entry.actor_name.as_str()), ("Gildong", "홍길동"));
        assert_eq!((entry.action.as_str(), entry.target.as_deref()), ("USER_CREATED", Some("Gildong")));
        assert_eq!(entry.details.as_deref(), Some("email: gildong@example.com; name: 홍길동; role: user"));
        assert_eq!((entry.timestamp, &entry.origin), (at(7), &origin));
    }

    #[tokio::test]
    async fn conflicts_name_the_field_and_a_taken_id_costs_no_hash() {
        let app = TestApp::new().await;
        app.create(a_user("alice").email("alice@example.com")).await;
        let id = app.service.register(account("ALICE", "new@example.com"), None, Origin::default()).await;
        assert!(matches!(id, Err(RegisterError::Taken(UniqueKey::UserId))));
        assert_eq!(app.hashes(), 0);
        let email = app.service.register(account("bob", "ALICE@example.com"), None, Origin::default()).await;
        assert!(matches!(email, Err(RegisterError::Taken(UniqueKey::Email))));
    }

    #[tokio::test]
    async fn a_reserved_id_is_rejected_without_hashing() {
        let app = TestApp::new().await;
        for id in ["system", "SYSTEM", "System", "Sys.Tem", "root", "s.t-e_ward"] {
            let result = app.service.register(account(id, "new@example.com"), None, Origin::default()).await;
            assert!(matches!(result, Err(RegisterError::ReservedId)), "{id}: {result:?}");
        }
        assert_eq!((app.hashes(), app.audit_trail().await.len()), (0, 0));
        // The display name is free: the actor kind distinguishes this user from the system.
        let named = NewAccount { name: DisplayName::parse("System").unwrap(), ..account("gildong", "g@example.com") };
        app.service.register(named, None, Origin::default()).await.unwrap();
        assert_eq!(app.audit_trail().await[0].actor_kind, ActorKind::User);
    }

    #[tokio::test]
    async fn one_of_many_concurrent_registrations_gets_the_id() {
        let app = TestApp::new().await;
        let all = join_all((0..50).map(|n| {
            app.service.register(account("wanted", &format!("user{n}@example.com")), None, Origin::default())
        }));
        let (created, rejected): (Vec<_>, Vec<_>) = all.await.into_iter().partition(Result::is_ok);
        assert_eq!((created.len(), rejected.len()), (1, 49));
        assert!(rejected.iter().all(|result| matches!(result, Err(RegisterError::Taken(UniqueKey::UserId)))));
        assert_eq!(app.audit_trail().await.len(), 1);
    }
}
