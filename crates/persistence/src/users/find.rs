//! A user with what only administrators are told.

use std::collections::HashMap;

use chrono::TimeDelta;
use diesel::dsl::{case_when, exists, max, sum};
use diesel::prelude::*;
use steward_domain::ports::{StoreError, UserDetails};
use steward_domain::{LockState, LockoutRule, Source, Timestamp, User, UserId};

use crate::batcher::{Answer, Batcher, Limits};
use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::rows::UserRow;
use crate::schema::{login_failures, lower, users};
use crate::timestamp::DbTimestamp;

/// Who is asked for, and when.
pub(super) type FindKey = (UserId, Timestamp);

/// Failures and undecided attempts at one account, and its longest lock.
type Locks = HashMap<String, (i64, Option<DbTimestamp>)>;

/// An account, its failed and its undecided attempts, and until when it is locked.
type Failures = (String, Option<i64>, Option<i64>, Option<DbTimestamp>);

/// One query finds the users, and who of them has failures. They are few, and only theirs are added up.
pub(super) fn batcher(db: Database, limits: Limits) -> Batcher<FindKey, Option<UserDetails>> {
    Batcher::new(limits, move |run| {
        each!(db, |conn| run.serve(|wanted: &[FindKey]| {
            let keys: Vec<&str> = conn.pad_keys(wanted.iter().map(|(id, _)| id.key()).collect());
            let counting = login_failures::source.ne(Source::ALL).and(login_failures::over_at.gt(horizon(wanted)));
            let failed =
                login_failures::table.filter(login_failures::account.eq(lower(users::user_id))).filter(counting);
            let found =
                users::table.filter(lower(users::user_id).eq_any(keys)).select((UserRow::as_select(), exists(failed)));
            let rows: Vec<(UserRow, bool)> = conn.cached_query(found).load(conn)?;
            let failing: Vec<String> =
                rows.iter().filter(|(_, failed)| *failed).map(|(row, _)| row.user_id_key()).collect();
            let locks = if failing.is_empty() {
                Locks::new()
            } else {
                let undecided = case_when(
                    login_failures::last_failure.gt(earliest(wanted, LockoutRule::UNDECIDED_FOR)),
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
            Ok(of_each(wanted, rows.into_iter().map(|(row, _)| row), &locks))
        }))
    })
}

/// What was over before this counts for none of those who ask together, whose clocks hardly differ.
fn horizon(wanted: &[FindKey]) -> DbTimestamp {
    earliest(wanted, LockoutRule::SOURCE.window)
}

/// This long before the first of the instants that are asked about.
fn earliest(wanted: &[FindKey], before: TimeDelta) -> DbTimestamp {
    wanted.iter().map(|(_, now)| *now - before).min().unwrap_or_default().into()
}

fn of_each(wanted: &[FindKey], rows: impl Iterator<Item = UserRow>, locks: &Locks) -> Vec<Answer<Option<UserDetails>>> {
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
    wanted.iter().map(details).collect()
}
