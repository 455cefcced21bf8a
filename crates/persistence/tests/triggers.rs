//! The triggers of the databases, which apply to every program: correct counters, an immutable audit trail, and
//! searches that find rows written by hand.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue must fail at once")]

#[macro_use]
mod common;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection};
use steward_domain::ports::{AuditLog, Users};
use steward_domain::user::UserQuery;
use steward_domain::{ActorKind, AuditFilter, Order, PageRequest, SearchTerm, Timestamp, UserFilter, UserSort};
use steward_persistence::{Database, DatabaseSettings, SqlAccounts, SqlAuditLog, SqlUsers};
use steward_testkit::servers::TestDatabase;
use steward_testkit::{a_user, at};

/// Asserts that the counters equal the numbers of rows.
macro_rules! assert_counted {
    ($connection:expr, $after:expr) => {
        let users = "SELECT role, is_active, count(*) AS n FROM users GROUP BY role, is_active";
        let counters =
            "SELECT role, is_active, sum(count) AS n FROM user_counts GROUP BY role, is_active HAVING sum(count) <> 0";
        for (a, b) in [(users, counters), (counters, users)] {
            let difference =
                format!("SELECT count(*) FROM (SELECT * FROM ({a}) AS a EXCEPT SELECT * FROM ({b}) AS b) AS d");
            assert_eq!(number!($connection, difference), 0, "by role and status after {}", $after);
        }
        let users = "SELECT count(*) FROM users WHERE created_at >= '2026-01-01T01:00:00.000000Z'";
        let counters =
            "SELECT coalesce(sum(count), 0) FROM user_registrations WHERE hour >= '2026-01-01T01:00:00.000000Z'";
        assert_eq!(number!($connection, users), number!($connection, counters), "by hour after {}", $after);
        assert_eq!(
            number!($connection, "SELECT count(*) FROM audit_logs"),
            number!($connection, "SELECT coalesce(sum(count), 0) FROM audit_counts"),
            "entries after {}",
            $after
        );
    };
}

/// Statements for both databases.
const STATEMENTS: [&str; 13] = [
    "INSERT INTO users (user_id, email, name, password_hash, role, is_active)
     SELECT 'user' || i, 'user' || i || '@example.com', 'Kim ' || i, 'x',
            CASE WHEN i % 10 = 0 THEN 'admin' ELSE 'user' END, i % 3 <> 0
     FROM numbers",
    "UPDATE users SET created_at = '2026-01-01T00:30:00.000000Z' WHERE id % 2 = 0",
    "UPDATE users SET created_at = '2026-01-01T01:00:00.000000Z' WHERE id % 2 = 1",
    "UPDATE users SET last_login = '2026-01-02T00:00:00.000000Z'",
    "UPDATE users SET password_hash = 'y', must_change_password = true",
    "UPDATE users SET role = 'super_admin', is_active = true WHERE id % 7 = 0",
    "UPDATE users SET name = 'Lee' WHERE id <= 5",
    "UPDATE users SET created_at = '2026-01-01T05:00:00.000000Z' WHERE id % 4 = 0",
    "UPDATE users SET role = 'user' WHERE false",
    "DELETE FROM users WHERE id % 11 = 0",
    "INSERT INTO audit_logs (admin_id, admin_name, action) SELECT 'admin', 'A', 'USER_CREATED' FROM numbers",
    "INSERT INTO audit_logs (admin_id, admin_name, action) SELECT 'admin', 'A', 'X' FROM numbers WHERE false",
    "DELETE FROM users",
];

macro_rules! counters_follow_every_statement {
    ($connection:expr) => {
        $connection.batch_execute("CREATE TABLE numbers (i integer)").unwrap();
        let values: Vec<String> = (1..=60).map(|i| format!("({i})")).collect();
        $connection.batch_execute(&format!("INSERT INTO numbers VALUES {}", values.join(","))).unwrap();
        for statement in STATEMENTS {
            $connection.batch_execute(statement).unwrap();
            assert_counted!($connection, statement);
        }
    };
}

async fn migrated(url: &str) -> Database {
    let database = Database::connect(&DatabaseSettings::new(url.parse().unwrap())).unwrap();
    database.migrate().await.unwrap();
    database
}

async fn postgres() -> (TestDatabase, PgConnection, Database) {
    let copy = TestDatabase::empty();
    let database = migrated(copy.url()).await;
    let connection = PgConnection::establish(copy.url()).unwrap();
    (copy, connection, database)
}

