//! Test support: the service on a new SQLite database, with an adjustable clock.

pub(crate) mod http;
mod invitations;
mod mails;

use std::sync::Arc;

use chrono::TimeDelta;
use steward_domain::ports::{AuditLog, Users};
use steward_domain::{
    Action, AuditFilter, AuditRecord, LockoutRules, MailPolicy, Origin, PageRequest, PageSize, PasswordAttempt,
    PasswordPolicy, ReservedIds, User, UserChange,
};
use steward_persistence::{
    Database, DatabaseSettings, SqlAccountExports, SqlAccounts, SqlAuditLog, SqlDeletions, SqlInvitations, SqlLinks,
    SqlLoginAttempts, SqlOutbox, SqlProfiles, SqlSessions, SqlSignIns, SqlUsers,
};
use steward_testkit::{TestClock, TestIds, UserBuilder, an_entry, at, user_id};
use tempfile::TempDir;

pub(crate) use self::invitations::link_token;

use crate::login::{LoginIdentifier, SignInAttempt, SignInOutcome, SignedIn};
use crate::{
    AuthPorts, AuthService, AuthSettings, Cost, HashingSettings, MailSettings, PublicKey, SessionSettings, SigningKey,
    TokenKeys,
};

/// The secret that signs tokens by default.
pub(crate) const SECRET: &str = "a-key-of-32-bytes-for-tests-only";
/// The password of all test users.
pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) struct TestApp {
    pub(crate) service: Arc<AuthService>,
    pub(crate) ports: AuthPorts,
    pub(crate) users: Arc<SqlUsers>,
    pub(crate) clock: Arc<TestClock>,
    audit_log: SqlAuditLog,
    folder: TempDir,
}

impl TestApp {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        let database = Database::connect(&DatabaseSettings::new(url.parse().unwrap())).unwrap();
        database.migrate().await.unwrap();
        let clock = Arc::new(TestClock::default());
        let ports = AuthPorts {
            accounts: Arc::new(SqlAccounts::new(database.clone())),
            account_exports: Arc::new(SqlAccountExports::new(database.clone())),
            deletions: Arc::new(SqlDeletions::new(database.clone())),
            sessions: Arc::new(SqlSessions::new(database.clone())),
            login_attempts: Arc::new(SqlLoginAttempts::new(database.clone())),
            sign_ins: Arc::new(SqlSignIns::new(database.clone())),
            invitations: Arc::new(SqlInvitations::new(database.clone())),
            links: Arc::new(SqlLinks::new(database.clone())),
            outbox: Arc::new(SqlOutbox::new(database.clone())),
            delivery: None,
            users: Arc::new(SqlUsers::new(database.clone())),
            profiles: Arc::new(SqlProfiles::new(database.clone())),
            clock: clock.clone(),
            ids: Arc::new(TestIds::default()),
        };
        Self {
            service: service(ports.clone(), 4),
            ports,
            users: Arc::new(SqlUsers::new(database.clone())),
            audit_log: SqlAuditLog::new(database),
            clock,
            folder,
        }
    }

    /// Starts with a service that sends no mails.
    pub(crate) async fn without_mail() -> Self {
        Self::new().await.with_settings(|settings| settings.mail = None)
    }

    /// Replaces the service by one with changed settings.
    pub(crate) fn with_settings(mut self, change: impl FnOnce(&mut AuthSettings)) -> Self {
        let mut settings =
            settings(TokenKeys::secret(SECRET.into()), HashingSettings::for_threads(Cost::MIN_IN_DEVELOPMENT, 2));
        change(&mut settings);
        self.service = Arc::new(AuthService::new(&settings, self.ports.clone()));
        self
    }

    /// Changes a user at the time of the clock, without a check of the actor.
    pub(crate) async fn change(&self, id: &str, change: UserChange) -> User {
        let entry = an_entry(Action::UserUpdated, id, self.ports.clock.now());
        self.users.update(&user_id(id), Box::new(|_| Ok(Some((change, entry.into()))))).await.unwrap()
    }

    /// Creates a user whose password is [`PASSWORD`].
    pub(crate) async fn create(&self, user: UserBuilder) -> User {
        user.password_hash(bcrypt::hash(PASSWORD, 4).unwrap()).create(&*self.ports.accounts).await
    }

    /// Restarts the service with a setting that forbids users to change their own name.
    pub(crate) fn without_name_change(mut self) -> Self {
        let hashing = HashingSettings::for_threads(Cost::new(4).unwrap(), 2);
        let settings =
            AuthSettings { allows_name_change: false, ..settings(TokenKeys::secret(SECRET.into()), hashing) };
        self.service = Arc::new(AuthService::new(&settings, self.ports.clone()));
        self
    }

    /// Signs in. The error is a rejection; panics if the service fails.
    pub(crate) async fn log_in(&self, id: &str, password: &str) -> Result<SignedIn, SignInOutcome> {
        log_in(&self.service, sign_in_attempt(id, password)).await
    }

    /// Returns the number of jobs that hashing threads have begun.
    pub(crate) fn hashes(&self) -> u64 {
        let stats = self.service.hashing_stats();
        stats.done + stats.running as u64
    }

    /// Returns the current user.
    pub(crate) async fn user(&self, id: &str) -> User {
        self.users.find(&user_id(id), at(0)).await.unwrap().unwrap().user
    }

    /// Returns the audit trail, newest first.
    pub(crate) async fn audit_trail(&self) -> Vec<AuditRecord> {
        let page = PageRequest { size: PageSize::parse("100").unwrap(), ..PageRequest::default() };
        self.audit_log.list(&AuditFilter::default(), &page).await.unwrap().items
    }
}

