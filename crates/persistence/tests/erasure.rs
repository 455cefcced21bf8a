//! The erasure of a user is complete: a mark in every field of every table is nowhere in the database afterwards.
//!
//! A new table or column makes `every_field_is_marked` fail, until [`SEED`] marks it, or [`IMPERSONAL`] lists it.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue must fail at once")]

#[macro_use]
mod common;

#[path = "erasure/insert_only.rs"]
mod insert_only;
#[path = "erasure/raw.rs"]
mod raw;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection};
use raw::Raw;
use steward_domain::ports::{AuditLog, ChangeError, Deletions, Users};
use steward_domain::{
    Action, ActorKind, AuditEntry, AuditFilter, MailContent, NewMessage, PageRequest, Record, SearchTerm,
};
use steward_persistence::{Database, DatabaseSettings, SqlAuditLog, SqlDeletions, SqlUsers};
use steward_testkit::servers::TestDatabase;
use steward_testkit::{an_entry, at, user_id};

/// The mark, in every text and every sequence of bytes that belongs to the erased user.
const MARK: &str = "m4rkmark";
/// A mark of data that belongs to another user.
const KEPT: &str = "k3ptkept";

/// Columns without personal data: the user id, names of states and kinds, and the migrations.
const IMPERSONAL: [&str; 20] = [
    "__diesel_schema_migrations.version",
    "account_links.purpose",
    "active_users.period",
    "audit_logs.action",
    "audit_logs.actor_kind",
    "audit_logs.admin_id",
    "audit_logs.target",
    "invitations.inviter_id",
    "invitations.role",
    "login_failures.account",
    "outbox.kind",
    "outbox.state",
    "password_reset_requests.user_id",
    "sign_in_events.outcome",
    "task_leases.holder",
    "task_leases.name",
    "user_avatars.content_type",
    "user_counts.role",
    "users.role",
    "users.user_id",
];

