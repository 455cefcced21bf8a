//! Mails that are not readable, and the cost of many mails.

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use steward_domain::ports::Outbox;
use steward_domain::{
    Action, DeliveryOutcome, MailKind, MailState, Origin, PageRequest, PageSize, Record, Role, Timestamp, UserId,
};
use steward_testkit::servers::TestDatabase;
use steward_testkit::{an_actor, an_entry, at};
use tempfile::TempDir;

use super::SqlOutbox;
use super::change::queue;
use super::claim::due_mails;
use crate::database::{Database, DatabaseSettings, Pools, lend};
use crate::failure::Failure;
use crate::schema::outbox;
use crate::timestamp::DbTimestamp;

const LEASE: TimeDelta = TimeDelta::minutes(5);

async fn an_sqlite_database() -> (SqlOutbox, SqliteConnection, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = format!("{}/steward.db", folder.path().display());
    let db = Database::connect(&DatabaseSettings::new(format!("sqlite://{path}").parse().unwrap())).unwrap();
    db.migrate().await.unwrap();
    (SqlOutbox::new(db), SqliteConnection::establish(&path).unwrap(), folder)
}

#[tokio::test]
async fn an_unreadable_mail_delays_its_recipient_only_and_fails_in_the_end() {
    let (outbox, mut conn, _folder) = an_sqlite_database().await;
    let created_at = DbTimestamp::from(at(0)).text();
    for (kind, name, content) in
        [("of_the_future", "a", "{}"), ("welcome", "a", "{}"), ("welcome", "b", "no JSON"), ("welcome", "c", "{}")]
    {
        conn.batch_execute(&format!(
            "INSERT INTO outbox (kind, address, content, created_at, next_attempt_at)
                VALUES ('{kind}', '{name}@example.com', '{content}', '{created_at}', '{created_at}')"
        ))
        .unwrap();
    }
    let claim = async |now: Timestamp| outbox.claim(now, LEASE, 9).await.unwrap();
    let first = claim(at(1)).await;
    assert_eq!((first.len(), first[0].recipient.address.as_str()), (1, "c@example.com"));
    outbox.finish(first[0].id, 1, DeliveryOutcome::Sent, at(1)).await.unwrap();
    let mut now = at(1);
    for _ in 2..=10 {
        now += LEASE;
        assert!(claim(now).await.is_empty());
    }
    let failed = outbox.list(Some(MailState::Failed), PageRequest::default()).await.unwrap().items;
    let kinds: Vec<(&str, u32)> = failed.iter().map(|mail| (mail.kind.as_str(), mail.attempts)).collect();
    assert_eq!(kinds, [("welcome", 10), ("of_the_future", 10)]);
    assert_eq!(failed[0].last_error.as_deref(), Some("the content is not readable by this release"));
    let next = claim(now).await;
    assert_eq!((next.len(), next[0].recipient.address.as_str()), (1, "a@example.com"));
}

#[tokio::test]
async fn the_content_and_the_name_of_a_mail_are_deleted_when_it_is_sent_or_cancelled() {
    let (outbox, mut conn, _folder) = an_sqlite_database().await;
    let created_at = DbTimestamp::from(at(0)).text();
    for name in ["sent", "failed", "cancelled", "refused", "queued"] {
        conn.batch_execute(&format!(
            "INSERT INTO outbox (kind, address, name, content, created_at, next_attempt_at)
                VALUES ('welcome', '{name}@example.com', 'Alice', '{{}}', '{created_at}', '{created_at}')"
        ))
        .unwrap();
    }
    let mails = outbox.claim(at(1), LEASE, 3).await.unwrap();
    let failed = DeliveryOutcome::Failed { error: "550".to_owned() };
    for (mail, outcome) in mails.iter().zip([DeliveryOutcome::Sent, failed, DeliveryOutcome::Cancelled]) {
        outbox.finish(mail.id, 1, outcome, at(1)).await.unwrap();
    }
    outbox.cancel(mails[2].id + 1, an_entry(Action::MailCancelled, "alice", at(2)).into()).await.unwrap();
    let kept: Vec<String> = outbox::table
        .filter(outbox::content.is_not_null().and(outbox::name.is_not_null()))
        .order(outbox::id)
        .select(outbox::address)
        .load(&mut conn)
        .unwrap();
    assert_eq!(kept, ["failed@example.com", "queued@example.com"]);
    let deleted = outbox::table.filter(outbox::content.is_null().and(outbox::name.is_null()));
    assert_eq!(deleted.count().get_result::<i64>(&mut conn).unwrap(), 3);
}

