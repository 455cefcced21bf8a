//! Users with the details that only administrators see.

use std::collections::HashMap;

use chrono::TimeDelta;
use diesel::dsl::{case_when, exists, max, sum};
use diesel::prelude::*;
use steward_domain::ports::{StoreError, UserDetails};
use steward_domain::{LockState, LockoutRule, Source, Timestamp, User, UserId};

use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::rows::UserRow;
use crate::schema::{login_failures, lower, users};
use crate::shared_query::{Reply, SharedQuery};
use crate::timestamp::DbTimestamp;

/// A user id, and the time of the request.
pub(super) type FindKey = (UserId, Timestamp);

/// By account: the number of failed and undecided attempts, and the end of the longest lock.
type Locks = HashMap<String, (i64, Option<DbTimestamp>)>;

/// An account, the numbers of its failed and of its undecided attempts, and the end of its lock.
type Failures = (String, Option<i64>, Option<i64>, Option<DbTimestamp>);

/// One query finds the users and whether they have failures. A second query sums the failures of the few that do.
pub(super) fn query(db: Database) -> SharedQuery<FindKey, Option<UserDetails>> {
    SharedQuery::of_keys(db, |db, lookup| {
        each!(db, |conn| lookup.serve(|keys_and_times: &[FindKey]| {
            let keys: Vec<&str> = conn.pad_keys(keys_and_times.iter().map(|(id, _)| id.key()).collect());
            let counting =
                login_failures::source.ne(Source::ALL).and(login_failures::over_at.gt(horizon(keys_and_times)));
            let failed =
                login_failures::table.filter(login_failures::account.eq(lower(users::user_id))).filter(counting);
            let rows: Vec<(UserRow, bool)> = users::table
                .filter(lower(users::user_id).eq_any(keys))
                .select((UserRow::as_select(), exists(failed)))
                .load(conn)?;
            let failing: Vec<String> =
                rows.iter().filter(|(_, failed)| *failed).map(|(row, _)| row.user_id_key()).collect();
            let locks = if failing.is_empty() {
                Locks::new()
            } else {
                let undecided = case_when(
                    login_failures::last_failure.gt(earliest(keys_and_times, LockoutRule::UNDECIDED_FOR)),
                    login_failures::undecided,
                )
                .otherwise(0);
                let failures: Vec<Failures> = login_failures::table
                    .filter(login_failures::account.eq_any(failing).and(counting))
                    .group_by(login_failures::account)
                    .select((
                        login_failures::account,
                        sum(login_failures::failures),
                        sum(undecided),
                        max(login_failures::locked_until),
                    ))
                    .load(conn)?;
                let locks = failures.into_iter().map(|(account, failures, undecided, until)| {
                    (account, (failures.unwrap_or_default() + undecided.unwrap_or_default(), until))
                });
                locks.collect()
            };
            Ok(details_of(keys_and_times, rows.into_iter().map(|(row, _)| row), &locks))
        }))
    })
}

/// Failures that ended before this do not count for any of the keys, whose times are almost equal.
fn horizon(keys_and_times: &[FindKey]) -> DbTimestamp {
    earliest(keys_and_times, LockoutRule::SOURCE.window)
}

/// The earliest time of the keys minus this span.
fn earliest(keys_and_times: &[FindKey], span: TimeDelta) -> DbTimestamp {
    keys_and_times.iter().map(|(_, now)| *now - span).min().unwrap_or_default().into()
}

fn details_of(
    keys_and_times: &[FindKey],
    rows: impl Iterator<Item = UserRow>,
    locks: &Locks,
) -> Vec<Reply<Option<UserDetails>>> {
    let users: HashMap<String, Result<User, StoreError>> =
        rows.map(|row| (row.user_id_key(), User::try_from(row))).collect();
    let details = |(id, now): &FindKey| {
        let Some(user) = users.get(id.key()).cloned() else { return Ok(None) };
        let (failures, until) = locks.get(id.key()).copied().unwrap_or_default();
        let lock = LockState {
            failures: u64::try_from(failures).unwrap_or_default(),
            locked_until: until.map(Timestamp::from).filter(|until| now < until),
        };
        Ok(Some(UserDetails { user: user?, lock }))
    };
    keys_and_times.iter().map(details).collect()
}