/// A connection of another program: without the functions and settings of this one.
async fn sqlite() -> (tempfile::TempDir, SqliteConnection, Database) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("steward.db");
    let database = migrated(&format!("sqlite://{}", path.display())).await;
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    connection.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
    (folder, connection, database)
}

#[tokio::test]
async fn counters_follow_every_statement() {
    let (_copy, mut connection, _database) = postgres().await;
    counters_follow_every_statement!(&mut connection);
    let (_folder, mut connection, _database) = sqlite().await;
    counters_follow_every_statement!(&mut connection);
}

/// Statements on two users, 1 and 2, for both databases: many rows at once, and deleted users.
const ACTIVITY: [&str; 6] = [
    "INSERT INTO users (user_id, email, name, password_hash)
     VALUES ('one', 'one@example.com', 'One', 'x'), ('two', 'two@example.com', 'Two', 'x')",
    "INSERT INTO sign_in_events (at, user_id, outcome, network)
     SELECT '2026-01-05T10:00:00.000000Z', users.id, 'success', '' FROM users, numbers",
    "INSERT INTO sign_in_events (at, user_id, outcome, reason, network)
     SELECT '2026-01-05T11:00:00.000000Z', NULL, 'failure', 'unknown_user', '' FROM numbers",
    "INSERT INTO sign_in_events (at, user_id, outcome, network) VALUES
     ('2026-01-07T10:00:00.000000Z', 1, 'success', ''), ('2026-01-06T10:00:00.000000Z', 1, 'success', ''),
     ('2026-02-01T10:00:00.000000Z', 2, 'success', ''), ('2025-12-31T10:00:00.000000Z', 2, 'success', '')",
    "DELETE FROM sign_in_events",
    "DELETE FROM users WHERE id = 1",
];

macro_rules! activity_follows_every_statement {
    ($connection:expr) => {
        let values: Vec<String> = (1..=60).map(|i| format!("({i})")).collect();
        $connection.batch_execute("CREATE TABLE numbers (i integer)").unwrap();
        $connection.batch_execute(&format!("INSERT INTO numbers VALUES {}", values.join(","))).unwrap();
        for statement in ACTIVITY {
            $connection.batch_execute(statement).unwrap();
        }
        for (sql, expected) in [
            ("SELECT sum(successes) FROM sign_in_counts WHERE hour = '2026-01-05T10:00:00.000000Z'", 120),
            ("SELECT sum(failures) FROM sign_in_counts WHERE hour = '2026-01-05T11:00:00.000000Z'", 60),
            ("SELECT sum(successes + failures) FROM sign_in_counts", 184),
            ("SELECT sum(count) FROM active_users WHERE period = 'latest'", 2),
            ("SELECT sum(count) FROM active_users WHERE period = 'latest' AND day = '2026-02-01'", 1),
            ("SELECT sum(count) FROM active_users WHERE period = 'day' AND day = '2026-01-05'", 2),
            ("SELECT sum(count) FROM active_users WHERE period = 'week'", 3),
            ("SELECT sum(count) FROM active_users WHERE period = 'month'", 3),
            ("SELECT count(*) FROM user_activity", 1),
        ] {
            assert_eq!(number!($connection, sql), expected, "{sql}");
        }
    };
}

#[tokio::test]
async fn activity_follows_every_statement() {
    let (_copy, mut connection, _database) = postgres().await;
    activity_follows_every_statement!(&mut connection);
    let (_folder, mut connection, _database) = sqlite().await;
    activity_follows_every_statement!(&mut connection);
}

#[tokio::test]
async fn counters_follow_truncate_and_rollbacks() {
    let (_copy, mut connection, _database) = postgres().await;
    let users = "INSERT INTO users (user_id, email, name, password_hash)
        SELECT 'user' || i, 'user' || i || '@example.com', 'Kim', 'x' FROM generate_series(1, 20) AS i;
        INSERT INTO audit_logs (admin_id, admin_name, action) SELECT 'a', 'A', 'X' FROM generate_series(1, 20)";
    connection.batch_execute(&format!("BEGIN; {users}; ROLLBACK")).unwrap();
    assert_counted!(&mut connection, "a rollback");
    let again = "INSERT INTO audit_logs (admin_id, admin_name, action) VALUES ('a', 'A', 'X')";
    connection.batch_execute(&format!("BEGIN; SAVEPOINT s; {users}; ROLLBACK TO s; {again}; {again}; COMMIT")).unwrap();
    assert_counted!(&mut connection, "a partial rollback");
    connection.batch_execute(&format!("{users}; TRUNCATE users CASCADE")).unwrap();
    assert_counted!(&mut connection, "TRUNCATE");
}

