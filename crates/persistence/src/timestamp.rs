//! Instants as both databases store them: `timestamptz` on PostgreSQL, RFC 3339 text of one width on SQLite.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{SqlType, Text, Timestamptz};
use diesel::sqlite::Sqlite;
use steward_domain::Timestamp;

/// The SQL type of an instant.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
#[diesel(sqlite_type(name = "Text"))]
pub struct UtcTs;

/// Both databases sort them in chronological order.
impl diesel::sql_types::SqlOrd for UtcTs {}

/// An instant that both databases can store: in the years 1 to 9999, in whole microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = UtcTs)]
pub struct DbTimestamp(DateTime<Utc>);

impl DbTimestamp {
    /// The instant this many microseconds after the epoch; `None` outside the years 1 to 9999.
    pub fn from_micros(micros: i64) -> Option<Self> {
        let at = DateTime::from_timestamp_micros(micros)?;
        (earliest() <= at && at <= latest()).then_some(Self(at))
    }

    /// The text that SQLite stores.
    pub fn text(self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::Micros, true)
    }

    /// Microseconds since the epoch.
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }
}

/// An instant outside the range becomes the nearest one inside, which compares in the same way with stored instants.
impl From<Timestamp> for DbTimestamp {
    fn from(at: Timestamp) -> Self {
        Self(steward_domain::truncate(at.clamp(earliest(), latest())))
    }
}

impl From<DbTimestamp> for Timestamp {
    fn from(at: DbTimestamp) -> Self {
        at.0
    }
}

fn earliest() -> Timestamp {
    NaiveDate::from_ymd_opt(1, 1, 1).and_then(|day| day.and_hms_opt(0, 0, 0)).unwrap_or_default().and_utc()
}

fn latest() -> Timestamp {
    NaiveDate::from_ymd_opt(9999, 12, 31)
        .and_then(|day| day.and_hms_micro_opt(23, 59, 59, 999_999))
        .unwrap_or_default()
        .and_utc()
}

impl ToSql<UtcTs, Pg> for DbTimestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Timestamptz, Pg>::to_sql(&self.0, out)
    }
}

impl FromSql<UtcTs, Pg> for DbTimestamp {
    fn from_sql(bytes: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        FromSql::<Timestamptz, Pg>::from_sql(bytes).map(Self)
    }
}

impl ToSql<UtcTs, Sqlite> for DbTimestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.text());
        Ok(IsNull::No)
    }
}

impl FromSql<UtcTs, Sqlite> for DbTimestamp {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        Ok(Self(DateTime::parse_from_rfc3339(&text)?.to_utc()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_outside_the_range_becomes_the_nearest_inside() {
        assert_eq!(DbTimestamp::from(DateTime::<Utc>::MAX_UTC).0, latest());
        assert_eq!(DbTimestamp::from(DateTime::<Utc>::MIN_UTC).0, earliest());
        assert_eq!(DbTimestamp::from_micros(i64::MAX), None);
        assert_eq!(DbTimestamp::from_micros(earliest().timestamp_micros() - 1), None);
        assert_eq!(DbTimestamp::from_micros(0).map(DbTimestamp::micros), Some(0));
    }

    #[test]
    fn text_has_one_width() {
        for at in [earliest(), latest(), DateTime::UNIX_EPOCH] {
            assert_eq!(at.to_rfc3339_opts(SecondsFormat::Micros, true).len(), 27);
        }
    }
}
