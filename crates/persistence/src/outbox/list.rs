//! Lists of mails, newest first, and their number.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use steward_domain::{MailKind, MailState, OutboxEntry, OutboxStatistics, Page, PageRequest, UserKey};

use crate::database::{Database, each};
use crate::failure::Failure;
use crate::paging;
use crate::rows::OutboxEntryRow;
use crate::schema::outbox;
use crate::timestamp::{DbTimestamp, UtcTs};

/// A boxed query of the mails with a state, or of all.
macro_rules! mails {
    ($columns:expr, $state:expr) => {{
        let mails = outbox::table.select($columns).into_boxed();
        match $state {
            Some(state) => mails.filter(outbox::state.eq(MailState::as_str(state))),
            None => mails,
        }
    }};
}

/// Reads one page of the mails.
pub(super) fn read_page(
    db: &Database,
    state: Option<MailState>,
    page: &PageRequest,
) -> Result<Page<OutboxEntry>, Failure> {
    let found: Vec<i64> = each!(db, |conn| {
        Ok(mails!(outbox::id, state).order(outbox::id.desc()).limit(i64::from(paging::MANY)).load(conn)?)
    })?;
    let read = || -> Result<Vec<OutboxEntryRow>, Failure> {
        each!(db, |conn| {
            Ok(paging::newest_first!(mails!(OutboxEntryRow::as_select(), state), outbox::id, page).load(conn)?)
        })
    };
    paging::page_by_id(page, &found, read, |row| row.id, TryInto::try_into)
}

/// Whether a mail of this kind to a user was queued at `since` or later.
pub(super) fn has_recent(db: &Database, user: UserKey, kind: MailKind, since: DbTimestamp) -> Result<bool, Failure> {
    let recent = outbox::table
        .filter(outbox::user_id.eq(user.get()).and(outbox::created_at.ge(since)))
        .filter(outbox::kind.eq(kind.as_str()));
    each!(db, |conn| Ok(diesel::select(diesel::dsl::exists(recent)).get_result(conn)?))
}

#[derive(QueryableByName)]
struct Figures {
    #[diesel(sql_type = BigInt)]
    queued: i64,
    #[diesel(sql_type = Nullable<UtcTs>)]
    oldest: Option<DbTimestamp>,
}

/// Counts the queued mails, up to 10,000, and finds the oldest one. By the order both read an index: a scan of the table
/// would read the mails that were sent first.
pub(super) fn count_queued(db: &Database) -> Result<OutboxStatistics, Failure> {
    let Figures { queued, oldest } = each!(db, |conn| {
        Ok(diesel::sql_query(
            "SELECT
            (SELECT count(*) FROM (SELECT 1 FROM outbox WHERE state = 'queued' ORDER BY id LIMIT 10000) AS counted)
                AS queued,
            (SELECT created_at FROM outbox WHERE state = 'queued' ORDER BY id LIMIT 1) AS oldest",
        )
        .get_result(conn)?)
    })?;
    Ok(OutboxStatistics { queued: u64::try_from(queued).unwrap_or(0), oldest: oldest.map(Into::into) })
}
