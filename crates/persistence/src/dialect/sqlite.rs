use diesel::connection::SimpleConnection;
use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::sqlite::Sqlite;
use steward_domain::{SearchTerm, SessionId};

use super::{
    Condition, Dialect, ExclusiveLock, ExpectedMatches, Purgeable, active_administrator, actor, erased_columns,
    is_entry_about,
};
use crate::failure::Failure;
use crate::rows::{InvitationRow, QueuedMailRow, ResetRequestRow, SessionRow, UserRow, is_queued};
use crate::schema::{
    audit_logs, audit_logs_unfolded, invitations, lower, outbox, password_reset_requests, sessions, users,
};
use crate::timestamp::{DbTimestamp, UtcTs};

/// The text of a user for searching. No word contains a line feed, so none matches across fields.
const USER: &str = "coalesce(users.search_text, \
     search_fold(users.user_id || char(10) || users.email || char(10) || users.name))";

/// The text of an audit entry for searching.
const ENTRY: &str = "search_fold(audit_logs.admin_id || char(10) || audit_logs.admin_name || char(10) \
     || audit_logs.action || char(10) || coalesce(audit_logs.target, '') || char(10) \
     || coalesce(audit_logs.details, '') || char(10) || coalesce(audit_logs.ip_address, '') || char(10) \
     || coalesce(audit_logs.user_agent, ''))";

/// Users and audit entries that are not folded yet.
const UNFOLDED_USERS: &str = "SELECT users.id FROM users WHERE users.search_text IS NULL";
const UNFOLDED_ENTRIES: &str = "SELECT audit_logs.id FROM audit_logs_unfolded JOIN audit_logs USING (id) WHERE TRUE";

/// The maximum number of texts that a transaction folds in addition to its own work. More would delay other writers.
const TEXTS_PER_TRANSACTION: i64 = 1_000;

impl Dialect for SqliteConnection {
    const ESTIMATES_MATCHES: bool = false;

