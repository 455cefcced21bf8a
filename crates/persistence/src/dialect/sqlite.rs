use diesel::connection::SimpleConnection;
use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::sqlite::Sqlite;
use steward_domain::{SearchTerm, SessionId};

use super::{Condition, Dialect, ExclusiveLock, ExpectedMatches, Purgeable, active_administrator, actor};
use crate::failure::Failure;
use crate::rows::{SessionRow, UserRow};
use crate::schema::{audit_logs, audit_logs_unfolded, lower, sessions, users};
use crate::timestamp::{DbTimestamp, UtcTs};

/// What a search looks at in a user. No word holds a line feed, so none matches across fields.
const USER: &str = "coalesce(users.search_text, \
     search_fold(users.user_id || char(10) || users.email || char(10) || users.name))";

/// The same of an audit entry.
const ENTRY: &str = "search_fold(audit_logs.admin_id || char(10) || audit_logs.admin_name || char(10) \
     || audit_logs.action || char(10) || coalesce(audit_logs.target, '') || char(10) \
     || coalesce(audit_logs.details, '') || char(10) || coalesce(audit_logs.ip_address, '') || char(10) \
     || coalesce(audit_logs.user_agent, ''))";

/// Users who are not folded yet, and entries.
const UNFOLDED_USERS: &str = "SELECT users.id FROM users WHERE users.search_text IS NULL";
const UNFOLDED_ENTRIES: &str = "SELECT audit_logs.id FROM audit_logs_unfolded JOIN audit_logs USING (id) WHERE TRUE";

/// Most texts that a transaction folds besides its own work: more would keep other writers waiting.
const FOLDED_AT_ONCE: i64 = 1_000;

impl Dialect for SqliteConnection {
    const LISTS_ARE_PARAMETERS: bool = false;

    // A transaction that reads first and writes later fails if another one wrote in between, whatever the timeout.
    fn write<T, E>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, Failure<E>>) -> Result<T, Failure<E>> {
        self.immediate_transaction(|connection| {
            let outcome = body(connection)?;
            connection.fold_some(FOLDED_AT_ONCE)?;
            Ok(outcome)
        })
    }

    /// One transaction writes at a time as it is.
    fn acquire_exclusive(&mut self, _: ExclusiveLock) -> QueryResult<()> {
        Ok(())
    }

    fn acquire_shared(&mut self, _: ExclusiveLock) -> QueryResult<()> {
        Ok(())
    }

    fn lock_user(&mut self, key: &str) -> QueryResult<Option<UserRow>> {
        users::table.filter(lower(users::user_id).eq(key)).select(UserRow::as_select()).first(self).optional()
    }

    fn lock_actor(&mut self, session: SessionId, now: DbTimestamp) -> QueryResult<Option<(i64, Option<String>)>> {
        actor(session.as_bytes().as_slice(), now).first(self).optional()
    }

    fn lock_owner(&mut self, id: i64) -> QueryResult<bool> {
        Ok(active_administrator(id).first::<i64>(self).optional()?.is_some())
    }

    fn user_matches<Table: 'static>(&self, term: &SearchTerm, reach: ExpectedMatches) -> Condition<Table, Sqlite> {
        let index = Index { id: "users.id", table: "users_folded", text: USER, unfolded: UNFOLDED_USERS };
        index.matches(term, reach)
    }

    fn entry_matches(&self, term: &SearchTerm, reach: ExpectedMatches) -> Condition<audit_logs::table, Sqlite> {
        let index = Index { id: "audit_logs.id", table: "audit_logs_folded", text: ENTRY, unfolded: UNFOLDED_ENTRIES };
        index.matches(term, reach)
    }

    fn suppress_index(&self) -> &'static str {
        "+"
    }

    fn may_be_respelled(&self) -> &'static str {
        "(email GLOB '*[^ -~]*' OR email GLOB '*xn--*')"
    }

    fn lock_session(&mut self, id: i64) -> QueryResult<Option<SessionRow>> {
        sessions::table.find(id).select(SessionRow::as_select()).first(self).optional()
    }

    fn record_last_seen(&mut self, ids: &[SessionId], times: &[DbTimestamp]) -> QueryResult<usize> {
        diesel::sql_query(
            "UPDATE sessions SET last_seen_at = seen.at
            FROM (SELECT unhex(value ->> 0) AS sid, value ->> 1 AS at FROM json_each(?)) AS seen
            WHERE sessions.sid = seen.sid AND sessions.ended_at IS NULL
                AND coalesce(sessions.last_seen_at, sessions.created_at) < seen.at",
        )
        .bind::<Text, _>(as_json(ids, times))
        .execute(self)
    }

    fn record_activity(&mut self, ids: &[SessionId], times: &[DbTimestamp]) -> QueryResult<usize> {
        diesel::sql_query(
            "INSERT INTO user_activity (user_id, last_day)
            SELECT sessions.user_id, max(seen.day)
            FROM (SELECT unhex(value ->> 0) AS sid, substr(value ->> 1, 1, 10) AS day FROM json_each(?)) AS seen
                JOIN sessions ON sessions.sid = seen.sid
            WHERE NOT EXISTS (
                SELECT 1 FROM user_activity AS known
                WHERE known.user_id = sessions.user_id AND known.last_day >= seen.day
            )
            GROUP BY sessions.user_id
            ON CONFLICT DO UPDATE SET last_day = excluded.last_day WHERE last_day < excluded.last_day",
        )
        .bind::<Text, _>(as_json(ids, times))
        .execute(self)
    }

    fn purge(&mut self, past: Purgeable, before: DbTimestamp, limit: i64) -> QueryResult<usize> {
        let (table, column) = past.place();
        let removed = diesel::sql_query(format!(
            "DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE {column} < ? ORDER BY {column} LIMIT ?)"
        ))
        .bind::<UtcTs, _>(before)
        .bind::<BigInt, _>(limit)
        .execute(self)?;
        // Cleaning up is the one thing that happens every now and then: time to look at tables that have grown tenfold.
        self.batch_execute("PRAGMA optimize = 0x10002")?;
        Ok(removed)
    }

    // Where nothing is left to fold, it reads two indexes and nothing else: about 20 µs of each transaction.
    fn fold_some(&mut self, limit: i64) -> QueryResult<bool> {
        let users = exists(users::table.filter(users::search_text.is_null()).select(users::id));
        let entries = exists(audit_logs_unfolded::table.select(audit_logs_unfolded::id));
        let (users, entries): (bool, bool) = diesel::select((users, entries)).get_result(self)?;
        if users {
            self.batch_execute(&format!(
                "UPDATE users SET search_text = search_fold(user_id || char(10) || email || char(10) || name)
                WHERE id IN ({UNFOLDED_USERS} LIMIT {limit})"
            ))?;
        }
        if entries {
            let some = format!("SELECT id FROM audit_logs_unfolded ORDER BY id LIMIT {limit}");
            self.batch_execute(&format!(
                "INSERT INTO audit_logs_folded (rowid, search_text)
                    SELECT audit_logs.id, {ENTRY} FROM audit_logs WHERE audit_logs.id IN ({some});
                DELETE FROM audit_logs_unfolded WHERE id IN ({some})"
            ))?;
        }
        Ok(users || entries)
    }
}

