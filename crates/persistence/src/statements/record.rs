//! The record of a change, written in the transaction of the change.

use diesel::query_builder::InsertStatement;
use diesel::query_dsl::methods::ExecuteDsl;
use diesel::{Connection, Insertable, QueryResult, RunQueryDsl};
use steward_domain::{NewJob, NewMessage, Record};

use crate::rows::NewAuditEntryRow;
use crate::schema::audit_logs;

/// The statement that inserts an audit entry.
type InsertEntry<'a> =
    InsertStatement<audit_logs::table, <NewAuditEntryRow<'a> as Insertable<audit_logs::table>>::Values>;

/// Writes a record: its audit entry, its messages and its jobs.
pub(crate) fn write_record<'a, C>(conn: &mut C, record: &'a Record) -> QueryResult<()>
where
    C: Connection,
    InsertEntry<'a>: ExecuteDsl<C>,
{
    let Record { audit, messages, jobs } = record;
    diesel::insert_into(audit_logs::table).values(NewAuditEntryRow::from(audit)).execute(conn)?;
    messages.iter().try_for_each(write_message)?;
    jobs.iter().try_for_each(write_job)
}

/// There is no kind of message yet. A new one does not compile until it is written here.
fn write_message(message: &NewMessage) -> QueryResult<()> {
    match *message {}
}

/// There is no kind of job yet. A new one does not compile until it is written here.
fn write_job(job: &NewJob) -> QueryResult<()> {
    match *job {}
}