#[tokio::test]
async fn entries_cannot_be_changed_or_deleted() {
    let entry = "INSERT INTO audit_logs (admin_id, admin_name, action) VALUES ('a', 'A', 'X')";
    let attempts = ["UPDATE audit_logs SET action = 'Y'", "DELETE FROM audit_logs"];

    let (_copy, mut connection, _database) = postgres().await;
    connection.batch_execute(entry).unwrap();
    let on_conflict = "INSERT INTO audit_logs (timestamp, admin_id, admin_name, action)
        SELECT timestamp, 'b', 'B', 'Y' FROM audit_logs ON CONFLICT (timestamp, id) DO UPDATE SET action = 'Y'";
    connection.batch_execute(on_conflict).unwrap();
    for attempt in [attempts[0], attempts[1], "TRUNCATE audit_logs", "TRUNCATE audit_logs CASCADE"] {
        let error = connection.batch_execute(attempt).unwrap_err().to_string();
        assert!(error.contains("insert-only"), "{attempt}: {error}");
    }
    assert_eq!(number!(&mut connection, "SELECT count(*) FROM audit_logs WHERE action = 'X'"), 1);

    let (_folder, mut connection, _database) = sqlite().await;
    connection.batch_execute(entry).unwrap();
    let replace = "INSERT OR REPLACE INTO audit_logs (id, admin_id, admin_name, action) VALUES (1, 'b', 'B', 'Y')";
    let upsert = "INSERT INTO audit_logs (id, admin_id, admin_name, action) VALUES (1, 'b', 'B', 'Y')
        ON CONFLICT (id) DO UPDATE SET action = 'Y'";
    for attempt in [attempts[0], attempts[1], replace, upsert, "UPDATE OR REPLACE audit_logs SET id = 1"] {
        let error = connection.batch_execute(attempt).unwrap_err().to_string();
        assert!(error.contains("insert-only"), "{attempt}: {error}");
    }
    assert_eq!(number!(&mut connection, "SELECT count(*) FROM audit_logs WHERE action = 'X'"), 1);
}

/// Entries of earlier releases have no kind of actor, and cannot be changed.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_without_a_kind_of_actor_is_read_with_one() {
    let insert = "INSERT INTO audit_logs (admin_id, admin_name, action, ip_address) VALUES
        ('system', 'System', 'OF_THE_PROGRAM', NULL), ('system', 'System', 'OF_A_USER', '192.0.2.1'),
        ('alice', 'Alice', 'OF_A_USER', NULL)";
    let unknown = "INSERT INTO audit_logs (admin_id, admin_name, action, actor_kind) VALUES ('a', 'A', 'X', 'robot')";
    let (_copy, mut postgres, on_postgres) = postgres().await;
    postgres.batch_execute(insert).unwrap();
    assert!(postgres.batch_execute(unknown).unwrap_err().to_string().contains("valid_actor_kind"));
    let (_folder, mut sqlite, on_sqlite) = sqlite().await;
    sqlite.batch_execute(insert).unwrap();
    assert!(sqlite.batch_execute(unknown).unwrap_err().to_string().contains("valid_actor_kind"));
    for database in [on_postgres, on_sqlite] {
        let log = SqlAuditLog::new(database);
        let entries = log.list(&AuditFilter::default(), &PageRequest::default()).await.unwrap().items;
        assert_eq!(entries.len(), 3);
        for entry in entries {
            let kind = if entry.action == "OF_THE_PROGRAM" { ActorKind::System } else { ActorKind::User };
            assert_eq!(entry.actor_kind, kind, "{entry:?}");
        }
    }
}

/// The ids of the users that a search finds.
async fn found(users: &SqlUsers, term: &str) -> Vec<String> {
    let filter = UserFilter { search: SearchTerm::parse(term).unwrap(), ..UserFilter::default() };
    let query = UserQuery { filter, sort: UserSort::UserId, order: Order::Asc };
    let page = users.list(&query, &PageRequest::default(), at(0)).await.unwrap();
    assert_eq!(page.total.count, page.items.len() as u64, "{term}");
    page.items.iter().map(|user| user.user_id.to_string()).collect()
}

