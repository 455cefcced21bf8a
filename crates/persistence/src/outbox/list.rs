//! Lists of mails, newest first, and their number.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use steward_domain::{MailState, OutboxEntry, OutboxStatistics, Page, PageRequest, Position, Total};

use crate::database::{Database, each};
use crate::failure::Failure;
use crate::paging;
use crate::rows::OutboxEntryRow;
use crate::schema::outbox;
use crate::timestamp::{DbTimestamp, UtcTs};

/// A boxed query of the mails with a state, or of all, in the order of the list.
macro_rules! newest_first {
    ($columns:expr, $state:expr) => {{
        let list = outbox::table.select($columns).order(outbox::id.desc()).into_boxed();
        match $state {
            Some(state) => list.filter(outbox::state.eq(MailState::as_str(state))),
            None => list,
        }
    }};
}

/// Reads one page of the mails.
pub(super) fn read_page(
    db: &Database,
    state: Option<MailState>,
    page: &PageRequest,
) -> Result<Page<OutboxEntry>, Failure> {
    let total = count(db, state)?;
    let mut rows = if paging::is_beyond(page, total) { Vec::new() } else { read_rows(db, state, page)? };
    let has_more = paging::truncate(&mut rows, page);
    let next = rows.last().filter(|_| has_more).map(|last| Position { key: String::new(), id: last.id });
    Ok(Page { items: rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?, total, next })
}

/// Reads a page of mails, and one more.
fn read_rows(db: &Database, state: Option<MailState>, page: &PageRequest) -> Result<Vec<OutboxEntryRow>, Failure> {
    each!(db, |conn| {
        let mut list = newest_first!(OutboxEntryRow::as_select(), state).limit(i64::from(page.size.get()) + 1);
        if let Some(after) = &page.after {
            list = list.filter(outbox::id.lt(after.id));
        }
        if page.offset() > 0 {
            list = list.offset(page.offset());
        }
        Ok(list.load(conn)?)
    })
}

/// Counts the mails, up to [`Total::CAP`].
fn count(db: &Database, state: Option<MailState>) -> Result<Total, Failure> {
    let found: Vec<i64> =
        each!(db, |conn| Ok(newest_first!(outbox::id, state).limit(i64::from(paging::MANY)).load(conn)?))?;
    Ok(Total::capped(found.len() as u64))
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