/// Rows about the user `gone`, for both databases. `$BYTES` is the mark as 16 bytes, `$HASH` as 32
/// bytes, `$OTHER` and `$FORMER` are other 16 bytes with the mark, and `$MARKS` is the mark three times.
const SEED: &str = "
    INSERT INTO users (user_id, email, name, password_hash, locale) VALUES
        ('gone', 'm4rkmark@example.com', 'm4rkmark', 'm4rkmark', 'm4rkmark'),
        ('bob', 'k3ptkept@example.com', 'k3ptkept', 'k3ptkept', 'k3ptkept');
    INSERT INTO audit_logs (admin_id, admin_name, action, target, details, ip_address, user_agent) VALUES
        ('gone', 'm4rkmark', 'OF_ONESELF', 'Gone', 'email: m4rkmark', 'm4rkmark', 'm4rkmark'),
        ('GONE', 'm4rkmark', 'OF_THE_USER', 'bob', 'name: k3ptkept', 'm4rkmark', 'm4rkmark'),
        ('bob', 'k3ptkept', 'ON_THE_USER', 'gone', 'name: m4rkmark', 'k3ptkept', 'k3ptkept'),
        ('gone', 'm4rkmark', 'BARE', NULL, NULL, NULL, NULL),
        ('bob', 'k3ptkept', 'OF_ANOTHER', 'gone2', 'k3ptkept', 'k3ptkept', 'k3ptkept'),
        ('bob', 'k3ptkept', 'INVITED', NULL, 'email: m4rkmark@example.com; role: user', 'k3ptkept', 'k3ptkept'),
        ('bob', 'k3ptkept', 'INVITED', NULL, 'email: m4rkmark@example.com', 'k3ptkept', 'k3ptkept'),
        ('bob', 'k3ptkept', 'INVITED', NULL, 'email: former-m4rkmark@example.com', 'k3ptkept', 'k3ptkept'),
        ('bob', 'k3ptkept', 'INVITED', NULL, 'email: k3ptkept@example.com; role: user', 'k3ptkept', 'k3ptkept');
    INSERT INTO audit_logs (admin_id, admin_name, actor_kind, action, target, ip_address, user_agent) VALUES
        ('system', 'System', 'system', 'REQUESTED', 'gone', 'm4rkmark', 'm4rkmark');
    INSERT INTO sessions (sid, user_id, expires_at, ip_address, user_agent, address_key, device_key)
        SELECT $BYTES, id, '2026-02-02T00:00:00.000000Z', 'm4rkmark', $MARKS FROM users WHERE user_id = 'gone';
    INSERT INTO refresh_tokens (token_hash, session_id, created_at, used_at, successor_hash)
        SELECT $HASH, id, '2026-01-02T00:00:00.000000Z', '2026-01-02T00:00:00.000000Z', $HASH FROM sessions;
    INSERT INTO password_reset_tokens (user_id, token_hash, expires_at)
        SELECT id, $BYTES, '2026-02-02T00:00:00.000000Z' FROM users WHERE user_id = 'gone';
    INSERT INTO user_profiles (user_id, phone, avatar_url, bio)
        SELECT id, $MARKS FROM users WHERE user_id = 'gone';
    UPDATE user_profiles SET (department, title, time_zone) = ($MARKS), attributes = 'm4rkmark';
    INSERT INTO user_avatars (user_id, image, content_type, hash, updated_at)
        SELECT id, $BYTES, 'image/webp', 'm4rkmark', '2026-01-02T00:00:00.000000Z' FROM users WHERE user_id = 'gone';
    INSERT INTO invitations (address, role, locale, inviter_id, inviter_name, link_id, created_at, expires_at) VALUES
        ('m4rkmark@example.com', 'user', 'm4rkmark', 'bob', 'k3ptkept', $BYTES, '2026-01-02T00:00:00.000000Z',
         '2026-02-02T00:00:00.000000Z'),
        ('former-m4rkmark@example.com', 'user', 'm4rkmark', 'bob', 'k3ptkept', $OTHER, '2026-01-02T00:00:00.000000Z',
         '2026-02-02T00:00:00.000000Z'),
        ('k3ptkept@example.com', 'user', 'k3ptkept', 'Gone', 'm4rkmark', $THIRD, '2026-01-02T00:00:00.000000Z',
         '2026-02-02T00:00:00.000000Z');
    INSERT INTO login_failures (account, source, failures, last_failure) VALUES
        ('gone', 'm4rkmark', 1, '2026-01-02T00:00:00.000000Z'), ('bob', 'k3ptkept', 1, '2026-01-02T00:00:00.000000Z');
    INSERT INTO sign_in_events (at, user_id, outcome, reason, session, network, address_key, device_key, ip_address,
        user_agent)
        SELECT '2026-01-02T00:00:00.000000Z', id, 'failure', 'm4rkmark', $BYTES, $MARKS, 'm4rkmark', 'm4rkmark'
        FROM users WHERE user_id = 'gone';
    INSERT INTO segments (owner, name, name_key, query) SELECT id, $MARKS FROM users WHERE user_id = 'gone';
    INSERT INTO account_links (link_id, purpose, user_id, address, token_hash, created_at, expires_at)
        SELECT $BYTES, 'verify_email', id, 'm4rkmark', $BYTES, '2026-01-02T00:00:00.000000Z', '2026-02-02T00:00:00.000000Z'
        FROM users WHERE user_id = 'gone';
    INSERT INTO account_links (link_id, purpose, user_id, address, token_hash, created_at, expires_at)
        SELECT $FORMER, 'undo_email_change', id, 'former-m4rkmark@example.com', $FORMER, '2026-01-02T00:00:00.000000Z',
            '2026-02-02T00:00:00.000000Z'
        FROM users WHERE user_id = 'gone';
    INSERT INTO account_links (link_id, purpose, user_id, address, token_hash, created_at, expires_at)
        SELECT $TAKEN, 'undo_email_change', id, 'k3ptkept@example.com', $TAKEN, '2026-01-02T00:00:00.000000Z',
            '2026-02-02T00:00:00.000000Z'
        FROM users WHERE user_id = 'gone';
    INSERT INTO account_links (link_id, purpose, address, token_hash, created_at, expires_at) VALUES
        ($OTHER, 'accept_invitation', 'm4rkmark@example.com', $OTHER, '2026-01-02T00:00:00.000000Z',
         '2026-02-02T00:00:00.000000Z');
    INSERT INTO outbox (kind, user_id, address, name, locale, content, link_id, last_error, created_at, next_attempt_at)
        SELECT 'welcome', id, 'm4rkmark', 'm4rkmark', 'm4rkmark', 'm4rkmark', $BYTES, 'm4rkmark',
            '2026-01-02T00:00:00.000000Z', '2026-01-02T00:00:00.000000Z'
        FROM users WHERE user_id = 'gone';
    INSERT INTO outbox (kind, address, state, created_at, over_at) VALUES
        ('invitation', 'm4rkmark@example.com', 'sent', '2026-01-02T00:00:00.000000Z', '2026-01-02T00:00:00.000000Z'),
        ('invitation', 'k3ptkept@example.com', 'sent', '2026-01-02T00:00:00.000000Z', '2026-01-02T00:00:00.000000Z');
    INSERT INTO idempotency_keys (key_hash, caller, fingerprint, lease_expires_at, answer, expires_at)
        SELECT $HASH, id, $HASH, '2026-01-02T00:00:00.000000Z', $BYTES, '2026-02-02T00:00:00.000000Z'
        FROM users WHERE user_id = 'gone';
    INSERT INTO password_reset_requests (user_id, email, locale, ip_address, user_agent, requested_at) VALUES
        ('Gone', NULL, $MARKS, '2026-01-02T00:00:00.000000Z'),
        (NULL, 'm4rkmark@example.com', $MARKS, '2026-01-02T00:00:00.000000Z'),
        (NULL, 'k3ptkept@example.com', 'k3ptkept', 'k3ptkept', 'k3ptkept', '2026-01-02T00:00:00.000000Z');
