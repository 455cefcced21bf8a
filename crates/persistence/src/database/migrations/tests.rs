use std::process::Command;

use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use secrecy::SecretString;
use steward_testkit::servers::{Postgres, TestDatabase, programs};

use super::*;
use crate::database::{Database, DatabaseSettings};

#[derive(diesel::QueryableByName)]
struct Definition {
    #[diesel(sql_type = diesel::sql_types::Text)]
    definition: String,
}

fn sqlite_schema(connection: &mut diesel::SqliteConnection) -> Vec<String> {
    let schema = "SELECT name || ' ' || coalesce(sql, '') AS definition FROM sqlite_schema
        WHERE name NOT LIKE '%diesel%' AND name <> 'sqlite_sequence' ORDER BY name";
    let rows: Vec<Definition> = diesel::sql_query(schema).load(connection).unwrap();
    rows.into_iter().map(|row| row.definition).collect()
}

fn postgres_schema(url: &str) -> String {
    let dump = programs::postgres("pg_dump").unwrap();
    let output =
        Command::new(dump).args(["--schema-only", "--exclude-table=__diesel*", "--dbname", url]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let dump = String::from_utf8(output.stdout).unwrap();
    // Newer releases write a random word around the dump.
    dump.lines().filter(|line| !line.contains("restrict")).collect::<Vec<_>>().join("\n")
}

#[test]
fn both_databases_have_the_same_migrations() {
    let of_postgres = MigrationSource::<Pg>::migrations(&POSTGRES).unwrap();
    let of_sqlite = MigrationSource::<Sqlite>::migrations(&SQLITE).unwrap();
    let names: Vec<String> = of_postgres.iter().map(|migration| migration.name().to_string()).collect();
    assert_eq!(names, of_sqlite.iter().map(|migration| migration.name().to_string()).collect::<Vec<_>>());
    assert!(!names.is_empty());
}

#[test]
fn each_down_undoes_its_up_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = sqlite::open(folder.path().join("steward.db").to_str().unwrap()).unwrap();
    let mut schemas = vec![sqlite_schema(&mut connection)];
    while connection.has_pending_migration(SQLITE).unwrap() {
        connection.run_next_migration(SQLITE).unwrap();
        schemas.push(sqlite_schema(&mut connection));
    }
    assert!(schemas.len() > 1);
    while let Some(after) = schemas.pop() {
        assert_eq!(sqlite_schema(&mut connection), after, "{} migrations applied", schemas.len());
        if !schemas.is_empty() {
            connection.revert_last_migration(SQLITE).unwrap();
        }
    }
}

#[test]
fn each_down_undoes_its_up_on_postgres() {
    let database = TestDatabase::empty();
    let mut connection = PgConnection::establish(database.url()).unwrap();
    let mut schemas = vec![postgres_schema(database.url())];
    while connection.has_pending_migration(POSTGRES).unwrap() {
        connection.run_next_migration(POSTGRES).unwrap();
        schemas.push(postgres_schema(database.url()));
    }
    assert!(schemas.len() > 1);
    while let Some(after) = schemas.pop() {
        assert_eq!(postgres_schema(database.url()), after, "{} migrations applied", schemas.len());
        if !schemas.is_empty() {
            connection.revert_last_migration(POSTGRES).unwrap();
        }
    }
}

#[test]
fn an_existing_extension_remains() {
    let database = TestDatabase::empty();
    database.run("CREATE EXTENSION pg_trgm").unwrap();
    let mut connection = PgConnection::establish(database.url()).unwrap();
    connection.run_pending_migrations(POSTGRES).unwrap();
    connection.revert_all_migrations(POSTGRES).unwrap();
    assert_eq!(database.run("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'").unwrap(), "1");
}

/// The rows of a release without activity counters: sign-ins of two users on both sides of a Monday and of a month,
/// failures, and a session without its sign-in.
const BEFORE_ACTIVITY: &str = "
    INSERT INTO users (id, user_id, email, name, password_hash) VALUES
        (1001, 'alice', 'alice@example.com', 'Alice', 'x'), (1002, 'bob', 'bob@example.com', 'Bob', 'x');
    INSERT INTO sign_in_events (at, user_id, outcome, reason, network) VALUES
        ('2026-01-04T23:59:59.999999Z', 1001, 'success', NULL, ''),
        ('2026-01-05T00:00:00.000000Z', 1001, 'success', NULL, ''),
        ('2026-01-05T00:30:00.000000Z', 1001, 'success', NULL, ''),
        ('2026-01-05T00:59:59.999999Z', 1002, 'failure', 'wrong_password', ''),
        ('2026-01-05T09:00:00.000000Z', NULL, 'failure', 'unknown_user', '');
    INSERT INTO sessions (sid, user_id, created_at, expires_at, last_seen_at) VALUES
        (SID, 1002, '2026-01-31T10:00:00.000000Z', '2026-02-02T00:00:00.000000Z', '2026-02-01T00:00:00.000000Z');";

const AFTER_ACTIVITY: [&str; 15] = [
    "day 2026-01-04 1",
    "day 2026-01-05 1",
    "day 2026-01-31 1",
    "day 2026-02-01 1",
    "failed 2026-01-05 00 1",
    "failed 2026-01-05 09 1",
    "latest 2026-01-05 1",
    "latest 2026-02-01 1",
    "month 2026-01-01 2",
    "month 2026-02-01 1",
    "succeeded 2026-01-04 23 1",
    "succeeded 2026-01-05 00 2",
    "week 2025-12-29 1",
    "week 2026-01-05 1",
    "week 2026-01-26 1",
];

