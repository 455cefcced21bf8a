//! Lists of sign-in attempts, newest first.
//!
//! - The positions of at most [`paging::MANY`] matches are read by the index of a filter. Few matches are sorted in the
//!   process: the index of a network or of several devices is not in the order of the list.
//! - Many matches have a total that is not exact. Their page is read in the order of the list, which fills it after a
//!   few rows.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use steward_domain::{
    DeviceFilter, DeviceMatch, Order, Page, PageRequest, SignInFilter, SignInRecord, Total, address_key,
};

use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::failure::Failure;
use crate::paging::{self, Key, KeyColumn, Limited, ListOrder};
use crate::rows::{SignInRecordRow, sign_in_record_columns};
use crate::schema::{lower, sign_in_events, users};
use crate::timestamp::DbTimestamp;

/// A page of the attempts that pass a filter.
pub(super) type ListRequest = (SignInFilter, PageRequest);

const NEWEST_FIRST: ListOrder =
    ListOrder { key: "sign_in_events.at", id: Some("sign_in_events.id"), order: Order::Desc };

/// The filter, with the key of its user.
struct KeyedFilter<'a> {
    filter: &'a SignInFilter,
    user: Option<i64>,
    device: Option<DeviceMatch>,
}

/// Adds a filter to a boxed query of attempts. `$prefix` precedes columns whose index is not in the order of the list.
macro_rules! narrowed {
    ($query:expr, $keyed:expr, $prefix:expr) => {{
        let mut query = $query;
        let KeyedFilter { filter, user, device } = $keyed;
        let filter: &SignInFilter = filter;
        if let Some(outcome) = filter.outcome {
            query = query.filter(sign_in_events::outcome.eq(outcome.as_str()));
        }
        if let Some(user) = user {
            query = query.filter(sign_in_events::user_id.eq(*user));
        }
        let address = KeyColumn::<Text>::new("sign_in_events.address_key");
        match &filter.address {
            Some(range) if range.is_single() => query = query.filter(address.eq(address_key(range.first()))),
            Some(range) => {
                let address = address.with_prefix($prefix);
                let (first, last) = (address_key(range.first()), address_key(range.last()));
                query = query.filter(address.ge(first)).filter(address.le(last));
            }
            None => {}
        }
        let name = KeyColumn::<Text>::new("sign_in_events.device_key");
        match device {
            Some(DeviceMatch::Keys(keys)) if keys.len() == 1 => query = query.filter(name.eq(keys[0].clone())),
            Some(DeviceMatch::Keys(keys)) => query = query.filter(name.with_prefix($prefix).eq_any(keys.clone())),
            Some(DeviceMatch::Beginning(beginning)) => {
                let name = name.with_prefix($prefix);
                query = query.filter(name.ge(beginning.clone())).filter(name.lt(paging::after_all(beginning)));
            }
            None => {}
        }
        if let Some(from) = filter.at.from() {
            query = query.filter(sign_in_events::at.ge(DbTimestamp::from(from)));
        }
        if let Some(to) = filter.at.to() {
            query = query.filter(sign_in_events::at.lt(DbTimestamp::from(to)));
        }
        if *filter != SignInFilter::default() {
            // The literal keeps the statement out of the cache, so that each execution is planned for its own values.
            query = query.filter(sql::<Bool>("TRUE"));
        }
        query
    }};
}

/// Reads one page of the attempts that match.
pub(super) fn read_page(db: &Database, (filter, page): &ListRequest) -> Result<Page<SignInRecord>, Failure> {
    let mut after = None;
    if let Some(position) = &page.after {
        let Some(key) = Key::time(position) else {
            // A forged cursor has no position, so no page follows it.
            let none = PageRequest { number: 1, size: page.size, after: None };
            return Ok(Page { items: Vec::new(), next: None, ..read_page(db, &(filter.clone(), none))? });
        };
        after = Some((key, position.id));
    }
    let user = match &filter.user {
        Some(user) => {
            let found = users::table.filter(lower(users::user_id).eq(user.key())).select(users::id);
            let found: Option<i64> = each!(db, |conn| Ok(found.first(conn).optional()?))?;
            if found.is_none() {
                return Ok(Page { items: Vec::new(), total: Total::exact(0), next: None });
            }
            found
        }
        None => None,
    };
    let keyed = KeyedFilter { filter, user, device: filter.device.as_ref().map(DeviceFilter::matches) };
    let matches = find_matches(db, &keyed)?;
    if matches.len() < usize::from(paging::MANY) {
        let slice = paging::slice(matches, Order::Desc, after.as_ref(), page);
        let ids: Vec<i64> = slice.positions.into_iter().map(|(_, id)| id).collect();
        return to_page(find_by_ids(db, &ids)?, slice.has_more, slice.total);
    }
    let mut positions = find_page(db, &keyed, after, page)?;
    let has_more = paging::truncate(&mut positions, page);
    let ids: Vec<i64> = positions.into_iter().map(|(_, id)| id).collect();
    to_page(find_by_ids(db, &ids)?, has_more, Total::ABOVE_CAP)
}

fn to_page(rows: Vec<SignInRecordRow>, has_more: bool, total: Total) -> Result<Page<SignInRecord>, Failure> {
    let next = rows.last().filter(|_| has_more).map(|last| Key::Time(last.at).position(last.id));
    Ok(Page { items: rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?, total, next })
}

/// Finds the positions of the attempts that match, in no order, at most [`paging::MANY`].
fn find_matches(db: &Database, keyed: &KeyedFilter<'_>) -> Result<Vec<(Key, i64)>, Failure> {
    let found: Vec<(DbTimestamp, i64)> = each!(db, |conn| {
        let found = sign_in_events::table.select((sign_in_events::at, sign_in_events::id)).into_boxed();
        Ok(narrowed!(found, keyed, "").limit(i64::from(paging::MANY)).load(conn)?)
    })?;
    Ok(found.into_iter().map(|(at, id)| (Key::Time(at), id)).collect())
}

/// Finds the positions of a page of attempts, newest first, and one more. The database may sort all attempts of a network:
/// it sorts 5,000 positions in 1 ms, and needs 100 ms if it joins their users first.
fn find_page(
    db: &Database,
    keyed: &KeyedFilter<'_>,
    after: Option<(Key, i64)>,
    page: &PageRequest,
) -> Result<Vec<(DbTimestamp, i64)>, Failure> {
    each!(db, |conn| {
        let list = sign_in_events::table.select((sign_in_events::at, sign_in_events::id)).into_boxed();
        let mut list = narrowed!(list, keyed, conn.suppress_index()).order(NEWEST_FIRST);
        if let Some(position) = after {
            list = list.filter(NEWEST_FIRST.keyset_filter(position));
        }
        Ok(Limited::new(list, page.offset(), i64::from(page.size.get()) + 1)
            .planned_once(*keyed.filter == SignInFilter::default())
            .load(conn)?)
    })
}

fn find_by_ids(db: &Database, ids: &[i64]) -> Result<Vec<SignInRecordRow>, Failure> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = each!(db, |conn| {
        let found = sign_in_events::table.left_join(users::table).filter(sign_in_events::id.eq_any(ids));
        Ok(found.select(sign_in_record_columns()).load(conn)?)
    })?;
    Ok(paging::sort_by_ids(ids, rows, |row: &SignInRecordRow| row.id))
}
