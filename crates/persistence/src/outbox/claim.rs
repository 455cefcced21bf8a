//! Claims due mails.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;
use diesel::dsl::{auto_type, count_star, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable};
use steward_domain::ports::StoreError;
use steward_domain::{ClaimedLink, ClaimedMail, DeliveryOutcome, Timestamp};

use super::change;
use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::failure::Failure;
use crate::rows::{ClaimedLinkRow, MailRow, QueuedMailRow, is_queued};
use crate::schema::{account_links, outbox};
use crate::timestamp::DbTimestamp;

/// The most mails that a step marks as waiting, in addition to those that it may claim. The first step marks none in
/// addition, because usually no mail waits.
const MARKED_PER_STEP: [i64; 6] = [0, 1_000, 1_000, 1_000, 1_000, 1_000];

/// The number of claims of an unreadable mail after which it has failed.
const UNREADABLE_CLAIMS: i32 = 10;

/// The oldest queued mail before this one in the same queue to the same address.
const BLOCKER: &str = "(SELECT older.id FROM outbox AS older \
     WHERE older.state = 'queued' AND older.address = outbox.address AND older.is_recovery = outbox.is_recovery \
         AND older.id < outbox.id \
     ORDER BY older.id LIMIT 1)";

/// The due mails at a time, oldest first: the id, and the mail that must be sent before.
#[auto_type]
pub(super) fn due_mails(now: DbTimestamp, limit: i64) -> _ {
    let is_queued: SqlLiteral<Bool> = is_queued();
    let blocker: SqlLiteral<Nullable<BigInt>> = sql(BLOCKER);
    outbox::table
        .filter(is_queued.and(outbox::is_waiting.eq(false)).and(outbox::next_attempt_at.le(now)))
        .order((outbox::next_attempt_at, outbox::id))
        .select((outbox::id, blocker))
        .limit(limit)
}

/// Claims mails, each for the time of `lease`.
pub(super) fn run(db: &Database, now: Timestamp, lease: TimeDelta, limit: u32) -> Result<Vec<ClaimedMail>, Failure> {
    let (at, lease_end) = (DbTimestamp::from(now), DbTimestamp::from(now + lease));
    let limit = limit as usize;
    let mut claimed = Vec::new();
    // The number of steps limits the time of a claim, however many mails wait.
    for marked in MARKED_PER_STEP {
        let step = Step { now: at, lease_end, limit: limit - claimed.len(), marked };
        let is_last = step.run(db, &mut claimed)?;
        if is_last || claimed.len() == limit {
            break;
        }
    }
    let mut readable = Vec::with_capacity(claimed.len());
    for (row, mail) in claimed.iter().zip(read_mails(db, &claimed, now)?) {
        let (id, attempts) = (row.id, row.attempts);
        match mail {
            Ok(mail) => readable.push(mail),
            Err(Unsendable::LinkDeleted) => finish(db, id, attempts, DeliveryOutcome::Cancelled, now)?,
            Err(Unsendable::Unreadable(error)) => {
                // A newer release, which can read it, may run beside this one.
                tracing::error!(%error, attempts, "left out of a claim");
                if attempts >= UNREADABLE_CLAIMS {
                    let error = "the content is not readable by this release".to_owned();
                    finish(db, id, attempts, DeliveryOutcome::Failed { error }, now)?;
                }
            }
        }
    }
    Ok(readable)
}

fn finish(db: &Database, id: i64, attempts: i32, outcome: DeliveryOutcome, now: Timestamp) -> Result<(), Failure> {
    change::finish(db, id, u32::try_from(attempts).unwrap_or(0), outcome, now)
}

/// One step of a claim.
struct Step {
    now: DbTimestamp,
    lease_end: DbTimestamp,
    limit: usize,
    /// The most mails to mark as waiting, in addition to those that it may claim.
    marked: i64,
}

