use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::sqlite::Sqlite;
use steward_domain::{SearchTerm, SessionId};

use super::{Alone, Condition, Dialect, Past, Reach, actor, owner, pattern};
use crate::failure::Failure;
use crate::moment::{Moment, UtcTs};
use crate::schema::{audit_logs, lower, sessions, users};
use crate::sessions::SessionRow;
use crate::users::UserRow;

impl Dialect for SqliteConnection {
    const LISTS_ARE_PARAMETERS: bool = false;

    // A transaction that reads first and writes later fails if another one wrote in between, whatever the timeout.
    fn write<T, E>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, Failure<E>>) -> Result<T, Failure<E>> {
        self.immediate_transaction(body)
    }

    /// One transaction writes at a time as it is.
    fn alone(&mut self, _: Alone) -> QueryResult<()> {
        Ok(())
    }

    fn hold_off(&mut self, _: Alone) -> QueryResult<()> {
        Ok(())
    }

    fn lock_user(&mut self, key: &str) -> QueryResult<Option<UserRow>> {
        users::table.filter(lower(users::user_id).eq(key)).select(UserRow::as_select()).first(self).optional()
    }

    fn lock_actor(&mut self, session: SessionId, now: Moment) -> QueryResult<Option<(i64, Option<String>)>> {
        actor!(session, now).first(self).optional()
    }

    fn lock_owner(&mut self, id: i64) -> QueryResult<bool> {
        Ok(owner!(id).first::<i64>(self).optional()?.is_some())
    }

    fn user_matches<Table>(&self, term: &SearchTerm, reach: Reach) -> Condition<Table, Sqlite> {
        match indexed(term, reach) {
            Some((phrase, limit)) => Box::new(
                sql::<Bool>("users.id IN (SELECT rowid FROM users_search WHERE users_search MATCH ")
                    .bind::<Text, _>(phrase)
                    .sql(&format!(" LIMIT {limit})")),
            ),
            None => Box::new(
                sql::<Bool>("unicode_lower(users.user_id || char(10) || users.email || char(10) || users.name) LIKE ")
                    .bind::<Text, _>(pattern(term).to_lowercase())
                    .sql(" ESCAPE '\\'"),
            ),
        }
    }

    fn entry_matches(&self, term: &SearchTerm, reach: Reach) -> Condition<audit_logs::table, Sqlite> {
        match indexed(term, reach) {
            Some((phrase, limit)) => Box::new(
                sql::<Bool>("audit_logs.id IN (SELECT rowid FROM audit_logs_search WHERE audit_logs_search MATCH ")
                    .bind::<Text, _>(phrase)
                    .sql(&format!(" LIMIT {limit})")),
            ),
            None => Box::new(
                sql::<Bool>(
                    "unicode_lower(audit_logs.admin_id || char(10) || audit_logs.admin_name || char(10) \
                     || audit_logs.action || char(10) || coalesce(audit_logs.target, '') || char(10) \
                     || coalesce(audit_logs.details, '') || char(10) || coalesce(audit_logs.ip_address, '') \
                     || char(10) || coalesce(audit_logs.user_agent, '')) LIKE ",
                )
                .bind::<Text, _>(pattern(term).to_lowercase())
                .sql(" ESCAPE '\\'"),
            ),
        }
    }

    fn by_no_index(&self) -> &'static str {
        "+"
    }

    fn lock_session(&mut self, id: i64) -> QueryResult<Option<SessionRow>> {
        sessions::table.find(id).select(SessionRow::as_select()).first(self).optional()
    }

    fn note_seen(&mut self, ids: &[SessionId], times: &[Moment]) -> QueryResult<usize> {
        diesel::sql_query(
            "UPDATE sessions SET last_seen_at = seen.at
            FROM (SELECT unhex(value ->> 0) AS sid, value ->> 1 AS at FROM json_each(?)) AS seen
            WHERE sessions.sid = seen.sid AND sessions.ended_at IS NULL
                AND coalesce(sessions.last_seen_at, sessions.created_at) < seen.at",
        )
        .bind::<Text, _>(as_json(ids, times))
        .execute(self)
    }

    fn note_active(&mut self, ids: &[SessionId], times: &[Moment]) -> QueryResult<usize> {
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

    fn purge(&mut self, past: Past, before: Moment, limit: i64) -> QueryResult<usize> {
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

    fn missing_features(&mut self) -> QueryResult<Vec<String>> {
        Ok(Vec::new())
    }

    fn defects(&mut self) -> QueryResult<Vec<String>> {
        Ok(Vec::new())
    }

    fn write_to_server_log(&mut self, _: &str) -> QueryResult<()> {
        Ok(())
    }
}

/// Sessions and instants as one text for any number of them, since a statement has only so many parameters.
fn as_json(ids: &[SessionId], times: &[Moment]) -> String {
    let seen: Vec<String> = ids.iter().zip(times).map(|(id, at)| format!("[\"{id}\",\"{}\"]", at.text())).collect();
    format!("[{}]", seen.join(","))
}

/// The term as a phrase for the trigram index, which holds nothing shorter than three letters, and how many rows it
/// may find. `None` if rows are better tested one by one.
fn indexed(term: &SearchTerm, reach: Reach) -> Option<(String, i64)> {
    match reach {
        Reach::AtMost(limit) if term.as_str().chars().count() >= 3 => {
            Some((format!("\"{}\"", term.as_str().replace('"', "\"\"")), limit))
        }
        Reach::AtMost(_) | Reach::Many => None,
    }
}
