use std::sync::Arc;
use std::time::Duration;

use steward_contracts::bodies::DatabaseHealth;
use steward_domain::ports::{
    AccountExports, Accounts, ActivityStatistics, AuditLog, Deletions, IdempotencyKeys, Invitations, Links,
    LoginAttempts, Outbox, Profiles, Segments, Sessions, SignIns, TaskLeases, Users,
};
use steward_persistence::{
    Database, DatabaseSettings, SqlAccountExports, SqlAccounts, SqlActivityStatistics, SqlAuditLog, SqlDeletions,
    SqlIdempotencyKeys, SqlInvitations, SqlLinks, SqlLoginAttempts, SqlOutbox, SqlProfiles, SqlSegments, SqlSessions,
    SqlSignIns, SqlTaskLeases, SqlUsers,
};
use steward_web::health::Probe;

use crate::config::{ConfigError, Settings};

/// Deadline of the database's health check, shorter than the gateway's deadline for a service's health.
const PING_DEADLINE: Duration = Duration::from_millis(500);

/// The database, and all storage ports on it.
#[derive(Clone)]
pub(crate) struct Storage {
    pub(crate) database: Database,
    pub(crate) users: Arc<dyn Users>,
    pub(crate) accounts: Arc<dyn Accounts>,
    pub(crate) account_exports: Arc<dyn AccountExports>,
    pub(crate) deletions: Arc<dyn Deletions>,
    pub(crate) sessions: Arc<dyn Sessions>,
    pub(crate) login_attempts: Arc<dyn LoginAttempts>,
    pub(crate) sign_ins: Arc<dyn SignIns>,
    pub(crate) invitations: Arc<dyn Invitations>,
    pub(crate) links: Arc<dyn Links>,
    pub(crate) audit_log: Arc<dyn AuditLog>,
    pub(crate) profiles: Arc<dyn Profiles>,
    pub(crate) segments: Arc<dyn Segments>,
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) activity: Arc<dyn ActivityStatistics>,
    pub(crate) idempotency_keys: Arc<dyn IdempotencyKeys>,
    pub(crate) task_leases: Arc<dyn TaskLeases>,
}

impl Storage {
    /// Prepares the pool. Succeeds even if the database is unreachable.
    pub(crate) fn connect(settings: &Settings) -> Result<Self, ConfigError> {
        let pool =
            DatabaseSettings { pool_size: settings.db_pool_size, ..DatabaseSettings::new(settings.database.clone()) };
        let database = Database::connect(&pool).map_err(|error| ConfigError::new("DATABASE_URL", error.to_string()))?;
        Ok(Self {
            users: Arc::new(SqlUsers::new(database.clone())),
            accounts: Arc::new(SqlAccounts::new(database.clone())),
            account_exports: Arc::new(SqlAccountExports::new(database.clone())),
            deletions: Arc::new(SqlDeletions::new(database.clone())),
            sessions: Arc::new(SqlSessions::new(database.clone())),
            login_attempts: Arc::new(SqlLoginAttempts::new(database.clone())),
            sign_ins: Arc::new(SqlSignIns::new(database.clone())),
            invitations: Arc::new(SqlInvitations::new(database.clone())),
            links: Arc::new(SqlLinks::new(database.clone())),
            audit_log: Arc::new(SqlAuditLog::new(database.clone())),
            profiles: Arc::new(SqlProfiles::new(database.clone())),
            segments: Arc::new(SqlSegments::new(database.clone())),
            outbox: Arc::new(SqlOutbox::new(database.clone())),
            activity: Arc::new(SqlActivityStatistics::new(database.clone())),
            idempotency_keys: Arc::new(SqlIdempotencyKeys::new(database.clone())),
            task_leases: Arc::new(SqlTaskLeases::new(database.clone())),
            database,
        })
    }

    /// A probe of the database, for one worker.
    pub(crate) fn probe(&self) -> Probe<DatabaseHealth> {
        let (database, unreachable) = (self.database.clone(), self.health(false));
        let storage = self.clone();
        Probe::new(unreachable, move || {
            let (database, storage) = (database.clone(), storage.clone());
            async move {
                let response = tokio::time::timeout(PING_DEADLINE, database.ping()).await;
                storage.health(matches!(response, Ok(Ok(()))))
            }
        })
    }

    fn health(&self, connected: bool) -> DatabaseHealth {
        let address = self.database.describe();
        DatabaseHealth {
            connected,
            host: address.host.clone().unwrap_or_default(),
            port: address.port.map(|port| port.to_string()).unwrap_or_default(),
            database: address.database.clone(),
        }
    }
}
