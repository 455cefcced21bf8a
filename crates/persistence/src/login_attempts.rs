//! The port [`LoginAttempts`].
//!
//! An account's row for all unknown sources is locked before that of one source, by whoever needs both, so that nobody
//! waits in a circle.

use async_trait::async_trait;
use diesel::prelude::*;
use steward_domain::lockout::{Failures, LockoutRule, LockoutRules, Source, Verdict};
use steward_domain::ports::{Admission, Attempt, ChangeError, Decision, LoginAttempts, StoreError};
use steward_domain::{AuditEntry, Timestamp, User, UserId};

use crate::change::{self, UserMutation};
use crate::database::{Database, each};
use crate::dialect::{Dialect, Purgeable};
use crate::failure::Failure;
use crate::schema::login_failures;
use crate::timestamp::DbTimestamp;

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

#[derive(Insertable)]
#[diesel(table_name = login_failures)]
struct NewRow<'a> {
    account: &'a str,
    source: &'a str,
    failures: i32,
    last_failure: DbTimestamp,
}

/// Locks the row that is there, or makes one, in a single statement: no other transaction comes between.
macro_rules! lock_or_make {
    ($conn:expr, $attempt:expr, $source:expr) => {{
        let at = $attempt.at.into();
        let blank = NewRow { account: &$attempt.account, source: $source, failures: 0, last_failure: at };
        diesel::insert_into(login_failures::table)
            .values(&blank)
            .on_conflict((login_failures::account, login_failures::source))
            .do_update()
            .set(login_failures::failures.eq(login_failures::failures))
            .returning(Row::as_returning())
            .get_result::<Row>($conn)
    }};
}

#[derive(Debug, Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = login_failures)]
struct Row {
    failures: i32,
    undecided: i32,
    last_failure: DbTimestamp,
    locked_until: Option<DbTimestamp>,
    turned_away: bool,
}

impl Row {
    /// What is kept; `None` where it is nothing.
    fn kept(&self) -> Option<Failures> {
        let number = |stored| u32::try_from(stored).unwrap_or(0);
        let (count, undecided) = (number(self.failures), number(self.undecided));
        let locked_until = self.locked_until.map(Into::into);
        let kept = Failures { count, undecided, last: self.last_failure.into(), locked_until };
        (count > 0 || undecided > 0).then_some(kept)
    }
}

/// What becomes of a row.
#[derive(AsChangeset)]
#[diesel(table_name = login_failures, treat_none_as_null = true)]
struct Written {
    failures: i32,
    undecided: i32,
    last_failure: DbTimestamp,
    locked_until: Option<DbTimestamp>,
    turned_away: bool,
}

impl From<Failures> for Written {
    fn from(failures: Failures) -> Self {
        let number = |count| i32::try_from(count).unwrap_or(i32::MAX);
        Self {
            failures: number(failures.count),
            undecided: number(failures.undecided),
            last_failure: failures.last.into(),
            locked_until: failures.locked_until.map(Into::into),
            turned_away: false,
        }
    }
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
macro_rules! row {
    ($attempt:expr, $source:expr) => {
        login_failures::table.find((&$attempt.account, &$source))
    };
}

/// Forgets every failure at an account, and says how many rows that were. For whoever has locked the user.
macro_rules! forget {
    ($conn:expr, $account:expr) => {{
        let rows = $crate::schema::login_failures::table.filter($crate::schema::login_failures::account.eq($account));
        // The row of all sources is locked first; see the head of this file.
        diesel::update(rows.filter($crate::schema::login_failures::source.eq("")))
            .set($crate::schema::login_failures::failures.eq(0))
            .execute($conn)?;
        diesel::delete(rows).execute($conn)?
    }};
}
pub(crate) use forget;

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
        change::user(&self.db, target, decide).await
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
    let rows: Vec<(String, Row)> = each!(db, |conn| {
        Ok(login_failures::table
            .filter(login_failures::account.eq(&attempt.account).and(login_failures::source.eq_any(&sources)))
            .select((login_failures::source, Row::as_select()))
            .load(conn)?)
    })?;
    let refusals = rows.iter().filter(|(_, row)| row.turned_away).filter_map(|(source, row)| {
        let rule = counted.iter().find(|one| one.source == *source)?.rule;
        let kept = row.kept()?;
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
            let kept = row.kept();
            let current = kept.and_then(|kept| one.rule.current(kept, attempt.at));
            match one.rule.attempt(current, attempt.at) {
                Verdict::Admitted(failures) => admitted.push((&one.source, failures)),
                Verdict::Refused(until) => {
                    if let Some(current) = current.filter(|_| !row.turned_away || current != kept) {
                        let written = Written { turned_away: true, ..current.into() };
                        diesel::update(row!(attempt, one.source)).set(written).execute(conn)?;
                    }
                    return Ok(Admission::Refused { until, first: !row.turned_away });
                }
            }
        }
        for (source, failures) in admitted {
            diesel::update(row!(attempt, *source)).set(Written::from(failures)).execute(conn)?;
        }
        Ok(Admission::Admitted)
    }))
}

/// Counts a failure in each row.
fn fail(db: &Database, attempt: &Attempt, counted: &[Counted]) -> Result<(), Failure> {
    each!(db, |conn| conn.write(|conn| {
        for one in counted {
            let row = lock_or_make!(conn, attempt, &one.source)?;
            let failed = one.rule.fail(row.kept(), attempt.at);
            let written = Written { turned_away: row.turned_away, ..failed.into() };
            diesel::update(row!(attempt, one.source)).set(written).execute(conn)?;
        }
        Ok(())
    }))
}

/// Takes the attempt back in each row, and every failure in the row of `cleared`.
fn uncount(db: &Database, attempt: &Attempt, counted: &[Counted], cleared: Option<&str>) -> Result<(), Failure> {
    each!(db, |conn| conn.write(|conn| {
        for one in counted {
            // Locks the row, if it is still there.
            let row: Option<Row> = diesel::update(row!(attempt, one.source))
                .set(login_failures::failures.eq(login_failures::failures))
                .returning(Row::as_returning())
                .get_result(conn)
                .optional()?;
            let Some(row) = row else { continue };
            let left = row.kept().and_then(|kept| match cleared {
                Some(source) if source == one.source => one.rule.succeed(kept, attempt.at),
                _ => one.rule.take_back(kept, attempt.at),
            });
            match left {
                Some(left) => {
                    let turned_away = row.turned_away && left.locked_until.is_some();
                    let written = Written { turned_away, ..left.into() };
                    diesel::update(row!(attempt, one.source)).set(written).execute(conn)?
                }
                None => diesel::delete(row!(attempt, one.source)).execute(conn)?,
            };
        }
        Ok(())
    }))
}
