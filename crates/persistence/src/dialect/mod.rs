//! Everything that must differ between PostgreSQL and SQLite, and nothing else does: write transactions, locks,
//! search, and what an operator is told.

mod cached_query;
mod postgres;
mod sqlite;

use diesel::connection::LoadConnection;
use diesel::dsl::auto_type;
use diesel::expression::BoxableExpression;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use steward_domain::{Role, SearchTerm, SessionId};

pub(crate) use self::cached_query::CachedQuery;
use crate::failure::Failure;
use crate::rows::{SessionRow, UserRow};
use crate::schema::{audit_logs, sessions, users};
use crate::timestamp::DbTimestamp;

/// A condition on the rows of a table.
pub(crate) type Condition<Table, Backend> = Box<dyn BoxableExpression<Table, Backend, SqlType = Bool>>;

/// What only one transaction may do at a time, in any process.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ExclusiveLock {
    /// Change an administrator: their role, their sessions, anything. What an administrator does and what is done to them
    /// then happen one after the other, and so do two changes that each take a super_admin away.
    ChangeAdministrator,
    /// Create the first users.
    CreateFirst,
}

/// Rows that are of no interest any more after a while.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purgeable {
    /// Sessions that are over, with what belongs to them.
    Sessions,
    /// Attempts to sign in.
    SignIns,
    /// Failures of guessers.
    LoginFailures,
}

impl Purgeable {
    /// The table, and its column that tells since when.
    fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::Sessions => ("sessions", "over_at"),
            Self::SignIns => ("sign_in_events", "at"),
            Self::LoginFailures => ("login_failures", "over_at"),
        }
    }
}

/// How many rows a search is expected to find, where the database does not find out by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExpectedMatches {
    /// Not more than this, or it does not matter which: ask the search index.
    AtMost(i64),
    /// So many that reading in the list's order and testing each row soon fills a page.
    Many,
}

/// What the two databases say in different words.
pub(crate) trait Dialect: Connection + LoadConnection {
    /// Whether a list of keys is one parameter, however many there are.
    const LISTS_ARE_PARAMETERS: bool;

    /// Runs `body` in a transaction that writes.
    fn write<T, E>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, Failure<E>>) -> Result<T, Failure<E>>;

    /// Waits until no other transaction does the same, and keeps others from it until the end of this one.
    fn acquire_exclusive(&mut self, purpose: ExclusiveLock) -> QueryResult<()>;

    /// Waits until no other transaction is [`Dialect::acquire_exclusive`] in this, and keeps others from it until the end of this one.
    /// Any number of transactions may do so at a time.
    fn acquire_shared(&mut self, purpose: ExclusiveLock) -> QueryResult<()>;

    /// The user with this id in lower case, protected from change until the end of the transaction.
    fn lock_user(&mut self, key: &str) -> QueryResult<Option<UserRow>>;

    /// The key of the user of a session and, if they are active, their role. `None` unless the session is good at `now`;
    /// it stays so until the end of the transaction.
    fn lock_actor(&mut self, session: SessionId, now: DbTimestamp) -> QueryResult<Option<(i64, Option<String>)>>;

    /// Protects the user with this key from any change until the end of the transaction. Returns whether there is such a
    /// user, and they are an administrator who is active.
    fn lock_owner(&mut self, id: i64) -> QueryResult<bool>;

    /// Keys to look up by an index, any number of them, as they are best asked for.
    fn pad_keys<K: Clone>(&self, keys: Vec<K>) -> Vec<K> {
        keys
    }

    /// A query that asks for keys by one or more lists. It MUST NOT be boxed, nor hold a literal or anything that is
    /// there or not: it is told from others by its type.
    fn cached_query<Q>(&self, query: Q) -> CachedQuery<Q, Self>
    where
        Self: Sized,
    {
        CachedQuery::new(query)
    }

    /// Whether a user matches a term, in a query of `Table`, which holds the users.
    fn user_matches<Table: 'static>(
        &self,
        term: &SearchTerm,
        reach: ExpectedMatches,
    ) -> Condition<Table, Self::Backend>;

    /// Whether an audit entry matches a term.
    fn entry_matches(&self, term: &SearchTerm, reach: ExpectedMatches) -> Condition<audit_logs::table, Self::Backend>;

    /// What stands before a column so that a condition on it is tested row by row, where the database would rather
    /// fetch and sort all that an index finds, however many.
    fn suppress_index(&self) -> &'static str;

    /// Whether an address may be in another spelling than [`steward_domain::Email`] has: the condition of the index
    /// `idx_users_spellings`, word for word.
    fn may_be_respelled(&self) -> &'static str;

    /// The session with this key, protected from change until the end of the transaction.
    fn lock_session(&mut self, id: i64) -> QueryResult<Option<SessionRow>>;

    /// Notes when sessions were last used, each named once, but sets no time back. Leaves out those that are locked.
    fn record_last_seen(&mut self, ids: &[SessionId], times: &[DbTimestamp]) -> QueryResult<usize>;

    /// Notes on which days the users of sessions, each named once, were there. Leaves out users who are being changed.
    fn record_activity(&mut self, ids: &[SessionId], times: &[DbTimestamp]) -> QueryResult<usize>;

    /// Removes up to `limit` rows that were over before `before`, without waiting for any that is locked.
    fn purge(&mut self, past: Purgeable, before: DbTimestamp, limit: i64) -> QueryResult<usize>;

    /// Folds some texts for searching that are there from before they were folded as now, or from other programs: at most
    /// `limit`. Returns whether more may be left.
    fn fold_some(&mut self, limit: i64) -> QueryResult<bool>;
}

/// The user of a session that is valid at `now`: see [`Dialect::lock_actor`].
#[expect(clippy::elidable_lifetime_names, reason = "the type that auto_type generates needs the name")]
#[auto_type]
fn actor<'a>(sid: &'a [u8], now: DbTimestamp) -> _ {
    let role = users::table
        .filter(users::id.eq(sessions::user_id).and(users::is_active.eq(true)))
        .select(users::role)
        .single_value();
    sessions::table
        .filter(sessions::sid.eq(sid))
        .filter(sessions::ended_at.is_null().and(sessions::expires_at.gt(now)))
        .select((sessions::user_id, role))
}

/// The active administrator with this key: see [`Dialect::lock_owner`].
#[auto_type]
fn active_administrator(id: i64) -> _ {
    let user: &'static str = Role::User.as_str();
    users::table.find(id).filter(users::is_active.eq(true).and(users::role.ne(user))).select(users::id)
}

/// The pattern for LIKE that finds `word` anywhere, with `\` before what LIKE would take for a wildcard.
fn pattern(word: &str) -> String {
    let mut pattern = String::with_capacity(word.len() + 2);
    pattern.push('%');
    for c in word.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_of_a_word_stand_for_themselves() {
        assert_eq!(pattern(r"50%_a\b"), r"%50\%\_a\\b%");
    }
}
