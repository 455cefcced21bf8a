use std::sync::Arc;
use std::time::Duration;

use steward_contracts::bodies::DatabaseHealth;
use steward_domain::ports::{
    Accounts, ActivityStatistics, AuditLog, Invitations, Links, LoginAttempts, Segments, Sessions, SignIns, Users,
};
use steward_persistence::{
    Database, DatabaseSettings, SqlAccounts, SqlActivityStatistics, SqlAuditLog, SqlInvitations, SqlLinks,
    SqlLoginAttempts, SqlSegments, SqlSessions, SqlSignIns, SqlUsers,
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
    pub(crate) sessions: Arc<dyn Sessions>,
    pub(crate) login_attempts: Arc<dyn LoginAttempts>,
    pub(crate) sign_ins: Arc<dyn SignIns>,
    pub(crate) invitations: Arc<dyn Invitations>,
    pub(crate) links: Arc<dyn Links>,
    pub(crate) audit_log: Arc<dyn AuditLog>,
    pub(crate) segments: Arc<dyn Segments>,
    pub(crate) activity: Arc<dyn ActivityStatistics>,
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
            sessions: Arc::new(SqlSessions::new(database.clone())),
            login_attempts: Arc::new(SqlLoginAttempts::new(database.clone())),
            sign_ins: Arc::new(SqlSignIns::new(database.clone())),
            invitations: Arc::new(SqlInvitations::new(database.clone())),
            links: Arc::new(SqlLinks::new(database.clone())),
            audit_log: Arc::new(SqlAuditLog::new(database.clone())),
            segments: Arc::new(SqlSegments::new(database.clone())),
            activity: Arc::new(SqlActivityStatistics::new(database.clone())),
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
