use std::process::Command;

use steward_testkit::servers::{Postgres, PostgresOptions, programs};

use super::BenchError;
use super::arguments::Arguments;

/// A private PostgreSQL, which syncs to disk as in production, with a database for each product.
#[derive(Debug)]
pub(super) struct Database(Postgres);

/// Drops the indexes of a table that back no constraint, and records them.
const DROP_INDEXES: &str = "
    SET maintenance_work_mem = '512MB';
    CREATE TEMP TABLE kept AS SELECT indexname, indexdef FROM pg_indexes
        WHERE tablename = ':table' AND schemaname = 'public' AND indexname NOT IN (SELECT conname FROM pg_constraint);
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT indexname FROM kept LOOP EXECUTE format('DROP INDEX %I', name); END LOOP;
    END $$;";

/// Creates them again, which is faster for many rows than keeping them up to date.
const CREATE_INDEXES: &str = "
    DO $$ DECLARE definition text; BEGIN
        FOR definition IN SELECT indexdef FROM kept LOOP EXECUTE definition; END LOOP;
    END $$;";

/// From u100 on, because a user id has at least three characters.
const USERS: &str = "
    INSERT INTO users (user_id, email, name, password_hash, role, is_active, created_at)
        SELECT 'u' || i, 'u' || i || '@example.net', 'Generated User ' || i,
            (SELECT password_hash FROM users WHERE user_id = 'testuser'), 'user', i % 5 <> 0,
            now() - make_interval(secs => i)
        FROM generate_series(100, :count + 99) i;";

const AUDIT: &str = "
    INSERT INTO audit_logs (timestamp, admin_id, admin_name, action, target, details, ip_address, user_agent)
        SELECT now() - make_interval(secs => i), 'admin', 'System Administrator', 'USER_UPDATED', 'u' || i,
            'name: \"Generated User ' || i || '\" → \"User ' || i || '\"', '192.0.2.' || i % 250, 'bench'
        FROM generate_series(1, :count) i;";

/// Mails to addresses of their own, in `:domains` domains.
const MAILS: &str = "
    INSERT INTO outbox (kind, address, content, created_at, next_attempt_at)
        SELECT 'welcome', 'user' || i || '@domain' || i % :domains || '.example', '{}', now(), now()
        FROM generate_series(1, :count) i;
    ANALYZE outbox;";

impl Database {
    /// Starts the server, with enough memory for a million users.
    pub(super) fn start(arguments: &Arguments) -> Result<Self, BenchError> {
        let server = PostgresOptions::default()
            .durable()
            .setting("shared_buffers", "512MB")
            .setting("max_wal_size", "2GB")
            .setting("autovacuum_naptime", "1min")
            .start()?;
        server.run("CREATE DATABASE steward OWNER steward")?;
        if arguments.peer_dir.is_some() {
            server.run("CREATE DATABASE peer OWNER steward")?;
        }
        Ok(Self(server))
    }

    /// The URL of a product's database, over TCP as in production.
    pub(super) fn url(&self, name: &str) -> String {
        self.0.url_of(name)
    }

    pub(super) fn process_id(&self) -> u32 {
        self.0.process_id()
    }

    /// Adds generated users and audit entries to the sample users.
    pub(super) fn fill(&self, arguments: &Arguments) -> Result<(), BenchError> {
        self.load("steward", "users", USERS, arguments.users())?;
        self.load("steward", "audit_logs", AUDIT, arguments.audit_entries())
    }

    /// Queues mails.
    pub(super) fn queue_mails(&self, count: usize, domains: usize) -> Result<(), BenchError> {
        let script = MAILS.replace(":domains", &domains.to_string()).replace(":count", &count.to_string());
        self.psql("steward", &script)
    }

    /// Adds audit entries to the peer's database, which the peer's own script does not.
    pub(super) fn fill_peer(&self, arguments: &Arguments) -> Result<(), BenchError> {
        self.load("peer", "audit_logs", AUDIT, arguments.audit_entries())
    }

    /// Finishes background work, so that it does not disturb the measurements.
    pub(super) fn settle(&self, arguments: &Arguments) -> Result<(), BenchError> {
        self.psql("steward", "VACUUM (ANALYZE)")?;
        if arguments.peer_dir.is_some() {
            self.psql("peer", "VACUUM (ANALYZE)")?;
        }
        Ok(self.0.run("CHECKPOINT").map(drop)?)
    }

    fn load(&self, database: &str, table: &str, insert: &str, count: u32) -> Result<(), BenchError> {
        let script = [DROP_INDEXES, insert, CREATE_INDEXES].concat();
        self.psql(database, &script.replace(":table", table).replace(":count", &count.to_string()))
    }

    fn psql(&self, database: &str, script: &str) -> Result<(), BenchError> {
        let output = Command::new(programs::postgres("psql")?)
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &self.url(database), "-c", script])
            .output()
            .map_err(BenchError::io("starting psql"))?;
        if output.status.success() {
            return Ok(());
        }
        Err(BenchError::Program { program: "psql", message: String::from_utf8_lossy(&output.stderr).into_owned() })
    }
}
