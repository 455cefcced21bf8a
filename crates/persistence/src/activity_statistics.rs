//! The port [`ActivityStatistics`], from counters that triggers maintain: see `0009_activity`.
//!
//! The number for a span that begins at any instant, such as the last 24 hours, is the sum of the counters of whole
//! hours and of the rows in the rest of the first hour.
//!
//! SQLite knows no time zones. Days of a time zone are therefore counted between instants, and per offset from UTC.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{NaiveDate, TimeDelta};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date};
use steward_domain::activity::{Change, DaySpan};
use steward_domain::ports::{ActivityStatistics, StoreError};
use steward_domain::{ActivityCounts, ActivityOverview, ActivityRange, SessionFilter, Timestamp};

use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::failure::Failure;
use crate::schema::{active_users, sign_in_counts, sign_in_events, user_registrations};
use crate::sessions::list;
use crate::shared_query::SharedQuery;
use crate::timestamp::DbTimestamp;
use crate::users::statistics;

/// Activity statistics from a database.
pub struct SqlActivityStatistics {
    overviews: SharedQuery<Timestamp, ActivityOverview>,
    activities: SharedQuery<ActivityRange, Vec<ActivityCounts>>,
}

impl SqlActivityStatistics {
    /// The activity in this database.
    pub fn new(db: Database) -> Self {
        Self {
            overviews: SharedQuery::of_state(db.clone(), overview),
            activities: SharedQuery::of_requests(db, activity),
        }
    }
}

#[async_trait]
impl ActivityStatistics for SqlActivityStatistics {
    async fn overview(&self, now: Timestamp) -> Result<ActivityOverview, StoreError> {
        self.overviews.get(now).await
    }

    async fn activity(&self, range: &ActivityRange) -> Result<Vec<ActivityCounts>, StoreError> {
        self.activities.get(*range).await
    }
}

fn overview(db: &Database, now: Timestamp) -> Result<ActivityOverview, Failure> {
    let users = statistics::counts(db)?;
    let [daily, weekly, monthly] = active_within(db, now.date_naive(), [1, 7, 30])?;
    Ok(ActivityOverview {
        total_users: users.iter().map(|(_, _, count)| count).sum(),
        active_users: users.iter().filter(|(_, is_active, _)| *is_active).map(|(_, _, count)| count).sum(),
        new_users_7_days: change(now, TimeDelta::days(7), |since| statistics::registered_since(db, since))?,
        new_users_30_days: change(now, TimeDelta::days(30), |since| statistics::registered_since(db, since))?,
        active_sessions: list::count(db, &SessionFilter::default(), now.into(), ActivityOverview::SESSIONS_CAP)?,
        failed_sign_ins_24_hours: change(now, TimeDelta::hours(24), |since| failed_since(db, since))?,
        daily_active_users: daily,
        weekly_active_users: weekly,
        monthly_active_users: monthly,
    })
}

/// The number of events in the span that ends now, and in the one before.
fn change(
    now: Timestamp,
    span: TimeDelta,
    count_since: impl Fn(Timestamp) -> Result<i64, Failure>,
) -> Result<Change, Failure> {
    let ago = |span| now.checked_sub_signed(span).unwrap_or(Timestamp::MIN_UTC);
    let since = count_since(ago(span))?;
    let in_both = count_since(ago(span * 2))?;
    Ok(Change { now: number(since), before: number(in_both - since) })
}

/// The number of failed sign-ins at an instant or later.
fn failed_since(db: &Database, at: Timestamp) -> Result<i64, Failure> {
    let next_hour = DbTimestamp::from(statistics::next_hour(at));
    let within = sign_in_events::at.ge(DbTimestamp::from(at)).and(sign_in_events::at.lt(next_hour));
    let failed = sql::<Bool>("sign_in_events.outcome = 'failure'");
    let of_the_hour: i64 =
        each!(db, |conn| Ok(sign_in_events::table.filter(within).filter(failed).count().get_result(conn)?))?;
    let later: i64 = each!(db, |conn| {
        Ok(sign_in_counts::table
            .filter(sign_in_counts::hour.ge(next_hour))
            .select(sql::<BigInt>("CAST(coalesce(sum(failures), 0) AS bigint)"))
            .get_result(conn)?)
    })?;
    Ok(of_the_hour + later)
}