";

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

async fn sqlite() -> (tempfile::TempDir, SqliteConnection, Database) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("steward.db");
    let database = migrated(&format!("sqlite://{}", path.display())).await;
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    connection.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON").unwrap();
    (folder, connection, database)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_is_marked() {
    let (_copy, mut connection, _database) = postgres().await;
    connection.seed();
    connection.batch_execute("SET bytea_output = 'escape'").unwrap();
    let columns = connection.lines(
        "SELECT table_name || '.' || column_name AS line FROM information_schema.columns
        WHERE table_schema = 'public' AND udt_name IN ('text', 'varchar', 'bytea', 'json', 'jsonb', 'inet')
        ORDER BY line",
    );
    assert!(columns.len() > 40, "{columns:?}");
    let mut unmarked = Vec::new();
    for field in columns.iter().filter(|field| !IMPERSONAL.contains(&field.as_str())) {
        let (table, column) = field.split_once('.').unwrap();
        let values = connection.lines(&format!("SELECT coalesce({column}::text, '') AS line FROM {table}"));
        if !values.iter().any(|value| value.contains(MARK)) {
            unmarked.push(field);
        }
    }
    assert!(unmarked.is_empty(), "mark these fields in SEED: {unmarked:?}");
}

/// The entry of an administrator who deletes the user.
fn deletion() -> AuditEntry {
    an_entry(Action::UserDeleted, "gone", at(9)).with_details("role: user")
}

async fn delete_as_administrator(database: &Database) {
    let users = SqlUsers::new(database.clone());
    users.delete(&user_id("gone"), Box::new(|_| Ok(deletion().into()))).await.unwrap();
    let again = users.delete(&user_id("gone"), Box::new(|_| Ok(deletion().into()))).await;
    assert!(matches!(again, Err(ChangeError::NotFound)));
}

/// As the task does, with a mail.
async fn erase(database: &Database) {
    let deletions = SqlDeletions::new(database.clone());
    let entry = AuditEntry { actor_kind: ActorKind::System, ..an_entry(Action::AccountErased, "gone", at(9)) };
    let decide = Box::new(|locked: &steward_domain::ports::LockedUser| {
        let notice = NewMessage::to(&locked.user, MailContent::AccountDeleted).without_account();
        Ok(Some(Record::from(entry).with_message(notice)))
    });
    deletions.erase(&user_id("gone"), decide).await.unwrap();
}

async fn entries_with(database: &Database, term: &str) -> u64 {
    let filter = AuditFilter { search: SearchTerm::parse(term).unwrap(), ..AuditFilter::default() };
    SqlAuditLog::new(database.clone()).list(&filter, &PageRequest::default()).await.unwrap().total.count
}