/// A process of an earlier release has one queue per address, in which a recovery mail waits for a notice.
#[tokio::test]
async fn a_mail_that_an_earlier_release_marked_as_waiting_is_released() {
    let (outbox, mut conn, _folder) = an_sqlite_database().await;
    let created_at = DbTimestamp::from(at(0)).text();
    conn.batch_execute(&format!(
        "INSERT INTO outbox (kind, address, content, created_at, next_attempt_at, is_recovery, is_waiting) VALUES
            ('welcome', 'a@example.com', '{{}}', '{created_at}', '{created_at}', FALSE, FALSE),
            ('email_changed', 'a@example.com', '{{\"new_address\": \"b@example.com\"}}', '{created_at}', '{created_at}',
                TRUE, TRUE)"
    ))
    .unwrap();
    for kind in [MailKind::Welcome, MailKind::EmailChanged] {
        let mails = outbox.claim(at(1), LEASE, 9).await.unwrap();
        assert_eq!(mails.iter().map(|mail| mail.content.kind()).collect::<Vec<_>>(), [kind]);
        outbox.finish(mails[0].id, 1, DeliveryOutcome::Sent, at(1)).await.unwrap();
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// SQLite collects statistics some time after the first rows; the plans must be good before.
#[tokio::test]
async fn sqlite_reads_due_mails_by_their_index() {
    let (_outbox, mut conn, _folder) = an_sqlite_database().await;
    let mut plan = |query: String| -> Vec<String> {
        let query = query.split(" -- binds").next().unwrap().to_owned();
        let steps: Vec<Step> = sql_query(format!("EXPLAIN QUERY PLAN {query}")).load(&mut conn).unwrap();
        steps.into_iter().map(|step| step.detail).collect()
    };
    let due = due_mails(DbTimestamp::from(at(0)), 9);
    assert_eq!(
        plan(diesel::debug_query::<Sqlite, _>(&due).to_string()),
        [
            "SEARCH outbox USING INDEX idx_outbox_due (is_waiting=? AND next_attempt_at<?)",
            "CORRELATED SCALAR SUBQUERY 1",
            "SEARCH older USING COVERING INDEX idx_outbox_queued (address=? AND is_recovery=? AND id<?)"
        ]
    );
    assert_eq!(
        plan(diesel::debug_query::<Sqlite, _>(&queue("a", true).limit(1)).to_string()),
        ["SEARCH outbox USING COVERING INDEX idx_outbox_queued (address=? AND is_recovery=?)"]
    );
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

/// 100,000 mails to one recipient, and after them 100,000 mails to others.
#[tokio::test]
async fn many_queued_mails_cost_postgres_no_sequential_scan() {
    let copy = TestDatabase::empty();
    // One connection, which reports its statistics.
    let settings = DatabaseSettings { pool_size: 1, ..DatabaseSettings::new(copy.url().parse().unwrap()) };
    let db = Database::connect(&settings).unwrap();
    db.migrate().await.unwrap();
    // The statistics are those of the full queue, whenever the server would renew them.
    copy.run("ALTER TABLE outbox SET (autovacuum_enabled = false)").unwrap();
    copy.run(
        "INSERT INTO outbox (kind, address, content, created_at, next_attempt_at)
            SELECT 'welcome', CASE WHEN n <= 100000 THEN 'one' ELSE n::text END || '@example.com', '{}',
                now() - interval '1 day', now() - interval '1 day'
            FROM generate_series(1, 200000) AS n",
    )
    .unwrap();
    copy.run("ANALYZE outbox").unwrap();
    let outbox = SqlOutbox::new(db.clone());
    let (now, size) = (steward_domain::truncate(steward_testkit::the_beginning() + TimeDelta::days(36_500)), "100");
    let page = |number| PageRequest { number, size: PageSize::parse(size).unwrap(), after: None };
    let record = |action| -> Record {
        let root = an_actor("root", Role::SuperAdmin);
        let entry =
            steward_domain::AuditEntry::by(&root, action, &UserId::parse("root").unwrap(), now, Origin::default());
        steward_domain::AuditEntry { acting: None, ..entry }.into()
    };
    let before = reads(&db);
    let mut to_others = 0;
    // Each claim marks at most 5,000 mails to the one recipient.
    for _ in 0..25 {
        let mails = outbox.claim(now, LEASE, 20).await.unwrap();
        for mail in &mails {
            to_others += usize::from(!mail.recipient.address.as_str().starts_with("one@"));
            outbox.finish(mail.id, mail.attempts, DeliveryOutcome::Sent, now).await.unwrap();
        }
    }
    assert!(to_others > 20, "{to_others}");
    let mail = outbox.claim(now, LEASE, 1).await.unwrap().remove(0);
    let failed = DeliveryOutcome::Failed { error: "550".to_owned() };
    outbox.finish(mail.id, mail.attempts, failed, now).await.unwrap();
    outbox.retry(mail.id, record(Action::MailRetried)).await.unwrap();
    outbox.cancel(mail.id, record(Action::MailCancelled)).await.unwrap();
    for state in [None, Some(MailState::Queued), Some(MailState::Sent)] {
        outbox.list(state, page(1)).await.unwrap();
        outbox.list(state, page(2)).await.unwrap();
    }
    outbox.purge(now - TimeDelta::hours(1), 100).await.unwrap();
    assert_eq!(outbox.statistics().await.unwrap().queued, 10_000);
    assert_eq!(reads(&db).scans, before.scans);
    let before = reads(&db);
    assert_eq!(outbox.claim(now, LEASE, 20).await.unwrap().len(), 20);
    let rows = reads(&db).rows - before.rows;
    assert!(rows < 5_000, "a claim read {rows} rows");
}
