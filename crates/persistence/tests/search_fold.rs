//! Texts for searching are folded by the rules of the domain: by PostgreSQL, which has its own function, and after a
//! migration.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue must fail at once")]

#[macro_use]
mod common;

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sql_types::{Array, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use steward_domain::search_fold;
use steward_persistence::{Database, DatabaseSettings};
use steward_testkit::servers::{Template, TestDatabase};

const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

static IN_A_LOCALE: Template = Template::in_locale("und");

#[derive(QueryableByName)]
struct Folded {
    #[diesel(sql_type = Text)]
    folded: String,
}

async fn migrate(url: &str) {
    let database = Database::connect(&DatabaseSettings::new(url.parse().unwrap())).unwrap();
    database.migrate().await.unwrap();
    while database.fold_texts().await.unwrap() {}
}

/// The texts that PostgreSQL folds differently, with both forms.
fn differences(url: &str, texts: &[String]) -> Vec<String> {
    let mut connection = PgConnection::establish(url).unwrap();
    let mut differences = Vec::new();
    for texts in texts.chunks(20_000) {
        let folded: Vec<Folded> = diesel::sql_query(
            "SELECT search_fold(content) AS folded FROM unnest($1) WITH ORDINALITY AS t (content, n) ORDER BY n",
        )
        .bind::<Array<Text>, _>(texts)
        .load(&mut connection)
        .unwrap();
        assert_eq!(folded.len(), texts.len());
        for (text, Folded { folded }) in texts.iter().zip(folded) {
            let expected = search_fold(text);
            if folded != expected {
                differences.push(format!("{} {text:?}: {folded:?}, not {expected:?}", text.escape_unicode()));
            }
        }
    }
    differences
}

/// Whether Unicode 15 or later added the character, so that a server may not have it.
fn is_new(c: char) -> bool {
    matches!(u32::from(c),
        0x05c8..=0x05c9 | 0x0897 | 0x1acf..=0x1aff | 0x1c89..=0x1c8a | 0xa7cb..=0xa7f1 | 0xab6c..=0xab6d
        | 0x105c0..=0x105ff | 0x10d40..=0x10d8f | 0x10ecc..=0x10eff | 0x11380..=0x113ff | 0x11b60..=0x11b6f
        | 0x11f41..=0x11f42 | 0x16100..=0x1613f | 0x16d40..=0x16d7f | 0x16ea0..=0x16edf | 0x1d127..=0x1d128
        | 0x1d250..=0x1d2bf | 0x1df2b..=0x1dfff | 0x1e4d0..=0x1e4ff | 0x1e5d0..=0x1e5ff | 0x1e6c0..=0x1e6ff)
}

/// A character that some releases of PostgreSQL (15.18) drop after a Hangul syllable. They compose the two, although the
/// first trailing consonant is the next character (`TBase`, Unicode 3.12.2).
const BEFORE_TRAILING_CONSONANTS: char = '\u{11a7}';

/// Tests each character by itself, before a mark and after a letter.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_folds_every_character_as_the_domain_does() {
    let characters = (1..0x0002_0000).chain(0x000e_0000..0x000e_0200).filter_map(char::from_u32);
    let texts: Vec<String> = characters
        // Hangul syllables behave alike, so some of them suffice.
        .filter(|c| {
            !is_new(*c) && *c != BEFORE_TRAILING_CONSONANTS && (!('가'..='힣').contains(c) || u32::from(*c) % 97 == 0)
        })
        .flat_map(|c| [format!("{c} E{c}\u{301}x"), format!("K가{c}A→\nB{c}\u{301}가 → Z")])
        .collect();
    let plain = TestDatabase::empty();
    migrate(plain.url()).await;
    let in_a_locale = IN_A_LOCALE.database(migrate).await;
    for url in [plain.url(), in_a_locale.url()] {
        let differences = differences(url, &texts);
        assert!(differences.is_empty(), "{}:\n{}", differences.len(), differences.join("\n"));
    }
}