async fn entries_found(database: &Database, term: &str) -> usize {
    let filter = AuditFilter { search: SearchTerm::parse(term).unwrap(), ..AuditFilter::default() };
    let page = SqlAuditLog::new(database.clone()).list(&filter, &PageRequest::default()).await.unwrap();
    assert_eq!(page.total.count, page.items.len() as u64, "{term}");
    page.items.len()
}

/// Rows written by hand before, between and after those of the application.
macro_rules! searches_find_rows_written_by_hand {
    ($connection:expr, $database:expr) => {
        let users = SqlUsers::new($database.clone());
        let (accounts, by_hand) = (SqlAccounts::new($database.clone()), $connection);
        by_hand
            .batch_execute(
                "INSERT INTO users (user_id, email, name, password_hash) VALUES
                     ('first', 'first@hand.org', 'Jörg Müller', 'x'), ('second', 'second@hand.org', 'Émile', 'x');
                 INSERT INTO audit_logs (admin_id, admin_name, action) VALUES ('hand', 'Jörg Müller', 'X')",
            )
            .unwrap();
        let assert_all = async |terms: &[(&str, &[&str])]| {
            for (term, expected) in terms {
                assert_eq!(found(&users, term).await, *expected, "{term}");
            }
        };
        assert_all(&[("muller", &["first"]), ("jorg MU\u{308}", &["first"]), ("mile", &["second"])]).await;
        assert_eq!(entries_found(&$database, "mu\u{308}ller jorg").await, 1);
        a_user("third").name("Mülle").create(&accounts).await;
        assert_all(&[("mulle", &["first", "third"]), ("müller", &["first"]), ("il", &["second"])]).await;
        by_hand
            .batch_execute(
                "UPDATE users SET name = 'Zoë' WHERE user_id = 'first';
                 UPDATE users SET name = 'Mùlle' WHERE user_id = 'third';
                 UPDATE users SET id = 77 WHERE user_id = 'third';
                 DELETE FROM users WHERE user_id = 'second';
                 INSERT INTO audit_logs (admin_id, admin_name, action) VALUES ('hand', 'Zoë', 'X')",
            )
            .unwrap();
        let after: [(&str, &[&str]); 4] = [("muller", &[]), ("zoe", &["first"]), ("mulle", &["third"]), ("emile", &[])];
        assert_all(&after).await;
        assert_eq!(entries_found(&$database, "zoe").await, 1);
        a_user("fourth").create(&accounts).await;
        assert_all(&after).await;
        assert_eq!(entries_found(&$database, "zoe").await, 1);
        assert_eq!(entries_found(&$database, "muller hand").await, 1);
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_find_rows_written_by_hand() {
    let (_copy, mut connection, database) = postgres().await;
    searches_find_rows_written_by_hand!(&mut connection, database);

    let (_folder, mut connection, database) = sqlite().await;
    searches_find_rows_written_by_hand!(&mut connection, database);
    // The application has folded all rows, and the indexes match the tables.
    assert_eq!(number!(&mut connection, "SELECT count(*) FROM users WHERE search_text IS NULL"), 0);
    assert_eq!(number!(&mut connection, "SELECT count(*) FROM audit_logs_unfolded"), 0);
    connection.batch_execute("INSERT INTO users_folded (users_folded, rank) VALUES ('integrity-check', 1)").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn users_written_by_hand_are_listed_found_and_counted() {
    let insert =
        "INSERT INTO users (user_id, email, name, password_hash) VALUES ('byhand', 'by@hand.org', 'Ærøskøbing', 'x')";
    let (_copy, mut postgres, on_postgres) = postgres().await;
    postgres.batch_execute(insert).unwrap();
    let (_folder, mut sqlite, on_sqlite) = sqlite().await;
    sqlite.batch_execute(insert).unwrap();
    for database in [on_postgres, on_sqlite] {
        let users = SqlUsers::new(database);
        for term in ["BYHAND", "y@Hand.o", "ÆRØSKØ", "ø", "Y@"] {
            assert_eq!(found(&users, term).await, ["byhand"], "{term}");
        }
        let statistics = users.statistics(Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!((statistics.total(), statistics.recent_registrations), (1, 1));
    }
}
