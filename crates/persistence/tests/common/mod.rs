//! Queries that return one number, for both databases.

use diesel::QueryableByName;
use diesel::sql_types::BigInt;

/// A row with one number.
#[derive(QueryableByName)]
pub(crate) struct Number {
    #[diesel(sql_type = BigInt)]
    pub(crate) number: i64,
}

/// The number that a query returns.
macro_rules! number {
    ($connection:expr, $sql:expr) => {
        diesel::sql_query(format!("SELECT CAST(({}) AS bigint) AS number", $sql))
            .get_result::<crate::common::Number>($connection)
            .unwrap()
            .number
    };
}