/// Migrates as the release before did, inserts users and entries, and applies the other migrations.
macro_rules! migrate_with_earlier_rows {
    ($connection:expr, $migrations:expr, $numbers:expr) => {{
        let is_next = |connection: &mut _| {
            let pending = MigrationHarness::pending_migrations(connection, $migrations).unwrap();
            pending.first().unwrap().name().to_string() == "0012_search_fold"
        };
        while !is_next($connection) {
            $connection.run_next_migration($migrations).unwrap();
        }
        let numbers = $numbers;
        let rows = format!(
            "INSERT INTO users (user_id, email, name, password_hash)
                 SELECT 'user' || n, 'user' || n || '@example.com', 'Jörg Müller ' || n, 'x' FROM {numbers};
             INSERT INTO audit_logs (admin_id, admin_name, action) SELECT 'admin', 'Jörg Müller', 'X' FROM {numbers}"
        );
        $connection.batch_execute(&rows).unwrap();
        $connection.run_pending_migrations($migrations).unwrap();
    }};
}

#[tokio::test(flavor = "multi_thread")]
async fn earlier_rows_are_folded_on_postgres_from_the_last_position() {
    let copy = TestDatabase::empty();
    let mut connection = PgConnection::establish(copy.url()).unwrap();
    migrate_with_earlier_rows!(&mut connection, POSTGRES, "generate_series(1, 4500) AS numbers (n)");
    let entries = "SELECT count(*) FROM audit_logs
        WHERE audit_search_text(admin_id, admin_name, action, target, details, ip_address, user_agent) LIKE '%jorg%'";
    assert_eq!(number!(&mut connection, entries), 4500);
    let folded = "SELECT count(*) FROM users WHERE search_text LIKE '%jorg muller%'";
    let left = "SELECT count(*) FROM search_refold";
    let count = |connection: &mut PgConnection| [folded, left].map(|sql| number!(connection, sql));
    assert_eq!(count(&mut connection), [0, 1]);
    // Another process has folded the first thousand.
    connection
        .batch_execute("UPDATE search_refold SET after_id = (SELECT id FROM users WHERE user_id = 'user1000')")
        .unwrap();
    migrate(copy.url()).await;
    assert_eq!(count(&mut connection), [3500, 0]);
    migrate(copy.url()).await;
    assert_eq!(count(&mut connection), [3500, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_folding_is_returned_and_the_next_call_continues() {
    let copy = TestDatabase::empty();
    let mut connection = PgConnection::establish(copy.url()).unwrap();
    migrate_with_earlier_rows!(&mut connection, POSTGRES, "generate_series(1, 10) AS numbers (n)");
    let statement_timeout = Duration::from_millis(400);
    let settings = DatabaseSettings { statement_timeout, ..DatabaseSettings::new(copy.url().parse().unwrap()) };
    let database = Database::connect(&settings).unwrap();
    assert!(database.migrate().await.unwrap().is_empty());
    let is_reported =
        async || database.missing_features().await.unwrap().iter().any(|remark| remark.contains("`steward migrate`"));
    connection.batch_execute("BEGIN; SELECT FROM users WHERE user_id = 'user5' FOR UPDATE").unwrap();
    let failure = database.fold_texts().await.unwrap_err().to_string();
    assert!(failure.contains("lock timeout"), "{failure}");
    assert!(is_reported().await);
    connection.batch_execute("COMMIT").unwrap();
    while database.fold_texts().await.unwrap() {}
    assert!(!is_reported().await);
    assert_eq!(number!(&mut connection, "SELECT count(*) FROM users WHERE search_text LIKE '%jorg muller%'"), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn earlier_rows_are_folded_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("steward.db");
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let numbers = "(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 4500) SELECT n FROM s)";
    migrate_with_earlier_rows!(&mut connection, SQLITE, numbers);
    let tables = [
        "users WHERE search_text IS NULL",
        "audit_logs_unfolded",
        "users_folded('\"jorg muller\"')",
        "audit_logs_folded('\"jorg muller\"')",
    ];
    let count = |connection: &mut _| tables.map(|from| number!(connection, format!("SELECT count(*) FROM {from}")));
    assert_eq!(count(&mut connection), [4500, 4500, 0, 0]);
    migrate(&format!("sqlite://{}", path.display())).await;
    assert_eq!(count(&mut connection), [0, 0, 4500, 4500]);
}
