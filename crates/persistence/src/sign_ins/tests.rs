//! The cost of the mails in a timeline.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use steward_domain::ports::Accounts;
use steward_testkit::servers::TestDatabase;
use steward_testkit::{a_user, at};

use super::*;
use crate::SqlAccounts;
use crate::database::{DatabaseSettings, Pools, lend};

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// The newest mails, and the mails after a cursor.
fn parts() -> [Part; 2] {
    [None, Some((Key::Time(at(9).into()), 7))].map(|after| Part { after, limit: 11 })
}

#[tokio::test]
async fn sqlite_reads_the_mails_of_a_user_by_their_index() {
    let folder = tempfile::tempdir().unwrap();
    let path = format!("{}/steward.db", folder.path().display());
    let db = Database::connect(&DatabaseSettings::new(format!("sqlite://{path}").parse().unwrap())).unwrap();
    db.migrate().await.unwrap();
    let mut conn = SqliteConnection::establish(&path).unwrap();
    for part in parts() {
        let query = mails_of!(7, part);
        let query = diesel::debug_query::<Sqlite, _>(&query).to_string();
        let query = query.split(" -- binds").next().unwrap();
        let steps: Vec<Step> = sql_query(format!("EXPLAIN QUERY PLAN {query}")).load(&mut conn).unwrap();
        assert_eq!(steps.len(), 1, "{query}");
        assert!(
            steps[0].detail.starts_with("SEARCH outbox USING INDEX idx_outbox_user (user_id=?"),
            "{}",
            steps[0].detail
        );
    }
}

#[derive(QueryableByName, Debug)]
struct Reads {
    #[diesel(sql_type = BigInt)]
    scans: i64,
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

/// The sequential scans of the outbox and the rows that were read from it by indexes, up to now.
fn reads(db: &Database) -> Reads {
    let Pools::Postgres(pool) = db.pools() else { unreachable!("it is PostgreSQL") };
    let reads: Result<Reads, Failure> = lend(pool, |conn| {
        sql_query("SELECT pg_stat_force_next_flush()").execute(conn)?;
        Ok(sql_query(
            "SELECT seq_scan AS scans, coalesce(idx_tup_fetch, 0) AS rows FROM pg_stat_user_tables
                WHERE relname = 'outbox'",
        )
        .get_result(conn)?)
    });
    reads.unwrap()
}

/// Half of 100,000 mails go to one user. All were caused at few instants.
#[tokio::test]
async fn postgres_reads_no_more_mails_than_a_page_has() {
    let copy = TestDatabase::empty();
    let settings = DatabaseSettings { pool_size: 1, ..DatabaseSettings::new(copy.url().parse().unwrap()) };
    let db = Database::connect(&settings).unwrap();
    db.migrate().await.unwrap();
    let accounts = SqlAccounts::new(db.clone());
    let alice = a_user("alice").create(&accounts as &dyn Accounts).await;
    a_user("bob").create(&accounts as &dyn Accounts).await;
    copy.run(
        "INSERT INTO outbox (kind, user_id, address, content, created_at, next_attempt_at)
            SELECT 'welcome', users.id, users.email, '{}', instants.at, instants.at
            FROM users, (SELECT now() - interval '1 second' * (n / 1000) AS at FROM generate_series(1, 50000) AS n)
                AS instants",
    )
    .unwrap();
    copy.run("ANALYZE outbox").unwrap();
    let sign_ins = SqlSignIns::new(db.clone());
    let now = at(0) + chrono::TimeDelta::days(36_500);
    let size = PageSize::parse("100").unwrap();
    let (before, mut after) = (reads(&db), None);
    for _ in 0..20 {
        let page = sign_ins.timeline(&alice, &EventSource::ALL, now, size, after).await.unwrap();
        assert_eq!(page.items.len(), 100);
        after = page.next;
    }
    let now = reads(&db);
    assert_eq!(now.scans, before.scans);
    let rows = now.rows - before.rows;
    assert!(rows <= 20 * 101, "20 pages read {rows} rows");
}
