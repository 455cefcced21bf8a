use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::{QueryResult, RunQueryDsl};

use super::Dialect;

/// A query for the rows of some keys, whose statement is found by the type of the query. Without it, Diesel would build
/// the SQL for each execution to find the cached statement.
pub(crate) struct CachedQuery<Q, C> {
    query: Q,
    connection: PhantomData<C>,
}

impl<Q, C: Dialect> CachedQuery<Q, C> {
    pub(super) fn new(query: Q) -> Self {
        Self { query, connection: PhantomData }
    }
}

impl<Q: Query, C> Query for CachedQuery<Q, C> {
    type SqlType = Q::SqlType;
}

impl<Q, C: Dialect> RunQueryDsl<C> for CachedQuery<Q, C> {}

/// The type contains the tables, columns and conditions. Two queries of one type have the same SQL if a list is one
/// parameter.
impl<Q: QueryId, C: Dialect + 'static> QueryId for CachedQuery<Q, C> {
    type QueryId = CachedQuery<Q::QueryId, C>;
    const HAS_STATIC_QUERY_ID: bool = C::LISTS_ARE_PARAMETERS;
}

impl<Q: QueryFragment<DB>, C, DB: Backend> QueryFragment<DB> for CachedQuery<Q, C> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.query.walk_ast(out)
    }
}
