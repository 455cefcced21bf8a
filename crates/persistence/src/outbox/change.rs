//! Stores the outcome of an attempt, and the changes by administrators.

use diesel::dsl::auto_type;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use steward_domain::ports::OutboxError;
use steward_domain::{DeliveryOutcome, MailState, OutboxEntry, Record, Timestamp};

use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::failure::Failure;
use crate::rows::{MailUpdate, OutboxEntryRow, is_queued, mail_state};
use crate::schema::outbox;
use crate::statements::{check_actor, write_record};
use crate::timestamp::DbTimestamp;

/// The address of a mail, if the mail exists.
macro_rules! address_of {
    ($conn:ident, $id:expr) => {
        outbox::table.find($id).select(outbox::address).first::<String>($conn).optional()
    };
}

/// Ends the wait of the oldest queued mail in each queue to an address. A process of an earlier release knows one queue,
/// so a mail of the other one may have waited, too.
macro_rules! release_oldest {
    ($conn:ident, $address:expr) => {{
        for is_recovery in [true, false] {
            let oldest: Option<i64> = queue($address, is_recovery).first($conn).optional()?;
            if let Some(oldest) = oldest {
                diesel::update(outbox::table.find(oldest).filter(outbox::is_waiting.eq(true)))
                    .set(outbox::is_waiting.eq(false))
                    .execute($conn)?;
            }
        }
    }};
}

/// The mails of a queue to an address, oldest first.
#[auto_type]
#[expect(clippy::elidable_lifetime_names, reason = "the type that auto_type generates needs the name")]
pub(super) fn queue<'a>(address: &'a str, is_recovery: bool) -> _ {
    let is_queued: SqlLiteral<Bool> = is_queued();
    outbox::table
        .filter(is_queued.and(outbox::address.eq(address)).and(outbox::is_recovery.eq(is_recovery)))
        .order(outbox::id)
        .select(outbox::id)
}

/// Stores the outcome of the attempt with this number, unless another claim has begun.
pub(super) fn finish(
    db: &Database,
    id: i64,
    attempts: u32,
    outcome: DeliveryOutcome,
    now: Timestamp,
) -> Result<(), Failure> {
    let Ok(attempts) = i32::try_from(attempts) else { return Ok(()) };
    let update = MailUpdate::after(outcome, attempts, now.into());
    each!(db, |conn| conn.write(|conn| {
        let address = if update.ends() { address_of!(conn, id)? } else { None };
        if let Some(address) = &address {
            conn.acquire_recipient(address)?;
        }
        let claimed = outbox::table.find(id).filter(is_queued().and(outbox::attempts.eq(attempts)));
        let changed = diesel::update(claimed).set(&update).execute(conn)?;
        if let Some(address) = address.filter(|_| changed > 0) {
            release_oldest!(conn, &address);
        }
        Ok(())
    }))
}

/// Queues a failed mail again.
pub(super) fn retry(db: &Database, id: i64, record: &Record) -> Result<OutboxEntry, Failure<OutboxError>> {
    change(db, id, &[MailState::Failed], MailUpdate::queue_again, record)
}

/// Cancels a queued or failed mail.
pub(super) fn cancel(db: &Database, id: i64, record: &Record) -> Result<OutboxEntry, Failure<OutboxError>> {
    change(db, id, &[MailState::Queued, MailState::Failed], MailUpdate::cancel, record)
}

/// Changes a mail that has one of these states. The locks on administrators come first, as in a change of a user.
fn change(
    db: &Database,
    id: i64,
    permitted: &[MailState],
    update: fn(DbTimestamp) -> MailUpdate,
    record: &Record,
) -> Result<OutboxEntry, Failure<OutboxError>> {
    let now = DbTimestamp::from(record.audit.timestamp);
    each!(db, |conn| conn.write(|conn| {
        check_actor(conn, record.audit.acting, now, false, OutboxError::ActorGone)?;
        let address = address_of!(conn, id)?.ok_or(Failure::Refused(OutboxError::NotFound))?;
        conn.acquire_recipient(&address)?;
        let state: Option<String> = outbox::table.find(id).select(outbox::state).first(conn).optional()?;
        let state = state.ok_or(Failure::Refused(OutboxError::NotFound))?;
        let state = mail_state(&state)?;
        if !permitted.contains(&state) {
            return Err(Failure::Refused(OutboxError::WrongState(state)));
        }
        let row: OutboxEntryRow = diesel::update(outbox::table.find(id))
            .set(update(now))
            .returning(OutboxEntryRow::as_returning())
            .get_result(conn)?;
        release_oldest!(conn, &address);
        write_record(conn, record)?;
        Ok(row.try_into()?)
    }))
}
