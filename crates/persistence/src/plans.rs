//! Tests of the plans that PostgreSQL keeps for the queries of the ports.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use steward_domain::ports::{Sessions, Users};
use steward_domain::user::UserQuery;
use steward_domain::{PageRequest, SessionId, Timestamp, UserFilter, UserId};
use steward_testkit::servers::TestDatabase;

use crate::database::{Database, DatabaseSettings, Pools, lend};
use crate::failure::Failure;
use crate::{SqlSessions, SqlUsers};

#[derive(QueryableByName)]
struct Prepared {
    #[diesel(sql_type = Text)]
    statement: String,
    #[diesel(sql_type = BigInt)]
    custom_plans: i64,
    #[diesel(sql_type = BigInt)]
    generic_plans: i64,
}

#[tokio::test]
async fn queries_of_every_request_are_planned_once() {
    let copy = TestDatabase::empty();
    let settings = DatabaseSettings { pool_size: 1, ..DatabaseSettings::new(copy.url().parse().unwrap()) };
    let db = Database::connect(&settings).unwrap();
    db.migrate().await.unwrap();
    let (users, sessions) = (SqlUsers::new(db.clone()), SqlSessions::new(db.clone()));
    let (alice, now) = (UserId::parse("alice").unwrap(), Timestamp::UNIX_EPOCH);
    let inactive = UserFilter { is_active: Some(false), ..UserFilter::default() };
    let inactive = UserQuery { filter: inactive, ..UserQuery::default() };
    for _ in 0..20 {
        users.find(&alice, now).await.unwrap();
        users.list(&UserQuery::default(), &PageRequest::default(), now).await.unwrap();
        users.list(&inactive, &PageRequest::default(), now).await.unwrap();
        sessions.find_active(SessionId::from_bytes([1; 16]), now).await.unwrap();
    }
    // PostgreSQL makes five custom plans first.
    let Pools::Postgres(pool) = db.pools() else { unreachable!("it is PostgreSQL") };
    let prepared: Result<Vec<Prepared>, Failure> = lend(pool, |conn| {
        Ok(sql_query("SELECT statement, custom_plans, generic_plans FROM pg_prepared_statements").load(conn)?)
    });
    let prepared = prepared.unwrap();
    for part in ["sessions.sid", "login_failures", "ORDER BY"] {
        assert!(
            prepared.iter().any(|query| query.statement.replace('"', "").contains(part)),
            "no statement with {part} is prepared"
        );
    }
    // The number of matches of a filter depends on its values, so it needs custom plans.
    let (filtered, prepared): (Vec<_>, Vec<_>) =
        prepared.into_iter().partition(|query| query.statement.contains(r#""users"."is_active" = "#));
    assert!(!filtered.is_empty() && filtered.iter().all(|query| !query.statement.ends_with("LIMIT 11")));
    for Prepared { statement, custom_plans, generic_plans } in prepared {
        assert!(custom_plans <= 5 && generic_plans > 0, "{custom_plans} + {generic_plans}: {statement}");
    }
}
