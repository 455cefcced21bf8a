use diesel::prelude::*;
use steward_domain::lockout::Failures;
use steward_domain::ports::Attempt;

use crate::schema::login_failures;
use crate::timestamp::DbTimestamp;

/// A row without failures, to insert.
#[derive(Insertable)]
#[diesel(table_name = login_failures)]
pub(crate) struct NewLoginFailureRow<'a> {
    account: &'a str,
    source: &'a str,
    failures: i32,
    last_failure: DbTimestamp,
}

impl<'a> NewLoginFailureRow<'a> {
    /// The row of an attempt from this source.
    pub(crate) fn new(attempt: &'a Attempt, source: &'a str) -> Self {
        Self { account: &attempt.account, source, failures: 0, last_failure: attempt.at.into() }
    }
}

/// The stored failures of one source at one account.
#[derive(Debug, Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = login_failures)]
pub(crate) struct LoginFailureRow {
    failures: i32,
    undecided: i32,
    last_failure: DbTimestamp,
    locked_until: Option<DbTimestamp>,
    #[diesel(column_name = turned_away)]
    pub(crate) lock_reported: bool,
}

impl LoginFailureRow {
    /// The failures; `None` if there are neither failed nor undecided attempts.
    pub(crate) fn failures(&self) -> Option<Failures> {
        let number = |stored| u32::try_from(stored).unwrap_or(0);
        let (count, undecided) = (number(self.failures), number(self.undecided));
        let locked_until = self.locked_until.map(Into::into);
        let failures = Failures { count, undecided, last: self.last_failure.into(), locked_until };
        (count > 0 || undecided > 0).then_some(failures)
    }
}

/// The new values of a row.
#[derive(AsChangeset)]
#[diesel(table_name = login_failures, treat_none_as_null = true)]
pub(crate) struct LoginFailureUpdate {
    failures: i32,
    undecided: i32,
    last_failure: DbTimestamp,
    locked_until: Option<DbTimestamp>,
    #[diesel(column_name = turned_away)]
    lock_reported: bool,
}

impl LoginFailureUpdate {
    /// The values that store `failures`.
    pub(crate) fn new(failures: Failures, lock_reported: bool) -> Self {
        let number = |count| i32::try_from(count).unwrap_or(i32::MAX);
        Self {
            failures: number(failures.count),
            undecided: number(failures.undecided),
            last_failure: failures.last.into(),
            locked_until: failures.locked_until.map(Into::into),
            lock_reported,
        }
    }
}
