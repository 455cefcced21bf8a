//! The port [`AuditLog`].
//!
//! Lists are read as those of users (see `users/list`), sorted by time.

use async_trait::async_trait;
use diesel::prelude::*;
use steward_domain::ports::{AuditLog, StoreError};
use steward_domain::{AuditFilter, AuditRecord, Order, Page, PageRequest, Total};

use crate::database::{Database, each};
use crate::dialect::{Dialect, ExpectedMatches};
use crate::failure::Failure;
use crate::paging::{self, Key, Limited, ListOrder};
use crate::rows::AuditEntryRow;
use crate::schema::{audit_counts, audit_logs, lower, lower_nullable};
use crate::shared_query::SharedQuery;
use crate::timestamp::DbTimestamp;

/// The audit trail in a database.
pub struct SqlAuditLog {
    pages: SharedQuery<(AuditFilter, PageRequest), Page<AuditRecord>>,
}

impl SqlAuditLog {
    /// The audit trail in this database.
    pub fn new(db: Database) -> Self {
        Self { pages: SharedQuery::of_requests(db, |db, (filter, page)| read_page(db, filter, page)) }
    }
}

#[async_trait]
impl AuditLog for SqlAuditLog {
    async fn list(&self, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditRecord>, StoreError> {
        self.pages.get((filter.clone(), page.clone())).await
    }
}

const NEWEST_FIRST: ListOrder =
    ListOrder { key: "audit_logs.timestamp", id: Some("audit_logs.id"), order: Order::Desc };

/// Adds a filter to a boxed query of entries.
macro_rules! narrowed {
    ($conn:ident, $query:expr, $filter:expr, $expected:expr) => {{
        let mut query = $query;
        if let Some(actor) = &$filter.actor_id {
            query = query.filter(lower(audit_logs::admin_id).eq(actor.key()));
        }
        if let Some(action) = $filter.action {
            query = query.filter(audit_logs::action.eq(action.as_str()));
        }
        if let Some(target) = &$filter.target {
            query = query.filter(lower_nullable(audit_logs::target).eq(target.key()));
        }
        if let Some(from) = $filter.from {
            query = query.filter(audit_logs::timestamp.ge(DbTimestamp::from(from)));
        }
        if let Some(to) = $filter.to {
            query = query.filter(audit_logs::timestamp.lt(DbTimestamp::from(to)));
        }
        if let Some(term) = &$filter.search {
            query = query.filter($conn.entry_matches(term, $expected));
        }
        query
    }};
}

/// Reads one page of the entries that match.
fn read_page(db: &Database, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditRecord>, Failure> {
    let mut after = None;
    if let Some(position) = &page.after {
        let Some(key) = Key::time(position) else {
            // A forged cursor has no position, so no page follows it.
            let none = PageRequest { number: 1, size: page.size, after: None };
            return Ok(Page { items: Vec::new(), next: None, ..read_page(db, filter, &none)? });
        };
        after = Some((key, position.id));
    }
    let total = if *filter == AuditFilter::default() {
        count_entries(db)?
    } else {
        let matches = find_matches(db, filter)?;
        if matches.len() < usize::from(paging::MANY) {
            let slice = paging::slice(matches, Order::Desc, after.as_ref(), page);
            return Ok(to_page(read_at(db, slice.positions)?, slice.has_more, slice.total));
        }
        Total::ABOVE_CAP
    };
    let mut rows = if paging::is_beyond(page, total) { Vec::new() } else { read_rows(db, filter, after, page)? };
    let has_more = paging::truncate(&mut rows, page);
    Ok(to_page(rows, has_more, total))
}

fn to_page(rows: Vec<AuditEntryRow>, has_more: bool, total: Total) -> Page<AuditRecord> {
    let next = rows.last().filter(|_| has_more).map(|last| Key::Time(last.timestamp).position(last.id));
    Page { items: rows.into_iter().map(Into::into).collect(), total, next }
}

/// The matches to expect, for a database that does not estimate them.
fn expected_matches(db: &Database, filter: &AuditFilter) -> Result<ExpectedMatches, Failure> {
    let limit = i64::from(paging::MANY);
    let Some(term) = &filter.search else { return Ok(ExpectedMatches::AtMost(limit)) };
    let is_alone = *filter == AuditFilter { search: filter.search.clone(), ..AuditFilter::default() };
    each!(db, |conn| Ok(ExpectedMatches::of_search(conn, is_alone, |conn| {
        let matches = conn.entry_matches(term, ExpectedMatches::AtMost(limit));
        let found: Vec<i64> = audit_logs::table.filter(matches).select(audit_logs::id).limit(limit).load(conn)?;
        Ok(found.len())
    })?))
}

/// Finds the times and ids of the entries that match, in no order, at most [`paging::MANY`].
fn find_matches(db: &Database, filter: &AuditFilter) -> Result<Vec<(Key, i64)>, Failure> {
    let limit = i64::from(paging::MANY);
    let expected = expected_matches(db, filter)?;
    let found: Vec<(DbTimestamp, i64)> = each!(db, |conn| {
        let found = audit_logs::table.select((audit_logs::timestamp, audit_logs::id)).into_boxed();
        Ok(narrowed!(conn, found, filter, expected).limit(limit).load(conn)?)
    })?;
    Ok(found.into_iter().map(|(at, id)| (Key::Time(at), id)).collect())
}

/// Reads a page of entries, newest first, and one more.
fn read_rows(
    db: &Database,
    filter: &AuditFilter,
    after: Option<(Key, i64)>,
    page: &PageRequest,
) -> Result<Vec<AuditEntryRow>, Failure> {
    each!(db, |conn| {
        let list = audit_logs::table.select(AuditEntryRow::as_select()).into_boxed();
        let mut list = narrowed!(conn, list, filter, ExpectedMatches::Many).order(NEWEST_FIRST);
        if let Some(position) = after {
            list = list.filter(NEWEST_FIRST.keyset_filter(position));
        }
        Ok(Limited::new(list, page.offset(), i64::from(page.size.get()) + 1)
            .planned_once(*filter == AuditFilter::default())
            .load(conn)?)
    })
}

/// Reads the entries at these positions. The primary key of PostgreSQL begins with the time, so ids alone would not use
/// it.
fn read_at(db: &Database, positions: Vec<(Key, i64)>) -> Result<Vec<AuditEntryRow>, Failure> {
    if positions.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = positions.iter().map(|(_, id)| *id).collect();
    let times: Vec<DbTimestamp> = positions.into_iter().filter_map(|(key, _)| key.as_time()).collect();
    let rows = each!(db, |conn| {
        let at_positions = audit_logs::timestamp.eq_any(&times).and(audit_logs::id.eq_any(&ids));
        Ok(audit_logs::table.filter(at_positions).select(AuditEntryRow::as_select()).load(conn)?)
    })?;
    Ok(paging::sort_by_ids(&ids, rows, |row: &AuditEntryRow| row.id))
}

/// The number of entries, from the counters.
fn count_entries(db: &Database) -> Result<Total, Failure> {
    let counts: Vec<i64> = each!(db, |conn| Ok(audit_counts::table.select(audit_counts::count).load(conn)?))?;
    Ok(Total::exact(u64::try_from(counts.iter().sum::<i64>()).unwrap_or(0)))
}
