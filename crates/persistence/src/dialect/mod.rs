//! Everything that must differ between PostgreSQL and SQLite, and nothing else: write transactions, locks, search,
//! statements on many rows.

mod postgres;
mod sqlite;

use diesel::connection::LoadConnection;
use diesel::dsl::auto_type;
use diesel::expression::BoxableExpression;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use steward_domain::{ActorKind, AuditEntry, Role, SearchTerm, SessionId};

use crate::failure::Failure;
use crate::paging::MANY;
use crate::rows::{InvitationRow, QueuedMailRow, ResetRequestRow, SessionRow, UserRow};
use crate::schema::{audit_logs, sessions, users};
use crate::timestamp::DbTimestamp;

/// A condition on the rows of a table, in SQL that differs between the databases.
pub(crate) type Condition<Table, Backend> = Box<dyn BoxableExpression<Table, Backend, SqlType = Bool>>;

/// Something that only one transaction may do at a time, in any process.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ExclusiveLock {
    /// Change an administrator or the administrator's sessions. This serializes the changes by an administrator with
    /// those of the same administrator, and two changes that each remove a super_admin.
    ChangeAdministrator,
    /// Create the first users.
    CreateFirst,
    /// Send an invitation, so that two for one address are serialized.
    Invite,
}

/// Rows that are deleted some time after they are over.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purgeable {
    /// Sessions, with the rows that reference them.
    Sessions,
    /// Sign-in attempts.
    SignIns,
    /// Failed sign-in attempts that count towards a lock.
    LoginFailures,
    /// Links in mails.
    AccountLinks,
    /// Mails that left the queue.
    Mails,
    /// Keys of repeated requests.
    IdempotencyKeys,
    /// Invitations that were not accepted.
    Invitations,
}

impl Purgeable {
    /// The table, and its column with the time since which a row is over.
    fn table_and_column(self) -> (&'static str, &'static str) {
        match self {
            Self::Sessions => ("sessions", "over_at"),
            Self::SignIns => ("sign_in_events", "at"),
            Self::LoginFailures => ("login_failures", "over_at"),
            Self::AccountLinks => ("account_links", "expires_at"),
            Self::Mails => ("outbox", "over_at"),
            Self::IdempotencyKeys => ("idempotency_keys", "expires_at"),
            Self::Invitations => ("invitations", "over_at"),
        }
    }
}

/// The expected number of matches of a search, for a database that does not estimate it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExpectedMatches {
    /// At most this number, or any of this number suffice: use the search index.
    AtMost(i64),
    /// So many that a scan in the order of the list, with a test of each row, soon fills a page.
    Many,
}

impl ExpectedMatches {
    /// The matches to expect of a search. If other filters apply, they drop some of the rows that the index finds, so
    /// the index must find all rows, unless there are many. `count` counts those of the search, up to [`MANY`].
    pub(crate) fn of_search<C: Dialect>(
        conn: &mut C,
        is_alone: bool,
        count: impl FnOnce(&mut C) -> QueryResult<usize>,
    ) -> QueryResult<Self> {
        if is_alone {
            return Ok(Self::AtMost(MANY.into()));
        }
        let are_few = C::ESTIMATES_MATCHES || count(conn)? < MANY.into();
        Ok(if are_few { Self::AtMost(i64::MAX) } else { Self::Many })
    }
}

/// The differences between the two databases.
pub(crate) trait Dialect: Connection + LoadConnection {
    /// Whether the planner estimates the matches of a search, so that they need not be counted first.
    const ESTIMATES_MATCHES: bool;

