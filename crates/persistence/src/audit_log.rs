//! The port [`AuditLog`].
//!
//! Lists are made as those of users are (see `users/list.rs`), with the time for a key; and since entries never go, a
//! filter that matches too many to count does so for ever.

use async_trait::async_trait;
use diesel::prelude::*;
use steward_domain::ports::{AuditLog, StoreError};
use steward_domain::{AuditFilter, AuditRecord, Order, Page, PageRequest, Total};

use crate::batcher::{Batcher, Limits};
use crate::database::{Database, each};
use crate::dialect::{Dialect, ExpectedMatches};
use crate::failure::Failure;
use crate::paging::{self, InOrder, Key, Limited, Memory, PageSlice};
use crate::rows::AuditEntryRow;
use crate::schema::{audit_counts, audit_logs, lower, lower_nullable};
use crate::timestamp::DbTimestamp;

/// What was found among entries. Each new one makes for another state.
type EntryMemory = Memory<AuditFilter, (AuditFilter, PageRequest)>;

/// No entry is ever changed or removed, so a filter that matches many rows always will.
const FOREVER: i64 = 0;

/// The audit trail, in a database.
pub struct SqlAuditLog {
    pages: Batcher<(AuditFilter, PageRequest), Page<AuditRecord>>,
}

impl SqlAuditLog {
    /// The audit trail in this database.
    pub fn new(db: Database) -> Self {
        let limits = Limits::of_pages(&db);
        let memory = EntryMemory::new();
        Self {
            pages: Batcher::new(limits, move |run| {
                run.serve(|asked| {
                    asked.iter().map(|(filter, wanted)| page(&db, &memory, filter, wanted).map(Ok)).collect()
                })
            }),
        }
    }
}

#[async_trait]
impl AuditLog for SqlAuditLog {
    async fn list(&self, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditRecord>, StoreError> {
        self.pages.get((filter.clone(), page.clone())).await
    }
}

const NEWEST_FIRST: InOrder = InOrder { key: "audit_logs.timestamp", id: Some("audit_logs.id"), order: Order::Desc };

/// Narrows a boxed query to the entries that pass a filter.
macro_rules! narrowed {
    ($conn:ident, $query:expr, $filter:expr, $reach:expr) => {{
        let mut query = $query;
        if let Some(admin) = &$filter.actor_id {
            query = query.filter(lower(audit_logs::admin_id).eq(admin.key()));
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
            query = query.filter($conn.entry_matches(term, $reach));
        }
        query
    }};
}

fn page(
    db: &Database,
    memory: &EntryMemory,
    filter: &AuditFilter,
    page: &PageRequest,
) -> Result<Page<AuditRecord>, Failure> {
    let mut place = None;
    if let Some(position) = &page.after {
        let Some(key) = Key::time(position) else {
            // A cursor that somebody made up names no place, so nothing follows it.
            let none = PageRequest { number: 1, size: page.size, after: None };
            return Ok(Page { items: Vec::new(), next: None, ..self::page(db, memory, filter, &none)? });
        };
        place = Some((key, position.id));
    }
    let all = counted(db)?;
    let total = if *filter == AuditFilter::default() {
        Total::exact(u64::try_from(all).unwrap_or(0))
    } else {
        if !memory.matches_many(filter, FOREVER) {
            if let Some(cut) = few(db, memory, all, filter, page, place.as_ref())? {
                return Ok(finish(at(db, cut.places)?, cut.more, cut.total));
            }
            memory.remember_many(filter, FOREVER);
        }
        Total::capped(Total::CAP + 1)
    };
    let mut rows = match (total.exact, i64::try_from(total.count)) {
        // Nothing lies there, and skipping all rows to find that out would take its time.
        (true, Ok(count)) if page.offset() > 0 && page.offset() >= count => Vec::new(),
        _ => rows(db, filter, place, page)?,
    };
    let size = page.size.get() as usize;
    let more = rows.len() > size;
    rows.truncate(size);
    Ok(finish(rows, more, total))
}

/// A page out of few matches; `None` if they are many.
fn few(
    db: &Database,
    memory: &EntryMemory,
    state: i64,
    filter: &AuditFilter,
    page: &PageRequest,
    place: Option<&(Key, i64)>,
) -> Result<Option<PageSlice>, Failure> {
    let asked = (filter.clone(), page.clone());
    if let Some(cut) = memory.page(&asked, state) {
        return Ok(Some(cut));
    }
    let matches = matches(db, filter)?;
    if matches.len() >= usize::from(paging::FEW) {
        return Ok(None);
    }
    let cut = paging::cut(matches, Order::Desc, place, page);
    memory.remember_page(&asked, state, &cut);
    Ok(Some(cut))
}

fn finish(rows: Vec<AuditEntryRow>, more: bool, total: Total) -> Page<AuditRecord> {
    let next = rows.last().filter(|_| more).map(|last| Key::Time(last.timestamp).position(last.id));
    Page { items: rows.into_iter().map(Into::into).collect(), total, next }
}

/// Times and ids of the entries that match, in no order, up to [`paging::FEW`] of them.
fn matches(db: &Database, filter: &AuditFilter) -> Result<Vec<(Key, i64)>, Failure> {
    let limit = i64::from(paging::FEW);
    // What another condition drops must not use up what the index may find.
    let search_alone = AuditFilter { search: filter.search.clone(), ..AuditFilter::default() };
    let reach = ExpectedMatches::AtMost(if *filter == search_alone { limit } else { i64::MAX });
    let found: Vec<(DbTimestamp, i64)> = each!(db, |conn| {
        let found = audit_logs::table.select((audit_logs::timestamp, audit_logs::id)).into_boxed();
        Ok(narrowed!(conn, found, filter, reach).limit(limit).load(conn)?)
    })?;
    Ok(found.into_iter().map(|(at, id)| (Key::Time(at), id)).collect())
}

/// A page of entries, newest first, and one more.
fn rows(
    db: &Database,
    filter: &AuditFilter,
    place: Option<(Key, i64)>,
    page: &PageRequest,
) -> Result<Vec<AuditEntryRow>, Failure> {
    each!(db, |conn| {
        let list = audit_logs::table.select(AuditEntryRow::as_select()).into_boxed();
        let mut list = narrowed!(conn, list, filter, ExpectedMatches::Many).order(NEWEST_FIRST);
        if let Some(place) = place {
            list = list.filter(NEWEST_FIRST.keyset_filter(place));
        }
        Ok(Limited::new(list, page.offset(), i64::from(page.size.get()) + 1)
            .planned_once(*filter == AuditFilter::default())
            .load(conn)?)
    })
}

/// The entries at these places. PostgreSQL's key begins with the time, so the ids alone would not lead to them.
fn at(db: &Database, places: Vec<(Key, i64)>) -> Result<Vec<AuditEntryRow>, Failure> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = places.iter().map(|(_, id)| *id).collect();
    let times: Vec<DbTimestamp> = places.into_iter().filter_map(|(key, _)| key.as_time()).collect();
    let rows = each!(db, |conn| {
        let places = audit_logs::timestamp.eq_any(&times).and(audit_logs::id.eq_any(&ids));
        Ok(audit_logs::table.filter(places).select(AuditEntryRow::as_select()).load(conn)?)
    })?;
    Ok(paging::in_order_of(&ids, rows, |row: &AuditEntryRow| row.id))
}

/// How many entries there are, from the counters.
fn counted(db: &Database) -> Result<i64, Failure> {
    let counts: Vec<i64> = each!(db, |conn| Ok(audit_counts::table.select(audit_counts::count).load(conn)?))?;
    Ok(counts.iter().sum())
}