/// Starts a service on these ports with this hashing cost; access tokens are valid for an hour.
pub(crate) fn service(ports: AuthPorts, cost: u32) -> Arc<AuthService> {
    service_hashing(ports, HashingSettings::for_threads(Cost::new(cost).unwrap(), 2))
}

/// Starts a service on these ports with these token keys.
pub(crate) fn service_with(ports: AuthPorts, keys: TokenKeys) -> Arc<AuthService> {
    let hashing = HashingSettings::for_threads(Cost::new(4).unwrap(), 2);
    start(ports, keys, hashing)
}

/// Returns keys that sign with this private key; the key of `previous` verifies, too.
pub(crate) fn signing_with(key: &str, previous: Option<&str>) -> TokenKeys {
    TokenKeys {
        signing_key: Some(SigningKey::from_pem(&key.into()).unwrap()),
        previous_signing_key: previous.map(|pem| PublicKey::from_pem(&pem.into()).unwrap()),
        ..TokenKeys::secret(SECRET.into())
    }
}

/// Starts a service on these ports with these hashing settings.
pub(crate) fn service_hashing(ports: AuthPorts, hashing: HashingSettings) -> Arc<AuthService> {
    start(ports, TokenKeys::secret(SECRET.into()), hashing)
}

fn start(ports: AuthPorts, keys: TokenKeys, hashing: HashingSettings) -> Arc<AuthService> {
    Arc::new(AuthService::new(&settings(keys, hashing), ports))
}

fn settings(keys: TokenKeys, hashing: HashingSettings) -> AuthSettings {
    AuthSettings {
        keys,
        token_ttl: TimeDelta::hours(1),
        sessions: SessionSettings::default(),
        hashing,
        password_policy: PasswordPolicy::default(),
        lockout: LockoutRules::default(),
        sign_in_retention: TimeDelta::days(90),
        reserved_ids: ReservedIds::default(),
        mail: Some(MailSettings { public_url: "https://accounts.example.com".to_owned(), policy: MailPolicy::All }),
        requires_verified_email: false,
        allows_name_change: true,
    }
}

/// Signs in. The error is a rejection; panics if the service fails.
pub(crate) async fn log_in(service: &Arc<AuthService>, attempt: SignInAttempt) -> Result<SignedIn, SignInOutcome> {
    match service.login(attempt).await.unwrap() {
        SignInOutcome::SignedIn(signed_in) => Ok(*signed_in),
        rejection => Err(rejection),
    }
}

/// Returns a sign-in attempt with the default origin.
pub(crate) fn sign_in_attempt(id: &str, password: &str) -> SignInAttempt {
    let claimed = LoginIdentifier::parse(id).unwrap();
    SignInAttempt {
        claimed,
        password: attempt(password),
        device_token: None,
        restore: false,
        origin: Origin::default(),
    }
}

pub(crate) fn attempt(password: &str) -> PasswordAttempt {
    PasswordAttempt::parse(password).unwrap()
}