    /// Runs `body` in a transaction that writes.
    fn write<T, E>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, Failure<E>>) -> Result<T, Failure<E>>;

    /// Runs `body` in a transaction that reads one snapshot.
    fn read<T, E>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, Failure<E>>) -> Result<T, Failure<E>>;

    /// Takes a lock that no other transaction may hold, and holds it until the end of this one. Waits for the others.
    fn acquire_exclusive(&mut self, purpose: ExclusiveLock) -> QueryResult<()>;

    /// Takes a lock together with any number of other transactions, but with none that has it by
    /// [`Dialect::acquire_exclusive`], and holds it until the end of this one. Waits for the others.
    fn acquire_shared(&mut self, purpose: ExclusiveLock) -> QueryResult<()>;

    /// Finds the user with this id in lower case, and locks the row until the end of the transaction.
    fn lock_user(&mut self, key: &str) -> QueryResult<Option<UserRow>>;

    /// Returns the key of the user of a session and, if the user is active, the role; `None` unless the session is
    /// valid at `now`. The session does not change until the end of the transaction.
    fn lock_actor(&mut self, session: SessionId, now: DbTimestamp) -> QueryResult<Option<(i64, Option<String>)>>;

    /// Locks the user with this key against changes until the end of the transaction. Returns whether the user exists
    /// and is an active administrator.
    fn lock_owner(&mut self, id: i64) -> QueryResult<bool>;

    /// Pads a list of keys for a lookup in an index to the length that the planner expects.
    fn pad_keys<K: Clone>(&self, keys: Vec<K>) -> Vec<K> {
        keys
    }

    /// Whether a user matches a term, in a query of `Table`, which must include the users.
    fn user_matches<Table: 'static>(
        &self,
        term: &SearchTerm,
        expected: ExpectedMatches,
    ) -> Condition<Table, Self::Backend>;

    /// Whether an audit entry matches a term.
    fn entry_matches(
        &self,
        term: &SearchTerm,
        expected: ExpectedMatches,
    ) -> Condition<audit_logs::table, Self::Backend>;

    /// The operator before a column that keeps the database from using an index for a condition on it. Without
    /// statistics, SQLite would read and sort all matches of the index: for a page of 100,000 users who were created
    /// in a span, that takes 67 ms and not 0.1 ms.
    fn suppress_index(&self) -> &'static str;

    /// The day of an instant in a column, in local time that is this many seconds ahead of UTC. Connections have the time
    /// zone UTC. The offset is part of the text, so that one expression selects the day and groups by it.
    fn local_day(&self, column: &str, offset: i32) -> String;

    /// Whether an address may have another spelling than [`steward_domain::Email`] gives it: exactly the condition of
    /// the index `idx_users_spellings`.
    fn may_be_respelled(&self) -> &'static str;

    /// Finds the session with this key, and locks the row until the end of the transaction.
    fn lock_session(&mut self, id: i64) -> QueryResult<Option<SessionRow>>;

    /// Finds the invitation with this key, and locks the row until the end of the transaction.
    fn lock_invitation(&mut self, id: i64) -> QueryResult<Option<InvitationRow>>;

    /// Finds the oldest request to reset a password that no other transaction has locked, and locks the row until the end
    /// of the transaction.
    fn lock_reset_request(&mut self) -> QueryResult<Option<ResetRequestRow>>;

    /// Finds the queued ones of these mails that no other transaction has locked, and locks them until the end of this
    /// one.
    fn lock_queued_mails(&mut self, ids: &[i64]) -> QueryResult<Vec<QueuedMailRow>>;

    /// Serializes the transactions in which mails to this address leave the queue or return to it. Waits for the others.
    fn acquire_recipient(&mut self, address: &str) -> QueryResult<()>;

    /// Records the times at which sessions were last used. Each session must occur once. An earlier time than the
    /// stored one is ignored, and so is a locked session.
    fn record_last_seen(&mut self, ids: &[SessionId], times: &[DbTimestamp]) -> QueryResult<usize>;

    /// Records the days on which the users of sessions were active. Each session must occur once. A locked user is
    /// ignored.
    fn record_activity(&mut self, ids: &[SessionId], times: &[DbTimestamp]) -> QueryResult<usize>;

    /// Deletes at most `limit` rows that were over before `before`. Skips locked rows. Returns the number.
    fn purge(&mut self, rows: Purgeable, before: DbTimestamp, limit: i64) -> QueryResult<usize>;

    /// Replaces personal data in the audit entries about the deleted user with this id in lower case and this address.
    /// Returns the number of entries.
    fn erase_audit_entries(&mut self, key: &str, address: &str) -> QueryResult<usize>;

    /// Folds at most `limit` texts for searching, of earlier releases or other programs. Returns whether more may
    /// remain.
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

/// The condition that an audit entry is about a user, with the parameters of the id in lower case and of the address. The
/// details of an entry without a target begin with an address if it is about an invitation.
fn is_entry_about(key: &str, address: &str) -> String {
    format!(
        "(lower(target) = {key} OR (lower(target) IS NULL AND (details = 'email: ' || {address} \
         OR substr(details, 1, length({address}) + 8) = 'email: ' || {address} || ';')))"
    )
}

/// The new values of an audit entry about an erased user. The details are erased if the entry is about the user, and the
/// name if the user is the actor. The origin is erased if the user is the actor, or if the entry is about the user and the
/// program is the actor: the user probably sent that request. The parameters are those of [`is_entry_about`].
fn erased_columns(key: &str, address: &str) -> String {
    let (is_about, is_actor) = (is_entry_about(key, address), format!("lower(admin_id) = {key}"));
    let system = ActorKind::System.as_str();
    let is_origin = format!("({is_actor} OR (actor_kind = '{system}' AND {is_about}))");
    let erased = AuditEntry::ERASED;
    format!(
        "details = CASE WHEN details IS NOT NULL AND {is_about} THEN '{erased}' ELSE details END, \
         admin_name = CASE WHEN {is_actor} THEN '{erased}' ELSE admin_name END, \
         ip_address = CASE WHEN ip_address IS NOT NULL AND {is_origin} THEN '{erased}' ELSE ip_address END, \
         user_agent = CASE WHEN user_agent IS NOT NULL AND {is_origin} THEN '{erased}' ELSE user_agent END"
    )
}

/// The LIKE pattern that matches `word` anywhere, with its wildcards escaped.
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
    fn wildcards_in_a_word_are_escaped() {
        assert_eq!(pattern(r"50%_a\b"), r"%50\%\_a\\b%");
    }
}