/// The number of users who were active in the last days, for each of these numbers of days.
fn active_within<const N: usize>(db: &Database, today: NaiveDate, spans: [i64; N]) -> Result<[u64; N], Failure> {
    let first_day = |days: i64| today.checked_sub_signed(TimeDelta::days(days - 1)).unwrap_or(today);
    let earliest = first_day(spans.into_iter().max().unwrap_or(1));
    let last_active = per_day(db, "latest", earliest, None)?;
    Ok(spans.map(|days| {
        let first = first_day(days);
        number(last_active.iter().filter(|(day, _)| *day >= first).map(|(_, count)| count).sum())
    }))
}

fn activity(db: &Database, range: &ActivityRange) -> Result<Vec<ActivityCounts>, Failure> {
    let interval = range.interval();
    let mut points: HashMap<NaiveDate, ActivityCounts> =
        range.buckets().map(|date| (date, ActivityCounts::none(date))).collect();
    for span in range.spans() {
        // If the clock goes back on the last day, the offset at its beginning is too large for its last hours.
        let bucket = |day: NaiveDate| interval.first_day(day.min(span.last));
        for (day, count) in registrations(db, &span)? {
            if let Some(point) = points.get_mut(&bucket(day)) {
                point.registrations = point.registrations.saturating_add_signed(count);
            }
        }
        for (day, successes, failures) in sign_ins(db, &span)? {
            if let Some(point) = points.get_mut(&bucket(day)) {
                point.sign_ins += number(successes);
                point.failed_sign_ins += number(failures);
            }
        }
    }
    for (first_day, count) in per_day(db, interval.as_str(), range.from(), Some(range.to()))? {
        if let Some(point) = points.get_mut(&first_day) {
            point.active_users = number(count);
        }
    }
    Ok(range.buckets().filter_map(|date| points.remove(&date)).collect())
}

/// The number of registrations on each day that has any.
fn registrations(db: &Database, span: &DaySpan) -> Result<Vec<(NaiveDate, i64)>, Failure> {
    let (beginning, end) = (DbTimestamp::from(span.beginning), DbTimestamp::from(span.end));
    each!(db, |conn| {
        let day = conn.local_day("user_registrations.hour", span.offset);
        Ok(user_registrations::table
            .filter(user_registrations::hour.ge(beginning).and(user_registrations::hour.lt(end)))
            .group_by(sql::<Date>(&day))
            .select((sql::<Date>(&day), sql::<BigInt>("CAST(sum(count) AS bigint)")))
            .load(conn)?)
    })
}

/// The numbers of successful and failed sign-ins on each day that has any.
fn sign_ins(db: &Database, span: &DaySpan) -> Result<Vec<(NaiveDate, i64, i64)>, Failure> {
    let (beginning, end) = (DbTimestamp::from(span.beginning), DbTimestamp::from(span.end));
    let sums = (sql::<BigInt>("CAST(sum(successes) AS bigint)"), sql::<BigInt>("CAST(sum(failures) AS bigint)"));
    each!(db, |conn| {
        let day = conn.local_day("sign_in_counts.hour", span.offset);
        Ok(sign_in_counts::table
            .filter(sign_in_counts::hour.ge(beginning).and(sign_in_counts::hour.lt(end)))
            .group_by(sql::<Date>(&day))
            .select((sql::<Date>(&day), sums.0, sums.1))
            .load(conn)?)
    })
}

/// The number of active users in each period of one kind, by its first day.
fn per_day(
    db: &Database,
    period: &str,
    from: NaiveDate,
    before: Option<NaiveDate>,
) -> Result<Vec<(NaiveDate, i64)>, Failure> {
    let before = before.unwrap_or(LAST_DAY);
    each!(db, |conn| {
        Ok(active_users::table
            .filter(active_users::period.eq(period))
            .filter(active_users::day.ge(from).and(active_users::day.lt(before)))
            .group_by(active_users::day)
            .select((active_users::day, sql::<BigInt>("CAST(sum(count) AS bigint)")))
            .load(conn)?)
    })
}

/// The end of the range if it has none.
const LAST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

fn number(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
