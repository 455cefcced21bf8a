//! The port [`LoginAttempts`].
//!
//! A transaction that needs both rows of an account locks the row of all sources before the row of one source, so that
//! no two transactions deadlock.

use async_trait::async_trait;
use diesel::dsl::auto_type;
use diesel::prelude::*;
use steward_domain::lockout::{LockoutRule, LockoutRules, Source, Verdict};
use steward_domain::ports::{Admission, Attempt, ChangeError, Decision, LoginAttempts, StoreError};
use steward_domain::{Record, Timestamp, User, UserId};

use crate::database::{Database, each};
use crate::dialect::{Dialect, Purgeable};
use crate::failure::Failure;
use crate::rows::{LoginFailureRow, LoginFailureUpdate, NewLoginFailureRow};
use crate::schema::login_failures;
use crate::statements::{UserMutation, change_user};

/// The failed sign-in attempts in a database.
pub struct SqlLoginAttempts {
    db: Database,
}

impl SqlLoginAttempts {
    /// The failed attempts in this database.
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

/// Locks the row, or inserts it, with one statement, so that no other transaction can insert it in between.
macro_rules! lock_or_insert {
    ($conn:expr, $attempt:expr, $source:expr) => {{
        diesel::insert_into(login_failures::table)
            .values(NewLoginFailureRow::new($attempt, $source))
            .on_conflict((login_failures::account, login_failures::source))
            .do_update()
            .set(login_failures::failures.eq(login_failures::failures))
            .returning(LoginFailureRow::as_returning())
            .get_result::<LoginFailureRow>($conn)
    }};
}

/// A row that counts an attempt, and the rule for it.
struct Counter {
    source: String,
    rule: LockoutRule,
}

impl Counter {
    /// The rows of an attempt, in the order of their locks.
    fn of(attempt: &Attempt, rules: &LockoutRules) -> Vec<Self> {
        let all = attempt.counts_for_account.then(|| Self { source: Source::ALL.to_owned(), rule: rules.account });
        all.into_iter().chain([Self { source: attempt.source.to_string(), rule: rules.source }]).collect()
    }
}

/// The row of one source at one account.
#[auto_type]
fn row_of<'a>(account: &'a str, source: &'a str) -> _ {
    login_failures::table.find((account, source))
}

