//! The order of a list as SQL. The sort key is known only at run time, and its text must be that of its index. Diesel's
//! own expressions would need one type, and one query, for each key and direction.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, SingleValue, Text};
use steward_domain::Order;

use super::Key;
use crate::timestamp::{DbTimestamp, UtcTs};

/// The sort order of a list: `key, id` for ORDER BY, both in one direction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListOrder {
    /// The sort key as SQL, the same on both databases.
    pub(crate) key: &'static str,
    /// The id that decides between equal keys; `None` if no two rows have the same key.
    pub(crate) id: Option<&'static str>,
    /// The direction of both.
    pub(crate) order: Order,
}

impl ListOrder {
    /// The sort key as a column.
    pub(crate) fn column<ST>(&self) -> KeyColumn<ST> {
        KeyColumn::new(self.key)
    }

    /// Whether a row follows the one at this position.
    pub(crate) fn keyset_filter(self, position: (Key, i64)) -> KeysetFilter {
        KeysetFilter { order: self, position }
    }
}

/// The sort key as a column of the SQL type `ST`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyColumn<ST> {
    prefix: &'static str,
    key: &'static str,
    sql_type: PhantomData<ST>,
}

/// One comparison of row values, for which an index scan starts at the position.
#[derive(Debug, Clone)]
pub(crate) struct KeysetFilter {
    order: ListOrder,
    position: (Key, i64),
}

impl<ST> KeyColumn<ST> {
    /// The sort key with this SQL.
    pub(crate) fn new(key: &'static str) -> Self {
        Self { prefix: "", key, sql_type: PhantomData }
    }

    /// The key with an operator before it.
    pub(crate) fn with_prefix(self, prefix: &'static str) -> Self {
        Self { prefix, ..self }
    }
}

impl<DB: Backend> QueryFragment<DB> for ListOrder {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let direction = match self.order {
            Order::Asc => " ASC",
            Order::Desc => " DESC",
        };
        out.push_sql(self.key);
        out.push_sql(direction);
        if let Some(id) = self.id {
            out.push_sql(", ");
            out.push_sql(id);
            out.push_sql(direction);
        }
        Ok(())
    }
}

impl<ST, DB: Backend> QueryFragment<DB> for KeyColumn<ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.prefix);
        out.push_sql(self.key);
        Ok(())
    }
}

impl<DB> QueryFragment<DB> for KeysetFilter
where
    DB: Backend + HasSqlType<UtcTs>,
    DbTimestamp: ToSql<UtcTs, DB>,
    String: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("(");
        out.push_sql(self.order.key);
        if let Some(id) = self.order.id {
            out.push_sql(", ");
            out.push_sql(id);
        }
        out.push_sql(match self.order.order {
            Order::Asc => ") > (",
            Order::Desc => ") < (",
        });
        match &self.position.0 {
            Key::Time(at) => out.push_bind_param::<UtcTs, _>(at)?,
            Key::Text(text) => out.push_bind_param::<Text, _>(text)?,
        }
        if self.order.id.is_some() {
            out.push_sql(", ");
            out.push_bind_param::<BigInt, _>(&self.position.1)?;
        }
        out.push_sql(")");
        Ok(())
    }
}

impl Expression for ListOrder {
    type SqlType = BigInt;
}

impl Expression for KeysetFilter {
    type SqlType = Bool;
}

impl<ST: SingleValue> Expression for KeyColumn<ST> {
    type SqlType = ST;
}

/// Allows a fragment in queries of any table. Its SQL identifies the prepared statement, because its type does not.
macro_rules! anywhere {
    ($fragment:ident $(<$parameter:ident>)?) => {
        impl $(<$parameter>)? QueryId for $fragment $(<$parameter>)? {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
        impl $(<$parameter>)? ValidGrouping<()> for $fragment $(<$parameter>)? {
            type IsAggregate = is_aggregate::No;
        }
        impl<Table $(, $parameter)?> AppearsOnTable<Table> for $fragment $(<$parameter>)? where Self: Expression {}
        impl<Table $(, $parameter)?> SelectableExpression<Table> for $fragment $(<$parameter>)?
        where
            Self: AppearsOnTable<Table>,
        {
        }
    };
}
anywhere!(ListOrder);
anywhere!(KeysetFilter);
anywhere!(KeyColumn<ST>);