/// Nothing of the user is left but the id, and everything of the other user.
macro_rules! assert_erased {
    ($connection:expr, $database:expr) => {
        assert_eq!($connection.tables_with(MARK), Vec::<String>::new());
        let kept = ["users", "audit_logs", "invitations", "login_failures", "outbox", "password_reset_requests"];
        let tables = $connection.tables_with(KEPT);
        for table in kept {
            assert!(tables.iter().any(|found| found == table), "{table} of the other user in {tables:?}");
        }
        let entries = $connection.lines(
            "SELECT action || ' ' || coalesce(admin_id, '-') || ' ' || admin_name || ' ' || coalesce(target, '-') || ' '
                || coalesce(details, '-') || ' ' || coalesce(ip_address, '-') || ' ' || coalesce(user_agent, '-') AS line
            FROM audit_logs WHERE action <> 'USER_DELETED' AND action <> 'ACCOUNT_ERASED' ORDER BY id",
        );
        let expected = [
            "OF_ONESELF gone [erased] Gone [erased] [erased] [erased]",
            "OF_THE_USER GONE [erased] bob name: k3ptkept [erased] [erased]",
            "ON_THE_USER bob k3ptkept gone [erased] k3ptkept k3ptkept",
            "BARE gone [erased] - - - -",
            "OF_ANOTHER bob k3ptkept gone2 k3ptkept k3ptkept k3ptkept",
            "INVITED bob k3ptkept - [erased] k3ptkept k3ptkept",
            "INVITED bob k3ptkept - [erased] k3ptkept k3ptkept",
            "INVITED bob k3ptkept - [erased] k3ptkept k3ptkept",
            "INVITED bob k3ptkept - email: k3ptkept@example.com; role: user k3ptkept k3ptkept",
            "REQUESTED system System gone - [erased] [erased]",
        ];
        assert_eq!(entries, expected);
        let open = "SELECT count(*) FROM invitations WHERE lower(inviter_id) = 'gone' AND revoked_at IS NULL";
        assert_eq!(number!($connection, open.to_owned()), 0, "a later user may have the same user id");
        for (table, counters) in [("users", "user_counts"), ("audit_logs", "audit_counts")] {
            let rows = number!($connection, format!("SELECT count(*) FROM {table}"));
            assert_eq!(number!($connection, format!("SELECT sum(count) FROM {counters}")), rows, "{table}");
        }
        for (term, expected) in [(MARK, 0), ("erased", 4), ("k3ptkept", 3), ("bob", 3)] {
            assert!(entries_with(&$database, term).await >= expected, "{term}");
        }
        assert_eq!(entries_with(&$database, MARK).await, 0);
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrators_deletion_erases_all_marks() {
    let (_copy, mut connection, database) = postgres().await;
    connection.seed();
    delete_as_administrator(&database).await;
    assert_erased!(&mut connection, database);

    // Entries that the application has folded for searches, and entries that it has not.
    for is_folded in [true, false] {
        let (_folder, mut connection, database) = sqlite().await;
        connection.seed();
        if is_folded {
            while database.fold_texts().await.unwrap() {}
        }
        delete_as_administrator(&database).await;
        assert_erased!(&mut connection, database);
        connection
            .batch_execute(
                "INSERT INTO audit_logs_search (audit_logs_search, rank) VALUES ('integrity-check', 1);
                INSERT INTO audit_logs_folded (audit_logs_folded) VALUES ('integrity-check');
                INSERT INTO users_folded (users_folded, rank) VALUES ('integrity-check', 1)",
            )
            .unwrap();
        assert_eq!(number!(&mut connection, "SELECT count(*) FROM audit_erasures"), 0);
    }
}

/// Until its notice is sent, the outbox has the address.
macro_rules! the_notice_is_forgotten {
    ($connection:expr, $database:expr) => {
        $connection.seed();
        erase(&$database).await;
        assert_eq!($connection.tables_with(MARK), ["outbox"]);
        let deletions = SqlDeletions::new($database.clone());
        assert_eq!(deletions.forget_notices(10).await.unwrap(), 0);
        $connection
            .batch_execute(
                "UPDATE outbox SET state = 'sent', next_attempt_at = NULL, over_at = created_at
                WHERE kind = 'account_deleted'",
            )
            .unwrap();
        assert_eq!(deletions.forget_notices(10).await.unwrap(), 1);
        assert_erased!($connection, $database);
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn the_notice_of_an_erasure_is_deleted_after_it_is_sent() {
    let (_copy, mut connection, database) = postgres().await;
    the_notice_is_forgotten!(&mut connection, database);
    let (_folder, mut connection, database) = sqlite().await;
    the_notice_is_forgotten!(&mut connection, database);
}