    // Immediate, because a transaction that reads before it writes fails if another one wrote in between, regardless of
    // the time-out.
    fn write<T, E>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, Failure<E>>) -> Result<T, Failure<E>> {
        self.immediate_transaction(|connection| {
            let outcome = body(connection)?;
            connection.fold_some(TEXTS_PER_TRANSACTION)?;
            Ok(outcome)
        })
    }

    // In WAL mode every transaction reads one snapshot.
    fn read<T, E>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, Failure<E>>) -> Result<T, Failure<E>> {
        self.transaction(body)
    }

    /// Nothing to do: only one transaction writes at a time.
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

    fn user_matches<Table: 'static>(&self, term: &SearchTerm, expected: ExpectedMatches) -> Condition<Table, Sqlite> {
        let index = Index { id: "users.id", table: "users_folded", text: USER, unfolded: UNFOLDED_USERS };
        index.matches(term, expected)
    }

    fn entry_matches(&self, term: &SearchTerm, expected: ExpectedMatches) -> Condition<audit_logs::table, Sqlite> {
        let index = Index { id: "audit_logs.id", table: "audit_logs_folded", text: ENTRY, unfolded: UNFOLDED_ENTRIES };
        index.matches(term, expected)
    }

    fn suppress_index(&self) -> &'static str {
        "+"
    }

    fn local_day(&self, column: &str, offset: i32) -> String {
        format!("date({column}, '{offset} seconds')")
    }

    fn may_be_respelled(&self) -> &'static str {
        "(email GLOB '*[^ -~]*' OR email GLOB '*xn--*')"
    }

    fn lock_session(&mut self, id: i64) -> QueryResult<Option<SessionRow>> {
        sessions::table.find(id).select(SessionRow::as_select()).first(self).optional()
    }

    fn lock_invitation(&mut self, id: i64) -> QueryResult<Option<InvitationRow>> {
        invitations::table.find(id).select(InvitationRow::as_select()).first(self).optional()
    }

    fn lock_reset_request(&mut self) -> QueryResult<Option<ResetRequestRow>> {
        password_reset_requests::table
            .order(password_reset_requests::id)
            .select(ResetRequestRow::as_select())
            .first(self)
            .optional()
    }

    fn lock_queued_mails(&mut self, ids: &[i64]) -> QueryResult<Vec<QueuedMailRow>> {
        outbox::table.filter(outbox::id.eq_any(ids).and(is_queued())).select(QueuedMailRow::as_select()).load(self)
    }

    fn acquire_recipient(&mut self, _: &str) -> QueryResult<()> {
        Ok(())
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

    fn purge(&mut self, rows: Purgeable, before: DbTimestamp, limit: i64) -> QueryResult<usize> {
        let (table, column) = rows.table_and_column();
        let removed = diesel::sql_query(format!(
            "DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE {column} < ? ORDER BY {column} LIMIT ?)"
        ))
        .bind::<UtcTs, _>(before)
        .bind::<BigInt, _>(limit)
        .execute(self)?;
        // A purge runs regularly, so it also renews the statistics of tables that have grown.
        self.batch_execute("PRAGMA optimize = 0x10002")?;
        Ok(removed)
    }

    fn erase_audit_entries(&mut self, key: &str, address: &str) -> QueryResult<usize> {
        let entries = format!("(lower(admin_id) = ?1 OR {})", is_entry_about("?1", "?2"));
        // The trigger of the table reads the row, which no other transaction sees.
        for statement in [
            "INSERT INTO audit_erasures (user_id, address) VALUES (?1, ?2)".to_owned(),
            format!(
                "INSERT INTO audit_logs_folded (audit_logs_folded, rowid, search_text)
                SELECT 'delete', audit_logs.id, {ENTRY} FROM audit_logs
                WHERE {entries} AND audit_logs.id NOT IN (SELECT id FROM audit_logs_unfolded)"
            ),
            format!("INSERT OR IGNORE INTO audit_logs_unfolded SELECT audit_logs.id FROM audit_logs WHERE {entries}"),
        ] {
            diesel::sql_query(statement).bind::<Text, _>(key).bind::<Text, _>(address).execute(self)?;
        }
        let update = format!("UPDATE audit_logs SET {} WHERE {entries}", erased_columns("?1", "?2"));
        let erased = diesel::sql_query(update).bind::<Text, _>(key).bind::<Text, _>(address).execute(self)?;
        diesel::sql_query("DELETE FROM audit_erasures").execute(self)?;
        Ok(erased)
    }

    // With nothing to fold, it only reads two indexes, which takes about 20 µs per transaction.
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
            let batch = format!("SELECT id FROM audit_logs_unfolded ORDER BY id LIMIT {limit}");
            self.batch_execute(&format!(
                "INSERT INTO audit_logs_folded (rowid, search_text)
                    SELECT audit_logs.id, {ENTRY} FROM audit_logs WHERE audit_logs.id IN ({batch});
                DELETE FROM audit_logs_unfolded WHERE id IN ({batch})"
            ))?;
        }
        Ok(users || entries)
    }
}

/// Sessions and instants as one JSON text, because the number of parameters of a statement is limited.
fn as_json(ids: &[SessionId], times: &[DbTimestamp]) -> String {
    let pairs: Vec<String> = ids.iter().zip(times).map(|(id, at)| format!("[\"{id}\",\"{}\"]", at.text())).collect();
    format!("[{}]", pairs.join(","))
}

/// The trigram index of a table's folded texts. It does not contain words shorter than three letters.
struct Index {
    /// The column with the id of a row.
    id: &'static str,
    /// The table of the index.
    table: &'static str,
    /// The folded text of a row.
    text: &'static str,
    /// The query for the ids of rows that are not in the index yet.
    unfolded: &'static str,
}

impl Index {
    /// Whether a row contains each word of a term.
    fn matches<Table: 'static>(&self, term: &SearchTerm, expected: ExpectedMatches) -> Condition<Table, Sqlite> {
        let Self { id, table, text, unfolded } = self;
        let words = term.words().join("\n");
        let holds = || sql::<Bool>(&format!("search_holds({text}, ")).bind::<Text, _>(words.clone()).sql(")");
        let (long, short): (Vec<_>, Vec<_>) = term.words().iter().partition(|word| word.chars().count() >= 3);
        let ExpectedMatches::AtMost(limit) = expected else { return Box::new(holds()) };
        if long.is_empty() {
            return Box::new(holds());
        }
        // Without a limit if there are short words, because they drop some of the rows that the index finds.
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
