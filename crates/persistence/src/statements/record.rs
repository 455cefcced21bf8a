//! The record of a change, written in the transaction of the change.

use diesel::prelude::*;
use steward_domain::{LinkPurpose, NewJob, NewLink, NewMessage, Record};

use super::is_open_link;
use crate::rows::{NewAccountLinkRow, NewAuditEntryRow, NewMailRow};
use crate::schema::{account_links, audit_logs, outbox};
use crate::timestamp::DbTimestamp;

/// Writes a record: its audit entry, its messages and its jobs.
pub(crate) fn write_record(conn: &mut impl RecordWriter, record: &Record) -> QueryResult<()> {
    let Record { audit, messages, jobs } = record;
    conn.insert_entry(&NewAuditEntryRow::from(audit))?;
    write_messages(conn, messages, audit.timestamp.into())?;
    jobs.iter().try_for_each(write_job)
}

/// Adds mails to the outbox, and the links that they carry. The caller must hold the locks on the users of the links.
pub(crate) fn write_messages(
    conn: &mut impl RecordWriter,
    messages: &[NewMessage],
    now: DbTimestamp,
) -> QueryResult<()> {
    messages.iter().try_for_each(|message| write_message(conn, message, now))
}

fn write_message(conn: &mut impl RecordWriter, message: &NewMessage, now: DbTimestamp) -> QueryResult<()> {
    if let Some(link) = &message.link {
        conn.supersede_links(link, now)?;
        conn.insert_link(&NewAccountLinkRow::new(link, now))?;
    }
    conn.insert_mail(&NewMailRow::new(message, now))
}

/// There is no kind of job yet. A new one does not compile until it is written here.
fn write_job(job: &NewJob) -> QueryResult<()> {
    match *job {}
}

/// The statements that write a record, on the connection of each database.
pub(crate) trait RecordWriter {
    /// Inserts an audit entry.
    fn insert_entry(&mut self, entry: &NewAuditEntryRow<'_>) -> QueryResult<()>;

    /// Marks the unused links of the same purpose and user as superseded; without a user, those of the same address. A
    /// link that restores an address supersedes only those with the same address: of two changes in a row, a thief may
    /// have made both.
    fn supersede_links(&mut self, link: &NewLink, now: DbTimestamp) -> QueryResult<()>;

    /// Inserts a link.
    fn insert_link(&mut self, link: &NewAccountLinkRow<'_>) -> QueryResult<()>;

    /// Inserts a mail.
    fn insert_mail(&mut self, mail: &NewMailRow<'_>) -> QueryResult<()>;
}

macro_rules! record_writer {
    ($($connection:ty),+) => {$(
        impl RecordWriter for $connection {
            fn insert_entry(&mut self, entry: &NewAuditEntryRow<'_>) -> QueryResult<()> {
                diesel::insert_into(audit_logs::table).values(entry).execute(self).map(drop)
            }

            fn supersede_links(&mut self, link: &NewLink, now: DbTimestamp) -> QueryResult<()> {
                let open = account_links::table
                    .filter(account_links::purpose.eq(link.purpose.as_str()))
                    .filter(is_open_link());
                let mut superseded = diesel::update(open).set(account_links::superseded_at.eq(now)).into_boxed();
                superseded = match link.user {
                    Some(user) => superseded.filter(account_links::user_id.eq(user.get())),
                    None => superseded.filter(account_links::user_id.is_null()),
                };
                if link.user.is_none() || link.purpose == LinkPurpose::UndoEmailChange {
                    superseded = superseded.filter(account_links::address.eq(link.address.as_str()));
                }
                superseded.execute(self).map(drop)
            }

            fn insert_link(&mut self, link: &NewAccountLinkRow<'_>) -> QueryResult<()> {
                diesel::insert_into(account_links::table).values(link).execute(self).map(drop)
            }

            fn insert_mail(&mut self, mail: &NewMailRow<'_>) -> QueryResult<()> {
                diesel::insert_into(outbox::table).values(mail).execute(self).map(drop)
            }
        }
    )+};
}

record_writer!(PgConnection, SqliteConnection);
