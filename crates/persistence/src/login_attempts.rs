//! The port [`LoginAttempts`].
//!
//! An account's row for all unknown sources is locked before that of one source, by whoever needs both, so that nobody
//! waits in a circle.

use async_trait::async_trait;
use diesel::dsl::auto_type;
use diesel::prelude::*;
use steward_domain::lockout::{LockoutRule, LockoutRules, Source, Verdict};
use steward_domain::ports::{Admission, Attempt, ChangeError, Decision, LoginAttempts, StoreError};
use steward_domain::{AuditEntry, Timestamp, User, UserId};

use crate::database::{Database, each};
use crate::dialect::{Dialect, Purgeable};
use crate::failure::Failure;
use crate::rows::{LoginFailureRow, LoginFailureUpdate, NewLoginFailureRow};
use crate::schema::login_failures;
use crate::statements::{UserMutation, change_user};

/// The failures of guessers, in a database.
pub struct SqlLoginAttempts {
    db: Database,
}

impl SqlLoginAttempts {
    /// The failures in this database.
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

/// Locks the row that is there, or makes one, in a single statement: no other transaction comes between.
macro_rules! lock_or_make {
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

/// One row of an attempt: whose failures it counts, and by which rule.
struct Counted {
    source: String,
    rule: LockoutRule,
}

impl Counted {
    /// The rows of an attempt, in the order in which they are locked.
    fn by(attempt: &Attempt, rules: &LockoutRules) -> Vec<Self> {
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
        let (attempt, counted) = (attempt.clone(), Counted::by(attempt, rules));
        self.db
            .call(move |db| {
                // A flood of attempts that are refused writes nothing, and waits for no lock.
                match refused_already(db, &attempt, &counted)? {
                    Some(until) => Ok(Admission::Refused { until, first: false }),
                    None => count(db, &attempt, &counted),
                }
            })
            .await
    }

    async fn fail(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError> {
        let (attempt, counted) = (attempt.clone(), Counted::by(attempt, rules));
        self.db.call(move |db| fail(db, &attempt, &counted)).await
    }

    async fn take_back(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError> {
        let (attempt, counted) = (attempt.clone(), Counted::by(attempt, rules));
        self.db.call(move |db| uncount(db, &attempt, &counted, None)).await
    }

    async fn succeed(&self, attempt: &Attempt, rules: &LockoutRules) -> Result<(), StoreError> {
        let (attempt, counted) = (attempt.clone(), Counted::by(attempt, rules));
        let cleared = attempt.source.to_string();
        self.db.call(move |db| uncount(db, &attempt, &counted, Some(&cleared))).await
    }

    async fn unlock(&self, target: &UserId, decide: Decision<AuditEntry>) -> Result<User, ChangeError> {
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

/// Until when an attempt is refused by a lock that has turned another one away before.
fn refused_already(db: &Database, attempt: &Attempt, counted: &[Counted]) -> Result<Option<Timestamp>, Failure> {
    let sources: Vec<&str> = counted.iter().map(|one| one.source.as_str()).collect();
    let rows: Vec<(String, LoginFailureRow)> = each!(db, |conn| {
        Ok(login_failures::table
            .filter(login_failures::account.eq(&attempt.account).and(login_failures::source.eq_any(&sources)))
            .select((login_failures::source, LoginFailureRow::as_select()))
            .load(conn)?)
    })?;
    let refusals = rows.iter().filter(|(_, row)| row.lock_reported).filter_map(|(source, row)| {
        let rule = counted.iter().find(|one| one.source == *source)?.rule;
        let kept = row.failures()?;
        // What the clock has changed is written, which takes a lock.
        let current = rule.current(kept, attempt.at).filter(|current| *current == kept)?;
        match rule.attempt(Some(current), attempt.at) {
            Verdict::Refused(until) => Some(until),
            Verdict::Admitted(_) => None,
        }
    });
    Ok(refusals.max())
}

fn count(db: &Database, attempt: &Attempt, counted: &[Counted]) -> Result<Admission, Failure> {
    each!(db, |conn| conn.write(|conn| {
        let mut admitted = Vec::new();
        for one in counted {
            let row = lock_or_make!(conn, attempt, &one.source)?;
            let kept = row.failures();
            let current = kept.and_then(|kept| one.rule.current(kept, attempt.at));
            match one.rule.attempt(current, attempt.at) {
                Verdict::Admitted(failures) => admitted.push((&one.source, failures)),
                Verdict::Refused(until) => {
                    if let Some(current) = current.filter(|_| !row.lock_reported || current != kept) {
                        let update = LoginFailureUpdate::new(current, true);
                        diesel::update(row_of(&attempt.account, &one.source)).set(update).execute(conn)?;
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

/// Counts a failure in each row.
fn fail(db: &Database, attempt: &Attempt, counted: &[Counted]) -> Result<(), Failure> {
    each!(db, |conn| conn.write(|conn| {
        for one in counted {
            let row = lock_or_make!(conn, attempt, &one.source)?;
            let failed = one.rule.fail(row.failures(), attempt.at);
            let update = LoginFailureUpdate::new(failed, row.lock_reported);
            diesel::update(row_of(&attempt.account, &one.source)).set(update).execute(conn)?;
        }
        Ok(())
    }))
}

/// Takes the attempt back in each row, and every failure in the row of `cleared`.
fn uncount(db: &Database, attempt: &Attempt, counted: &[Counted], cleared: Option<&str>) -> Result<(), Failure> {
    each!(db, |conn| conn.write(|conn| {
        for one in counted {
            // Locks the row, if it is still there.
            let row: Option<LoginFailureRow> = diesel::update(row_of(&attempt.account, &one.source))
                .set(login_failures::failures.eq(login_failures::failures))
                .returning(LoginFailureRow::as_returning())
                .get_result(conn)
                .optional()?;
            let Some(row) = row else { continue };
            let left = row.failures().and_then(|kept| match cleared {
                Some(source) if source == one.source => one.rule.succeed(kept, attempt.at),
                _ => one.rule.take_back(kept, attempt.at),
            });
            match left {
                Some(left) => {
                    let lock_reported = row.lock_reported && left.locked_until.is_some();
                    let update = LoginFailureUpdate::new(left, lock_reported);
                    diesel::update(row_of(&attempt.account, &one.source)).set(update).execute(conn)?
                }
                None => diesel::delete(row_of(&attempt.account, &one.source)).execute(conn)?,
            };
        }
        Ok(())
    }))
}
