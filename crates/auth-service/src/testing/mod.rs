//! What the tests of this crate share: the service on a fresh SQLite database, and a clock to move.

pub(crate) mod http;

use std::sync::Arc;

use chrono::TimeDelta;
use steward_domain::ports::{AuditLog, Users};
use steward_domain::{AuditFilter, AuditRecord, Origin, PageRequest, PageSize, PasswordAttempt, User};
use steward_persistence::{Database, DatabaseSettings, SqlAccounts, SqlAuditLog, SqlSessions, SqlUsers};
use steward_testkit::{TestClock, TestIds, UserBuilder, user_id};
use tempfile::TempDir;

use crate::login::{LoginError, SignedIn};
use crate::{AuthPorts, AuthService, AuthSettings, Cost, HashingSettings, TokenKeys};

/// The password of everybody here.
pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) struct Stage {
    pub(crate) service: Arc<AuthService>,
    pub(crate) ports: AuthPorts,
    pub(crate) users: SqlUsers,
    pub(crate) clock: Arc<TestClock>,
    audit_log: SqlAuditLog,
    _folder: TempDir,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        let database = Database::connect(&DatabaseSettings::new(url.into())).unwrap();
        database.migrate().await.unwrap();
        let clock = Arc::new(TestClock::default());
        let ports = AuthPorts {
            accounts: Arc::new(SqlAccounts::new(database.clone())),
            sessions: Arc::new(SqlSessions::new(database.clone())),
            clock: clock.clone(),
            ids: Arc::new(TestIds::default()),
        };
        Self {
            service: service(ports.clone(), 4),
            ports,
            users: SqlUsers::new(database.clone()),
            audit_log: SqlAuditLog::new(database),
            clock,
            _folder: folder,
        }
    }

    /// Creates a user whose password is [`PASSWORD`].
    pub(crate) async fn create(&self, user: UserBuilder) -> User {
        user.password_hash(bcrypt::hash(PASSWORD, 4).unwrap()).create(&*self.ports.accounts).await
    }

    pub(crate) async fn log_in(&self, id: &str, password: &str) -> Result<SignedIn, LoginError> {
        self.service.login(Some(&user_id(id)), attempt(password), Origin::default()).await
    }

    /// Jobs that hashing threads have taken on so far.
    pub(crate) fn hashes(&self) -> u64 {
        let stats = self.service.hashing_stats();
        stats.done + stats.running as u64
    }

    /// The user as they are now.
    pub(crate) async fn user(&self, id: &str) -> User {
        self.users.find(&user_id(id)).await.unwrap().unwrap()
    }

    /// The audit trail, newest first.
    pub(crate) async fn trail(&self) -> Vec<AuditRecord> {
        let page = PageRequest { size: PageSize::parse("100").unwrap(), ..PageRequest::default() };
        self.audit_log.list(&AuditFilter::default(), &page).await.unwrap().items
    }
}

/// A service on these ports that hashes with this cost; tokens are good for an hour.
pub(crate) fn service(ports: AuthPorts, cost: u32) -> Arc<AuthService> {
    service_hashing(ports, HashingSettings::for_threads(Cost::new(cost).unwrap(), 2))
}

/// A service on these ports that hashes like this.
pub(crate) fn service_hashing(ports: AuthPorts, hashing: HashingSettings) -> Arc<AuthService> {
    let settings = AuthSettings {
        keys: TokenKeys { current: "a-key-of-32-bytes-for-tests-only".into(), previous: None },
        token_ttl: TimeDelta::hours(1),
        hashing,
    };
    Arc::new(AuthService::new(&settings, ports).unwrap())
}

pub(crate) fn attempt(password: &str) -> PasswordAttempt {
    PasswordAttempt::parse(password).unwrap()
}