#[async_trait]
impl LoginAttempts for SqlLoginAttempts {
    async fn begin(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<Admission, StoreError> {
        let (attempt, counters) = (attempt.clone(), Counter::of(attempt, rules));
        self.db
            .call(move |db| {
                // Many refused attempts must not write or wait for locks.
                match find_reported_lock(db, &attempt, &counters)? {
                    Some(until) => Ok(Admission::Refused { until, first: false }),
                    None => count(db, &attempt, &counters),
                }
            })
            .await
    }

    async fn fail(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError> {
        let (attempt, counters) = (attempt.clone(), Counter::of(attempt, rules));
        self.db.call(move |db| fail(db, &attempt, &counters)).await
    }

    async fn roll_back(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError> {
        let (attempt, counters) = (attempt.clone(), Counter::of(attempt, rules));
        self.db.call(move |db| roll_back(db, &attempt, &counters, None)).await
    }

    async fn succeed(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError> {
        let (attempt, counters) = (attempt.clone(), Counter::of(attempt, rules));
        let cleared = attempt.source.to_string();
        self.db.call(move |db| roll_back(db, &attempt, &counters, Some(&cleared))).await
    }

    async fn unlock(&self, target: &UserId, decide: Decision<Record>) -> Result<User, ChangeError> {
        let decide: Decision<_> = Box::new(|locked| Ok(Some((UserMutation::Unlock, decide(locked)?))));
        change_user(&self.db, target, decide).await
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let purge = move |db: &Database| {
            each!(db, |conn| conn.write(|conn| Ok(conn.purge(
                Purgeable::LoginFailures,
                before.into(),
                limit.into()
            )?)))
        };
        Ok(self.db.call(purge).await? as u64)
    }
}

/// Returns the end of the lock that refuses an attempt, if the lock has been reported before.
fn find_reported_lock(db: &Database, attempt: &Attempt, counters: &[Counter]) -> Result<Option<Timestamp>, Failure> {
    let sources: Vec<&str> = counters.iter().map(|counter| counter.source.as_str()).collect();
    let rows: Vec<(String, LoginFailureRow)> = each!(db, |conn| {
        Ok(login_failures::table
            .filter(login_failures::account.eq(&attempt.account).and(login_failures::source.eq_any(&sources)))
            .select((login_failures::source, LoginFailureRow::as_select()))
            .load(conn)?)
    })?;
    let refusals = rows.iter().filter(|(_, row)| row.lock_reported).filter_map(|(source, row)| {
        let rule = counters.iter().find(|counter| counter.source == *source)?.rule;
        let failures = row.failures()?;
        // Failures that have changed with time must be written, which takes the lock.
        let current = rule.current(failures, attempt.at).filter(|current| *current == failures)?;
        match rule.attempt(Some(current), attempt.at) {
            Verdict::Refused(until) => Some(until),
            Verdict::Admitted(_) => None,
        }
    });
    Ok(refusals.max())
}

fn count(db: &Database, attempt: &Attempt, counters: &[Counter]) -> Result<Admission, Failure> {
    each!(db, |conn| conn.write(|conn| {
        let mut admitted = Vec::new();
        for counter in counters {
            let row = lock_or_insert!(conn, attempt, &counter.source)?;
            let failures = row.failures();
            let current = failures.and_then(|failures| counter.rule.current(failures, attempt.at));
            match counter.rule.attempt(current, attempt.at) {
                Verdict::Admitted(failures) => admitted.push((&counter.source, failures)),
                Verdict::Refused(until) => {
                    if let Some(current) = current.filter(|_| !row.lock_reported || current != failures) {
                        let update = LoginFailureUpdate::new(current, true);
                        diesel::update(row_of(&attempt.account, &counter.source)).set(update).execute(conn)?;
                    }
                    return Ok(Admission::Refused { until, first: !row.lock_reported });
                }
            }
        }
        for (source, failures) in admitted {
            diesel::update(row_of(&attempt.account, source))
                .set(LoginFailureUpdate::new(failures, false))
                .execute(conn)?;
        }
        Ok(Admission::Admitted)
    }))
}

/// Changes the attempt into a failure in each row.
fn fail(db: &Database, attempt: &Attempt, counters: &[Counter]) -> Result<(), Failure> {
    each!(db, |conn| conn.write(|conn| {
        for counter in counters {
            let row = lock_or_insert!(conn, attempt, &counter.source)?;
            let failed = counter.rule.fail(row.failures(), attempt.at);
            let update = LoginFailureUpdate::new(failed, row.lock_reported);
            diesel::update(row_of(&attempt.account, &counter.source)).set(update).execute(conn)?;
        }
        Ok(())
    }))
}

/// Removes the attempt from each row, and all failures from the row of the source `cleared`.
fn roll_back(db: &Database, attempt: &Attempt, counters: &[Counter], cleared: Option<&str>) -> Result<(), Failure> {
    each!(db, |conn| conn.write(|conn| {
        for counter in counters {
            // Locks the row, if it exists.
            let row: Option<LoginFailureRow> = diesel::update(row_of(&attempt.account, &counter.source))
                .set(login_failures::failures.eq(login_failures::failures))
                .returning(LoginFailureRow::as_returning())
                .get_result(conn)
                .optional()?;
            let Some(row) = row else { continue };
            let left = row.failures().and_then(|failures| match cleared {
                Some(source) if source == counter.source => counter.rule.succeed(failures, attempt.at),
                _ => counter.rule.roll_back(failures, attempt.at),
            });
            match left {
                Some(left) => {
                    let lock_reported = row.lock_reported && left.locked_until.is_some();
                    let update = LoginFailureUpdate::new(left, lock_reported);
                    diesel::update(row_of(&attempt.account, &counter.source)).set(update).execute(conn)?
                }
                None => diesel::delete(row_of(&attempt.account, &counter.source)).execute(conn)?,
            };
        }
        Ok(())
    }))
}
