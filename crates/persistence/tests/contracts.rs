//! The contract suite of every port on every database: an SQLite file, and PostgreSQL in two locales. A query that
//! depends on the database's own order or case rules fails in one of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue must fail at once")]

use std::any::Any;
use std::sync::Arc;

use steward_persistence::{
    Database, DatabaseSettings, SqlAccountExports, SqlAccounts, SqlActivityStatistics, SqlAuditLog, SqlDeletions,
    SqlIdempotencyKeys, SqlInvitations, SqlLinks, SqlLoginAttempts, SqlOutbox, SqlProfiles, SqlSegments, SqlSessions,
    SqlSignIns, SqlTaskLeases, SqlUsers,
};
use steward_testkit::contracts::{Ports, Store};

fn database(url: &str) -> Database {
    let settings = DatabaseSettings { pool_size: 6, ..DatabaseSettings::new(url.parse().unwrap()) };
    Database::connect(&settings).unwrap()
}

async fn migrate(url: &str) {
    database(url).migrate().await.unwrap();
}

fn store(database: &Database, keep: impl Any + Send + Sync) -> Store {
    let ports = Ports {
        users: Arc::new(SqlUsers::new(database.clone())),
        accounts: Arc::new(SqlAccounts::new(database.clone())),
        account_exports: Arc::new(SqlAccountExports::new(database.clone())),
        deletions: Arc::new(SqlDeletions::new(database.clone())),
        sessions: Arc::new(SqlSessions::new(database.clone())),
        login_attempts: Arc::new(SqlLoginAttempts::new(database.clone())),
        sign_ins: Arc::new(SqlSignIns::new(database.clone())),
        audit_log: Arc::new(SqlAuditLog::new(database.clone())),
        activity: Arc::new(SqlActivityStatistics::new(database.clone())),
        profiles: Arc::new(SqlProfiles::new(database.clone())),
        segments: Arc::new(SqlSegments::new(database.clone())),
        idempotency_keys: Arc::new(SqlIdempotencyKeys::new(database.clone())),
        task_leases: Arc::new(SqlTaskLeases::new(database.clone())),
        links: Arc::new(SqlLinks::new(database.clone())),
        outbox: Arc::new(SqlOutbox::new(database.clone())),
        invitations: Arc::new(SqlInvitations::new(database.clone())),
    };
    Store::new(ports, keep)
}

mod sqlite {
    use super::*;

    async fn store() -> Store {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/steward.db", folder.path().display());
        migrate(&url).await;
        super::store(&database(&url), folder)
    }

    steward_testkit::store_contracts!(store);
}

mod postgres {
    use steward_testkit::servers::Template;

    use super::*;

    static TEMPLATE: Template = Template::new();

    async fn store() -> Store {
        let copy = TEMPLATE.database(migrate).await;
        super::store(&database(copy.url()), copy)
    }

    steward_testkit::store_contracts!(store);
}

mod postgres_in_a_locale {
    use steward_testkit::servers::Template;

    use super::*;

    static TEMPLATE: Template = Template::in_locale("und");

    async fn store() -> Store {
        let copy = TEMPLATE.database(migrate).await;
        super::store(&database(copy.url()), copy)
    }

    steward_testkit::store_contracts!(store);
}
