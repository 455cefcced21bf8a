use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Text};
use steward_domain::{SearchTerm, SessionId};

use super::{
    Condition, Dialect, ExclusiveLock, ExpectedMatches, Purgeable, active_administrator, actor, erased_columns,
    is_entry_about, pattern,
};
use crate::failure::Failure;
use crate::rows::{InvitationRow, QueuedMailRow, ResetRequestRow, SessionRow, UserRow, is_queued};
use crate::schema::{audit_logs, invitations, lower, outbox, password_reset_requests, sessions, users};
use crate::timestamp::{DbTimestamp, UtcTs};

impl Dialect for PgConnection {
    const ESTIMATES_MATCHES: bool = true;

    fn write<T, E>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, Failure<E>>) -> Result<T, Failure<E>> {
        // Each statement must see what was committed before it, because locks depend on that. A role may have another
        // default.
        self.build_transaction().read_committed().run(body)
    }

    fn read<T, E>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, Failure<E>>) -> Result<T, Failure<E>> {
        self.build_transaction().repeatable_read().read_only().run(body)
    }

    fn acquire_exclusive(&mut self, purpose: ExclusiveLock) -> QueryResult<()> {
        diesel::sql_query("SELECT pg_advisory_xact_lock($1)").bind::<BigInt, _>(key(purpose)).execute(self).map(drop)
    }

    fn acquire_shared(&mut self, purpose: ExclusiveLock) -> QueryResult<()> {
        let lock = diesel::sql_query("SELECT pg_advisory_xact_lock_shared($1)");
        lock.bind::<BigInt, _>(key(purpose)).execute(self).map(drop)
    }

    fn lock_user(&mut self, key: &str) -> QueryResult<Option<UserRow>> {
        users::table
            .filter(lower(users::user_id).eq(key))
            .select(UserRow::as_select())
            .for_update()
            .first(self)
            .optional()
    }

    // Locks the row of the session only: with the row of the user it could deadlock with a change of that user.
    fn lock_actor(&mut self, session: SessionId, now: DbTimestamp) -> QueryResult<Option<(i64, Option<String>)>> {
        actor(session.as_bytes().as_slice(), now).for_share().first(self).optional()
    }

    fn lock_owner(&mut self, id: i64) -> QueryResult<bool> {
        Ok(active_administrator(id).for_no_key_update().first::<i64>(self).optional()?.is_some())
    }

    // A generic plan expects ten keys. A plan for fewer looks cheaper, so the server would plan each execution: with
    // 1,000,000 users the lookup of one then takes 0.15 ms and not 0.05 ms. Equal keys are looked up once.
    fn pad_keys<K: Clone>(&self, mut keys: Vec<K>) -> Vec<K> {
        const EXPECTED: usize = 10;
        if let Some(key) = keys.last().cloned() {
            keys.resize(keys.len().max(EXPECTED), key);
        }
        keys
    }

    // The literal keeps these statements out of the cache, so that each is planned for its own term: a rare term by the
    // trigram index, a common one in the order of the list. The planner estimates the number of matches.
    fn user_matches<Table: 'static>(&self, term: &SearchTerm, _: ExpectedMatches) -> Condition<Table, Pg> {
        each_word_in("users.search_text", term)
    }

    fn entry_matches(&self, term: &SearchTerm, _: ExpectedMatches) -> Condition<audit_logs::table, Pg> {
        each_word_in(
            "audit_search_text(audit_logs.admin_id, audit_logs.admin_name, audit_logs.action, audit_logs.target, \
             audit_logs.details, audit_logs.ip_address, audit_logs.user_agent)",
            term,
        )
    }

    // The planner has statistics.
    fn suppress_index(&self) -> &'static str {
        ""
    }

    fn local_day(&self, column: &str, offset: i32) -> String {
        format!("date({column} + interval '{offset} seconds')")
    }

    fn may_be_respelled(&self) -> &'static str {
        "email ~ '[^ -~]|xn--'"
    }

    fn lock_session(&mut self, id: i64) -> QueryResult<Option<SessionRow>> {
        sessions::table.find(id).select(SessionRow::as_select()).for_update().first(self).optional()
    }

    fn lock_invitation(&mut self, id: i64) -> QueryResult<Option<InvitationRow>> {
        invitations::table.find(id).select(InvitationRow::as_select()).for_update().first(self).optional()
    }

    fn lock_reset_request(&mut self) -> QueryResult<Option<ResetRequestRow>> {
        password_reset_requests::table
            .order(password_reset_requests::id)
            .select(ResetRequestRow::as_select())
            .for_update()
            .skip_locked()
            .first(self)
            .optional()
    }

    fn lock_queued_mails(&mut self, ids: &[i64]) -> QueryResult<Vec<QueuedMailRow>> {
        outbox::table
            .filter(outbox::id.eq_any(ids).and(is_queued()))
            .select(QueuedMailRow::as_select())
            .for_update()
            .skip_locked()
            .load(self)
    }

    fn acquire_recipient(&mut self, address: &str) -> QueryResult<()> {
        let lock = diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))");
        lock.bind::<Text, _>(address).execute(self).map(drop)
    }

    fn record_last_seen(&mut self, ids: &[SessionId], times: &[DbTimestamp]) -> QueryResult<usize> {
        // SKIP LOCKED, because a wait for a locked row could deadlock.
        diesel::sql_query(
            "WITH due AS (
                SELECT sessions.id, seen.at
                FROM unnest($1, $2) AS seen (sid, at) JOIN sessions ON sessions.sid = seen.sid
                WHERE sessions.ended_at IS NULL AND coalesce(sessions.last_seen_at, sessions.created_at) < seen.at
                FOR UPDATE OF sessions SKIP LOCKED
            )
            UPDATE sessions SET last_seen_at = due.at FROM due WHERE sessions.id = due.id",
        )
        .bind::<Array<Binary>, _>(ids.iter().map(|id| id.as_bytes().as_slice()).collect::<Vec<_>>())
        .bind::<Array<UtcTs>, _>(times)
        .execute(self)
    }

    fn record_activity(&mut self, ids: &[SessionId], times: &[DbTimestamp]) -> QueryResult<usize> {
        // The foreign key locks the user. This statement must not wait for that lock: a change of the user may hold it
        // and wait for a session that this transaction updated. The order of ids prevents deadlocks with other calls.
        diesel::sql_query(
            "INSERT INTO user_activity AS kept (user_id, last_day)
            SELECT users.id, due.day
            FROM (
                SELECT sessions.user_id, max((seen.at AT TIME ZONE 'UTC')::date) AS day
                FROM unnest($1, $2) AS seen (sid, at) JOIN sessions ON sessions.sid = seen.sid
                GROUP BY sessions.user_id
            ) AS due
            JOIN users ON users.id = due.user_id
            WHERE NOT EXISTS (
                SELECT FROM user_activity AS known WHERE known.user_id = due.user_id AND known.last_day >= due.day
            )
            ORDER BY users.id
            FOR KEY SHARE OF users SKIP LOCKED
            ON CONFLICT (user_id) DO UPDATE SET last_day = excluded.last_day WHERE kept.last_day < excluded.last_day",
        )
        .bind::<Array<Binary>, _>(ids.iter().map(|id| id.as_bytes().as_slice()).collect::<Vec<_>>())
        .bind::<Array<UtcTs>, _>(times)
        .execute(self)
    }

    fn purge(&mut self, rows: Purgeable, before: DbTimestamp, limit: i64) -> QueryResult<usize> {
        let (table, column) = rows.table_and_column();
        // A locked row keeps its ctid until the end of the statement.
        diesel::sql_query(format!(
            "DELETE FROM {table} WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM {table} WHERE {column} < $1 ORDER BY {column} LIMIT $2 FOR UPDATE SKIP LOCKED
            ))"
        ))
        .bind::<UtcTs, _>(before)
        .bind::<BigInt, _>(limit)
        .execute(self)
    }

    fn erase_audit_entries(&mut self, key: &str, address: &str) -> QueryResult<usize> {
        // The trigger of the table reads the settings, which end with the transaction.
        const NAME: &str =
            "SELECT set_config('steward.erased_user', $1, true), set_config('steward.erased_address', $2, true)";
        diesel::sql_query(NAME).bind::<Text, _>(key).bind::<Text, _>(address).execute(self)?;
        let erased = diesel::sql_query(format!(
            "UPDATE audit_logs SET {} WHERE lower(admin_id) = $1 OR {}",
            erased_columns("$1", "$2"),
            is_entry_about("$1", "$2")
        ))
        .bind::<Text, _>(key)
        .bind::<Text, _>(address)
        .execute(self)?;
        diesel::sql_query(NAME).bind::<Text, _>("").bind::<Text, _>("").execute(self)?;
        Ok(erased)
    }

    fn fold_some(&mut self, limit: i64) -> QueryResult<bool> {
        // Usually there is nothing to fold, and the role may have no right to write.
        let pending = "EXISTS (SELECT FROM search_refold)";
        if !diesel::select(sql::<Bool>(pending)).get_result::<bool>(self)? {
            return Ok(false);
        }
        let after = diesel::sql_query("SELECT after_id AS id FROM search_refold FOR UPDATE").load::<Id>(self)?;
        let Some(Id { id: after }) = after.into_iter().next() else { return Ok(false) };
        let next = users::table.filter(users::id.gt(after)).order(users::id).limit(limit).select(users::id);
        let Some(last) = next.load::<i64>(self)?.pop() else {
            diesel::sql_query("DELETE FROM search_refold").execute(self)?;
            return Ok(false);
        };
        diesel::sql_query(
            "UPDATE users SET name = name
            WHERE id > $1 AND id <= $2 AND search_text <> search_fold(user_id || E'\\n' || email || E'\\n' || name)",
        )
        .bind::<BigInt, _>(after)
        .bind::<BigInt, _>(last)
        .execute(self)?;
        diesel::sql_query("UPDATE search_refold SET after_id = $1").bind::<BigInt, _>(last).execute(self)?;
        Ok(true)
    }
}

