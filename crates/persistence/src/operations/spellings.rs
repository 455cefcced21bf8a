//! Addresses that earlier releases stored in another spelling than this release: with A-labels, decomposed, or both.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use steward_domain::Email;
use steward_domain::ports::StoreError;

use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::failure::Failure;
use crate::schema::users;
use crate::statements::spellings;

/// The number of addresses per query.
const BATCH: u16 = 1_000;

/// The maximum number of users that a remark names.
const MAX_NAMED: usize = 10;

/// A user with the stored address.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = users)]
struct Stored {
    id: i64,
    user_id: String,
    email: String,
}

/// A user whose stored address has an earlier spelling.
struct Outdated {
    stored: Stored,
    respelled: Email,
}

/// The next users after a key, in the order of keys, whose addresses may have an earlier spelling.
macro_rules! candidates {
    ($conn:ident, $after:expr) => {
        users::table
            .filter(sql::<Bool>($conn.may_be_respelled()))
            .filter(users::id.gt($after))
            .order(users::id)
            .limit(i64::from(BATCH))
            .select(Stored::as_select())
    };
}

/// The id of another user with the same address in any spelling.
macro_rules! owner {
    ($conn:ident, $outdated:expr) => {{
        let Outdated { stored, respelled } = $outdated;
        users::table
            .filter(users::email.eq_any(spellings(respelled)).and(users::id.ne(stored.id)))
            .select(users::user_id)
            .first::<String>($conn)
            .optional()?
    }};
}

impl Database {
    /// Rewrites each address of an earlier spelling as [`Email::parse`] spells it, and returns their number. An address
    /// that another user has in any spelling stays, and [`Database::missing_features`] names it. Any number of
    /// processes may call this at once. An earlier release may run beside them; the next call finds the addresses that
    /// it stores. A read-only database stays as it is.
    pub async fn respell_addresses(&self) -> Result<u64, StoreError> {
        if self.is_read_only().await? {
            return Ok(0);
        }
        let mut respelled = 0;
        let mut after = Some(i64::MIN);
        while let Some(from) = after {
            let batch: Vec<Outdated>;
            (batch, after) = self.call(move |db| find_outdated(db, from)).await?;
            for outdated in batch {
                respelled += self.call(move |db| respell(db, &outdated)).await?;
            }
        }
        Ok(respelled)
    }
}

/// Finds the next addresses of an earlier spelling, and the key after which the next call continues, if there may be
/// more.
fn find_outdated(db: &Database, after: i64) -> Result<(Vec<Outdated>, Option<i64>), Failure> {
    let candidates: Vec<Stored> = each!(db, |conn| Ok(candidates!(conn, after).load(conn)?))?;
    let last = candidates.last().filter(|_| candidates.len() == usize::from(BATCH)).map(|last| last.id);
    let outdated = candidates.into_iter().filter_map(|stored| {
        let respelled = Email::from_stored(stored.email.clone()).respelled()?;
        Some(Outdated { stored, respelled })
    });
    Ok((outdated.collect(), last))
}

/// Rewrites one address, unless it has changed or another user has it. Returns the number of rewritten addresses.
fn respell(db: &Database, outdated: &Outdated) -> Result<u64, Failure> {
    each!(db, |conn| conn.write(|conn| {
        if owner!(conn, outdated).is_some() {
            return Ok(0);
        }
        let Outdated { stored, respelled } = outdated;
        // The mailbox is the same, so the user counts as unchanged: there is no audit entry, and `updated_at` stays.
        // The `ETag` depends on the address, as the response does, so an edit that began before gets 412 once.
        let same = users::table.filter(users::id.eq(stored.id).and(users::email.eq(&stored.email)));
        Ok(diesel::update(same).set(users::email.eq(respelled.as_str())).execute(conn)? as u64)
    }))
}

/// A remark with the users whose addresses stay in an earlier spelling because other users have them.
pub(super) fn remark(db: &Database) -> Result<Option<String>, Failure> {
    let mut taken = Vec::new();
    let mut after = Some(i64::MIN);
    while let Some(from) = after {
        let batch: Vec<Outdated>;
        (batch, after) = find_outdated(db, from)?;
        for outdated in &batch {
            let owner: Option<String> = each!(db, |conn| Ok(owner!(conn, outdated)))?;
            taken.extend(owner.map(|owner| format!("{} (as {owner})", outdated.stored.user_id)));
        }
    }
    if taken.is_empty() {
        return Ok(None);
    }
    let more = taken.len().saturating_sub(MAX_NAMED);
    taken.truncate(MAX_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Ok(Some(format!(
        "some users have the address of another user in an earlier spelling, which searches do not find: {}{more}. Change \
         the address of one of the two, or delete one, then run `steward migrate`",
        taken.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;
    use diesel::pg::Pg;
    use diesel::sql_query;
    use diesel::sql_types::Text;
    use diesel::sqlite::Sqlite;
    use steward_testkit::servers::TestDatabase;

    use super::*;
    use crate::database::DatabaseSettings;

    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text)]
        line: String,
    }

    /// The plan of the query for a table of many users, few of which have an unusual address.
    async fn plan(url: &str) -> String {
        let db = Database::connect(&DatabaseSettings::new(url.parse().unwrap())).unwrap();
        db.migrate().await.unwrap();
        let plan: Result<Vec<Line>, Failure> = each!(db, |conn| {
            conn.batch_execute(
                "INSERT INTO users (user_id, email, name, password_hash)
                    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5000)
                    SELECT 'u' || n, 'u' || n || CASE WHEN n % 1000 = 0 THEN '@xn--bcher-kva.example' ELSE '@a.example' END,
                        'U', 'x' FROM numbers;
                ANALYZE users",
            )?;
            Ok(conn.explain(i64::MIN)?)
        });
        plan.unwrap().into_iter().map(|line| line.line + "\n").collect()
    }

    trait Explain {
        fn explain(&mut self, after: i64) -> QueryResult<Vec<Line>>;
    }

    impl Explain for PgConnection {
        fn explain(&mut self, after: i64) -> QueryResult<Vec<Line>> {
            let conn = self;
            let query = diesel::debug_query::<Pg, _>(&candidates!(conn, after)).to_string();
            let query =
                query.split(" -- binds").next().unwrap().replace("$1", &after.to_string()).replace("$2", "1000");
            conn.batch_execute(&format!(
                "CREATE FUNCTION explain() RETURNS SETOF text LANGUAGE plpgsql AS $$
                    BEGIN RETURN QUERY EXECUTE 'EXPLAIN ' || $query${query}$query$; END
                $$"
            ))?;
            sql_query("SELECT explain() AS line").load(conn)
        }
    }

    impl Explain for SqliteConnection {
        fn explain(&mut self, after: i64) -> QueryResult<Vec<Line>> {
            #[derive(QueryableByName)]
            struct Step {
                #[diesel(sql_type = Text)]
                detail: String,
            }
            let conn = self;
            let query = diesel::debug_query::<Sqlite, _>(&candidates!(conn, after)).to_string();
            let query = query.split(" -- binds").next().unwrap();
            let steps: Vec<Step> = sql_query(format!("EXPLAIN QUERY PLAN {query}")).load(conn)?;
            Ok(steps.into_iter().map(|step| Line { line: step.detail }).collect())
        }
    }

    #[tokio::test]
    async fn unusual_addresses_are_found_by_their_index() {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = format!("sqlite://{}/steward.db", folder.path().display());
        for url in [TestDatabase::empty().url(), &sqlite] {
            let plan = plan(url).await;
            assert!(plan.contains("idx_users_spellings"), "{plan}");
        }
    }
}
