//! Statistics of all users, from counters that triggers maintain.

use chrono::{DurationRound, TimeDelta};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use steward_domain::{Role, Timestamp, UserStatistics};

use crate::database::{Database, each};
use crate::failure::Failure;
use crate::schema::{user_counts, user_registrations, users};
use crate::timestamp::DbTimestamp;

/// The statistics at `now`.
pub(super) fn read(db: &Database, now: Timestamp) -> Result<UserStatistics, Failure> {
    let beginning = now.checked_sub_signed(TimeDelta::days(UserStatistics::RECENT_DAYS)).unwrap_or(Timestamp::MIN_UTC);
    let recent = registered_since(db, beginning)?;
    Ok(UserStatistics { counts: counts(db)?, recent_registrations: u64::try_from(recent).unwrap_or(0) })
}

/// The first full hour after an instant.
pub(crate) fn next_hour(at: Timestamp) -> Timestamp {
    at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at).checked_add_signed(TimeDelta::hours(1)).unwrap_or(at)
}

/// The number of users of each role and status.
pub(crate) fn counts(db: &Database) -> Result<Vec<(Role, bool, u64)>, Failure> {
    let slots: Vec<(String, bool, i64)> = each!(db, |conn| {
        Ok(user_counts::table.select((user_counts::role, user_counts::is_active, user_counts::count)).load(conn)?)
    })?;
    let sum = |role: Role, active: bool| -> i64 {
        slots.iter().filter(|(r, a, _)| r == role.as_str() && *a == active).map(|(_, _, count)| count).sum()
    };
    Ok(Role::ALL
        .into_iter()
        .flat_map(|role| [true, false].map(|active| (role, active, u64::try_from(sum(role, active)).unwrap_or(0))))
        .filter(|(_, _, count)| *count > 0)
        .collect())
}

/// The number of registrations at an instant or later. They are counted row by row only within its hour.
pub(crate) fn registered_since(db: &Database, at: Timestamp) -> Result<i64, Failure> {
    let next_hour = DbTimestamp::from(next_hour(at));
    Ok(between(db, at.into(), next_hour)? + since(db, next_hour)?)
}

/// The number of registrations between two instants, the first included.
fn between(db: &Database, beginning: DbTimestamp, end: DbTimestamp) -> Result<i64, Failure> {
    each!(db, |conn| {
        let registered = users::created_at.ge(beginning).and(users::created_at.lt(end));
        Ok(users::table.filter(registered).count().get_result(conn)?)
    })
}

/// The number of registrations since a full hour.
fn since(db: &Database, hour: DbTimestamp) -> Result<i64, Failure> {
    each!(db, |conn| {
        Ok(user_registrations::table
            .filter(user_registrations::hour.ge(hour))
            .select(sql::<BigInt>("CAST(coalesce(sum(count), 0) AS bigint)"))
            .get_result(conn)?)
    })
}