/// Migrates up to the activity counters, inserts the earlier rows, applies the rest, and reads the counters.
macro_rules! counters_of_earlier_rows {
    ($connection:expr, $migrations:expr, $sid:expr, $hour:expr) => {{
        let is_next = |connection: &mut _| {
            let pending = MigrationHarness::pending_migrations(connection, $migrations).unwrap();
            pending.first().unwrap().name().to_string() == "0009_activity"
        };
        while !is_next($connection) {
            $connection.run_next_migration($migrations).unwrap();
        }
        $connection.batch_execute(&BEFORE_ACTIVITY.replace("SID", $sid)).unwrap();
        $connection.run_pending_migrations($migrations).unwrap();
        let hour = $hour;
        let counters = format!(
            "SELECT definition FROM (
                SELECT period || ' ' || CAST(day AS text) || ' ' || CAST(sum(count) AS text) AS definition
                FROM active_users GROUP BY period, day
                UNION ALL SELECT 'succeeded ' || {hour} || ' ' || successes FROM sign_in_counts WHERE successes > 0
                UNION ALL SELECT 'failed ' || {hour} || ' ' || failures FROM sign_in_counts WHERE failures > 0
            ) AS counters"
        );
        let rows: Vec<Definition> = diesel::sql_query(counters).load($connection).unwrap();
        let mut counters: Vec<String> = rows.into_iter().map(|row| row.definition).collect();
        counters.sort_unstable();
        counters
    }};
}

#[test]
fn earlier_activity_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = sqlite::open(folder.path().join("steward.db").to_str().unwrap()).unwrap();
    let hour = "substr(hour, 1, 10) || ' ' || substr(hour, 12, 2)";
    let sid = "x'000102030405060708090a0b0c0d0e0f'";
    assert_eq!(counters_of_earlier_rows!(&mut connection, SQLITE, sid, hour), AFTER_ACTIVITY);

    let database = TestDatabase::empty();
    let mut connection = PgConnection::establish(database.url()).unwrap();
    // The time zone of the session must not matter.
    connection.batch_execute("SET TIME ZONE 'Asia/Seoul'").unwrap();
    let hour = "to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')";
    let sid = "'\\x000102030405060708090a0b0c0d0e0f'";
    assert_eq!(counters_of_earlier_rows!(&mut connection, POSTGRES, sid, hour), AFTER_ACTIVITY);
}

async fn ten_at_once(url: &str) {
    let migrate = |_| {
        let settings = DatabaseSettings { pool_size: 1, ..DatabaseSettings::new(url.parse().unwrap()) };
        let database = Database::connect(&settings).unwrap();
        tokio::spawn(async move { database.migrate().await.unwrap() })
    };
    let migrating: Vec<_> = (0..10).map(migrate).collect();
    let mut applied = Vec::new();
    for one in migrating {
        applied.push(one.await.unwrap());
    }
    let mut applied: Vec<String> = applied.into_iter().flatten().collect();
    applied.sort_unstable();
    let all = MigrationSource::<Pg>::migrations(&POSTGRES).unwrap();
    let mut all: Vec<String> = all.iter().map(|migration| migration.name().version().to_string()).collect();
    all.sort_unstable();
    assert_eq!(applied, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_concurrent_processes_apply_each_migration_once() {
    let folder = tempfile::tempdir().unwrap();
    ten_at_once(&format!("sqlite://{}/data/steward.db", folder.path().display())).await;
    ten_at_once(TestDatabase::empty().url()).await;
    // The default isolation level must not matter.
    let server = Postgres::start().unwrap();
    server.run("CREATE DATABASE serializable OWNER steward").unwrap();
    server.run("ALTER DATABASE serializable SET default_transaction_isolation = 'serializable'").unwrap();
    ten_at_once(&server.url_of("serializable")).await;
}

/// A connection pooler may have a single connection per process.
#[test]
fn one_connection_is_enough_to_migrate() {
    let server = Postgres::start().unwrap();
    server.run("CREATE ROLE single LOGIN CONNECTION LIMIT 1").unwrap();
    server.run("CREATE DATABASE ours OWNER single").unwrap();
    let url = SecretString::from(server.url_of("ours").replacen("//steward@", "//single@", 1));
    let attempt = super::postgres(&url).unwrap();
    assert!(!attempt.is_locked);
    assert_eq!(attempt.applied.len(), MigrationSource::<Pg>::migrations(&POSTGRES).unwrap().len());
}

#[test]
fn a_locked_file_is_reported_as_locked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("steward.db").display().to_string();
    let mut other = sqlite::open(&path).unwrap();
    other.batch_execute("BEGIN IMMEDIATE; CREATE TABLE t (i integer)").unwrap();
    let attempt = super::sqlite(&path).unwrap();
    assert!(attempt.is_locked && attempt.applied.is_empty(), "{attempt:?}");
    other.batch_execute("ROLLBACK").unwrap();
    assert!(!super::sqlite(&path).unwrap().is_locked);
}

#[test]
fn each_migration_runs_in_a_transaction() {
    for migration in MigrationSource::<Pg>::migrations(&POSTGRES).unwrap() {
        assert!(migration.metadata().run_in_transaction(), "{}", migration.name());
    }
}