impl Step {
    /// Claims mails and marks others as waiting, in one transaction. Returns whether no other mail was due.
    fn run(&self, db: &Database, claimed: &mut Vec<MailRow>) -> Result<bool, Failure> {
        let window = i64::try_from(self.limit).unwrap_or(i64::MAX).saturating_add(self.marked);
        let due: Vec<(i64, Option<i64>)> = each!(db, |conn| Ok(due_mails(self.now, window).load(conn)?))?;
        if due.is_empty() {
            return Ok(true);
        }
        let is_last = i64::try_from(due.len()).is_ok_and(|found| found < window);
        let (next, blocked): (Vec<_>, Vec<_>) = due.into_iter().partition(|(_, blocker)| blocker.is_none());
        let next: Vec<i64> = next.into_iter().take(self.limit).map(|(id, _)| id).collect();
        let ids: HashSet<i64> = next
            .iter()
            .copied()
            .chain(blocked.iter().flat_map(|(id, blocker)| [Some(*id), *blocker]).flatten())
            .collect();
        let ids: Vec<i64> = ids.into_iter().collect();

        let mut rows: Vec<MailRow> = each!(db, |conn| conn.write(|conn| {
            // Other processes may have changed the mails since they were read.
            let locked = conn.lock_queued_mails(&ids)?;
            let locked: HashMap<i64, QueuedMailRow> = locked.into_iter().map(|row| (row.id, row)).collect();
            let is_due = |id: &i64| locked.get(id).is_some_and(|row| row.is_due(self.now));
            let claimed: Vec<i64> = next.iter().copied().filter(is_due).collect();
            let waiting: Vec<i64> = blocked
                .iter()
                .filter(|(id, blocker)| is_due(id) && blocker.is_some_and(|blocker| locked.contains_key(&blocker)))
                .map(|(id, _)| *id)
                .collect();
            if !waiting.is_empty() {
                diesel::update(outbox::table.filter(outbox::id.eq_any(&waiting)))
                    .set(outbox::is_waiting.eq(true))
                    .execute(conn)?;
            }
            if claimed.is_empty() {
                return Ok(Vec::new());
            }
            Ok(diesel::update(outbox::table.filter(outbox::id.eq_any(&claimed)))
                .set((outbox::next_attempt_at.eq(self.lease_end), outbox::attempts.eq(outbox::attempts + 1)))
                .returning(MailRow::as_returning())
                .get_results(conn)?)
        }))?;
        let order: HashMap<i64, usize> = next.into_iter().enumerate().map(|(at, id)| (id, at)).collect();
        rows.sort_by_key(|row| order.get(&row.id).copied());
        claimed.append(&mut rows);
        Ok(is_last)
    }
}

/// The reason why a claimed mail cannot be sent.
enum Unsendable {
    /// The link was deleted with its account.
    LinkDeleted,
    /// The content or the link is not readable.
    Unreadable(StoreError),
}

impl From<StoreError> for Unsendable {
    fn from(error: StoreError) -> Self {
        Self::Unreadable(error)
    }
}

/// Reads the content of claimed mails.
fn read_mails(
    db: &Database,
    rows: &[MailRow],
    now: Timestamp,
) -> Result<Vec<Result<ClaimedMail, Unsendable>>, Failure> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let links: Vec<&[u8]> = rows.iter().filter_map(|row| row.link_id.as_deref()).collect();
    let links = find_links(db, &links)?;
    let addresses: Vec<&str> = rows.iter().map(|row| row.address.as_str()).collect();
    let sent = count_sent(db, &addresses, now - TimeDelta::hours(1))?;
    let read = |row: &MailRow| -> Result<ClaimedMail, Unsendable> {
        let link: Option<ClaimedLink> = match &row.link_id {
            Some(id) => Some(links.get(id).ok_or(Unsendable::LinkDeleted)?.claimed(now.into())?),
            None => None,
        };
        let (recipient, content) = row.parts()?;
        Ok(ClaimedMail {
            id: row.id,
            recipient,
            content,
            link,
            created_at: row.created_at.into(),
            attempts: u32::try_from(row.attempts).unwrap_or(0),
            sent_last_hour: sent.get(&(row.address.clone(), row.is_recovery)).copied().unwrap_or(0),
        })
    };
    Ok(rows.iter().map(read).collect())
}

fn find_links(db: &Database, ids: &[&[u8]]) -> Result<HashMap<Vec<u8>, ClaimedLinkRow>, Failure> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<ClaimedLinkRow> = each!(db, |conn| {
        let links = account_links::table.filter(account_links::link_id.eq_any(ids));
        Ok(links.select(ClaimedLinkRow::as_select()).load(conn)?)
    })?;
    Ok(rows.into_iter().map(|row| (row.link_id.clone(), row)).collect())
}

/// The mails of each queue that were sent to an address: the address, and whether the queue is that for recovery.
type SentMails = HashMap<(String, bool), u32>;

/// Counts the mails that were sent to each address since an instant. A queue without any is left out.
fn count_sent(db: &Database, addresses: &[&str], since: Timestamp) -> Result<SentMails, Failure> {
    let counts: Vec<(String, bool, i64)> = each!(db, |conn| {
        Ok(outbox::table
            // A literal, because the partial index has this condition.
            .filter(sql::<Bool>("outbox.state = 'sent'"))
            .filter(outbox::address.eq_any(addresses).and(outbox::sent_at.gt(DbTimestamp::from(since))))
            .group_by((outbox::address, outbox::is_recovery))
            .select((outbox::address, outbox::is_recovery, count_star()))
            .load(conn)?)
    })?;
    let count = |(address, queue, count)| ((address, queue), u32::try_from(count).unwrap_or(u32::MAX));
    Ok(counts.into_iter().map(count).collect())
}