/// Sessions and instants as one text for any number of them, since a statement has only so many parameters.
fn as_json(ids: &[SessionId], times: &[DbTimestamp]) -> String {
    let seen: Vec<String> = ids.iter().zip(times).map(|(id, at)| format!("[\"{id}\",\"{}\"]", at.text())).collect();
    format!("[{}]", seen.join(","))
}

/// A table's trigram index of folded texts, which holds no word shorter than three letters.
struct Index {
    /// The rows' id.
    id: &'static str,
    /// The index itself.
    table: &'static str,
    /// The folded text of a row.
    text: &'static str,
    /// The query for the ids of rows that the index does not hold yet.
    unfolded: &'static str,
}

impl Index {
    /// Whether a row holds each word of a term.
    fn matches<Table: 'static>(&self, term: &SearchTerm, reach: ExpectedMatches) -> Condition<Table, Sqlite> {
        let Self { id, table, text, unfolded } = self;
        let words = term.words().join("\n");
        let holds = || sql::<Bool>(&format!("search_holds({text}, ")).bind::<Text, _>(words.clone()).sql(")");
        let (long, short): (Vec<_>, Vec<_>) = term.words().iter().partition(|word| word.chars().count() >= 3);
        let ExpectedMatches::AtMost(limit) = reach else { return Box::new(holds()) };
        if long.is_empty() {
            return Box::new(holds());
        }
        // What a short word drops must not use up what the index may find.
        let limit = if short.is_empty() { limit } else { i64::MAX };
        let phrases: Vec<String> = long.into_iter().map(|word| format!("\"{}\"", word.replace('"', "\"\""))).collect();
        let found = sql::<Bool>(&format!("{id} IN (SELECT rowid FROM (SELECT rowid FROM {table} WHERE {table} MATCH "))
            .bind::<Text, _>(phrases.join(" AND "))
            .sql(&format!(" LIMIT {limit}) UNION ALL {unfolded} AND search_holds({text}, "))
            .bind::<Text, _>(words.clone())
            .sql("))");
        if short.is_empty() { Box::new(found) } else { Box::new(found.and(holds())) }
    }
}
