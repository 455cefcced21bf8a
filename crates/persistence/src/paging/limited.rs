use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType};
use diesel::{Connection, RunQueryDsl};

/// Limits that are asked for time and again: one more than the usual sizes of a page.
const USUAL: [i64; 5] = [11, 21, 26, 51, 101];

/// A query that skips some rows and reads so many. Diesel sends the limit apart from the statement, and PostgreSQL, which cannot know
/// it then, takes a page for a tenth of the table: with the number in its text a statement is planned once, and not for
/// each page anew. Only for usual numbers, since each makes a statement that connections keep.
pub(crate) struct Limited<Q> {
    query: Q,
    offset: i64,
    limit: i64,
}

impl<Q> Limited<Q> {
    pub(crate) fn new(query: Q, offset: i64, limit: i64) -> Self {
        Self { query, offset, limit }
    }
}

impl<Q: Query> Query for Limited<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, C: Connection> RunQueryDsl<C> for Limited<Q> {}

impl<Q> QueryId for Limited<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q, DB> QueryFragment<DB> for Limited<Q>
where
    DB: Backend + HasSqlType<BigInt>,
    Q: QueryFragment<DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.query.walk_ast(out.reborrow())?;
        out.push_sql(" LIMIT ");
        if USUAL.contains(&self.limit) {
            out.push_sql(&self.limit.to_string());
        } else {
            out.push_bind_param::<BigInt, _>(&self.limit)?;
        }
        if self.offset > 0 {
            out.push_sql(" OFFSET ");
            out.push_bind_param::<BigInt, _>(&self.offset)?;
        }
        Ok(())
    }
}