/// The number of the lock.
fn key(purpose: ExclusiveLock) -> i64 {
    match purpose {
        ExclusiveLock::ChangeAdministrator => 0x5354_4557_4152_4401,
        ExclusiveLock::CreateFirst => 0x5354_4557_4152_4402,
        ExclusiveLock::Invite => 0x5354_4557_4152_4420,
    }
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Whether a folded text contains each word of a term. A word without a trigram must not use the index, which would be
/// scanned completely.
fn each_word_in<Table: 'static>(text: &str, term: &SearchTerm) -> Condition<Table, Pg> {
    let words = term.words().iter().map(|word| -> Condition<Table, Pg> {
        let operator = if has_trigram(word) { " LIKE " } else { " || '' LIKE " };
        Box::new(sql::<Bool>(text).sql(operator).bind::<Text, _>(pattern(word)))
    });
    words.reduce(|all, word| Box::new(all.and(word))).unwrap_or_else(|| Box::new(sql::<Bool>("TRUE")))
}

/// Whether `pg_trgm` extracts a trigram from `%term%`. It takes runs of letters and digits, with two spaces before and
/// one after each, except at the ends of the term, where the word may continue.
fn has_trigram(term: &str) -> bool {
    let chars: Vec<char> = term.chars().collect();
    let mut start = 0;
    chars.chunk_by(|a, b| a.is_alphanumeric() == b.is_alphanumeric()).any(|run| {
        let end = start + run.len();
        let padded = run.len() + if start > 0 { 2 } else { 0 } + usize::from(end < chars.len());
        start = end;
        run[0].is_alphanumeric() && padded >= 3
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_with_a_trigram_are_recognized() {
        for term in ["kim", "im@", "@a", "a kim b", "a b"] {
            assert!(has_trigram(term), "{term}");
        }
        for term in ["a", "im", "e@", "@@@@", "-"] {
            assert!(!has_trigram(term), "{term}");
        }
    }
}
