use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType};
use diesel::{Connection, RunQueryDsl};

/// Limits that are asked for time and again: one more than the usual sizes of a page.
const USUAL: [i64; 5] = [11, 21, 26, 51, 101];

/// A query that skips some rows and reads so many. Diesel sends the limit apart from the statement, and PostgreSQL, which
/// cannot know it then, takes a page for a tenth of the table and plans each anew. With the number in its text a
/// statement is planned once; only for usual numbers, since each makes a statement that connections keep.
pub(crate) struct Limited<Q> {
    query: Q,
    is_planned_once: bool,
    offset: i64,
    limit: i64,
}

impl<Q> Limited<Q> {
    pub(crate) fn new(query: Q, offset: i64, limit: i64) -> Self {
        Self { query, is_planned_once: false, offset, limit }
    }

    /// The same of a whole table, in the order of an index: whatever is asked, one plan is right. A filter is better
    /// planned for its own values, of which there may be many rows or next to none.
    pub(crate) fn planned_once(self, is_whole: bool) -> Self {
        Self { is_planned_once: is_whole, ..self }
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
        if self.is_planned_once && USUAL.contains(&self.limit) {
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
