//! Databases that are unavailable, return, hang, or have limited rights or invalid rows.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue must fail at once")]

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use steward_domain::ports::{AuditLog, StoreError, Users};
use steward_domain::user::UserQuery;
use steward_domain::{AuditFilter, PageRequest, SearchTerm, UserFilter};
use steward_persistence::{Database, DatabaseError, DatabaseSettings, SqlAccounts, SqlAuditLog, SqlUsers};
use steward_testkit::servers::{Postgres, TestDatabase};
use steward_testkit::{a_user, at, user_id};

fn settings(url: &str) -> DatabaseSettings {
    DatabaseSettings { pool_size: 3, ..DatabaseSettings::new(url.parse().unwrap()) }
}

fn connect(url: &str) -> Database {
    Database::connect(&settings(url)).unwrap()
}

/// Creates a database that the role of the tests owns.
fn own_database(server: &Postgres) -> String {
    server.run("CREATE DATABASE ours OWNER steward").unwrap();
    server.url_of("ours")
}

async fn migrated(url: &str) -> Database {
    let database = connect(url);
    database.migrate().await.unwrap();
    database
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_returns_is_used_again() {
    let mut server = Postgres::start().unwrap();
    let quick = DatabaseSettings { pool_timeout: Duration::from_millis(500), ..settings(&own_database(&server)) };
    let database = Database::connect(&quick).unwrap();
    database.migrate().await.unwrap();
    let users = SqlUsers::new(database.clone());
    assert!(users.find(&user_id("unknown"), at(0)).await.unwrap().is_none());

    server.stop().unwrap();
    for _ in 0..2 {
        assert!(matches!(users.find(&user_id("unknown"), at(0)).await, Err(StoreError::Unavailable(_))));
        assert!(matches!(users.statistics(steward_testkit::the_beginning()).await, Err(StoreError::Unavailable(_))));
        assert!(matches!(database.ping().await, Err(StoreError::Unavailable(_))));
    }

    server.restart().unwrap();
    let mut tries = 0;
    while users.find(&user_id("unknown"), at(0)).await.is_err() {
        tries += 1;
        assert!(tries < 200, "still unavailable");
    }
    database.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_connection_fails_at_most_once() {
    let copy = TestDatabase::empty();
    let database = migrated(copy.url()).await;
    let users = SqlUsers::new(database.clone());
    users.find(&user_id("unknown"), at(0)).await.unwrap();
    copy.terminate_connections();
    let mut failures = 0;
    for _ in 0..10 {
        match users.find(&user_id("unknown"), at(0)).await {
            Ok(found) => assert!(found.is_none()),
            Err(StoreError::Unavailable(_)) => failures += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(failures <= 3, "{failures} failures of 3 connections");
    assert!(database.pool_state().open <= 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_times_out() {
    let mut server = Postgres::start().unwrap();
    let short = DatabaseSettings {
        pool_timeout: Duration::from_millis(100),
        statement_timeout: Duration::from_millis(100),
        ..settings(&own_database(&server))
    };
    let database = Database::connect(&short).unwrap();
    database.migrate().await.unwrap();
    let users = SqlUsers::new(database.clone());
    let mut tries = 0;
    while users.find(&user_id("unknown"), at(0)).await.is_err() {
        tries += 1;
        assert!(tries < 500, "never connected");
    }
    server.pause().unwrap();
    for _ in 0..2 {
        assert!(matches!(users.find(&user_id("unknown"), at(0)).await, Err(StoreError::Unavailable(_))));
        assert!(matches!(database.ping().await, Err(StoreError::Unavailable(_))));
    }
    server.resume().unwrap();
    let mut tries = 0;
    while users.find(&user_id("unknown"), at(0)).await.is_err() {
        tries += 1;
        assert!(tries < 500, "still unavailable");
    }
}

#[tokio::test]
async fn a_missing_database_is_unavailable_and_the_handle_does_not_wait_for_it() {
    let url = "postgres://user:secret-word@127.0.0.1:1/none";
    let quick = DatabaseSettings { pool_timeout: Duration::from_millis(300), ..settings(url) };
    let database = Database::connect(&quick).unwrap();
    let error = database.ping().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)));
    let migration = database.migrate().await.unwrap_err();
    assert_eq!(database.describe().port, Some(1));
    for text in [error.to_string(), migration.to_string(), format!("{database:?} {quick:?}")] {
        assert!(!text.contains("secret-word"), "{text}");
    }
    assert!(migration.to_string().contains("refused"), "{migration}");
}

#[test]
fn a_build_without_tls_refuses_a_url_that_requires_it() {
    let outcome = Database::connect(&settings("postgres://h/db?sslmode=require"));
    if cfg!(feature = "pg-tls") {
        assert!(outcome.is_ok());
    } else {
        assert!(matches!(outcome, Err(DatabaseError::TlsUnsupported)));
    }
}

#[cfg(unix)]
#[test]
fn sqlite_files_are_accessible_to_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new/folder/steward.db");
    connect(&format!("sqlite://{}", file.display()));
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
}

#[test]
fn an_sqlite_file_that_cannot_be_created_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let url = format!("sqlite://{}/steward.db", file.display());
    let error = Database::connect(&settings(&url)).unwrap_err().to_string();
    assert!(error.contains("steward.db"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_to_create_extensions_the_database_works_and_a_feature_is_missing() {
    let server = Postgres::start().unwrap();
    server.run("CREATE ROLE guest LOGIN").unwrap();
    server.run("CREATE DATABASE shared OWNER steward").unwrap();
    let url = server.url_of("shared");
    PgConnection::establish(&url).unwrap().batch_execute("GRANT CREATE ON SCHEMA public TO guest").unwrap();
    let as_guest = url.replacen("//steward@", "//guest@", 1);
    assert_ne!(url, as_guest);
    let database = connect(&as_guest);
    database.migrate().await.unwrap();
    let missing = database.missing_features().await.unwrap();
    assert!(missing.iter().any(|remark| remark.contains("pg_trgm")), "{missing:?}");

    let accounts = SqlAccounts::new(database.clone());
    a_user("alice").create(&accounts).await;
    let users = SqlUsers::new(database);
    let query = UserQuery {
        filter: UserFilter { search: SearchTerm::parse("LIC").unwrap(), ..Default::default() },
        ..Default::default()
    };
    assert_eq!(users.list(&query, &PageRequest::default(), at(0)).await.unwrap().items.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_row_is_left_out_of_a_list() {
    let copy = TestDatabase::empty();
    let database = migrated(copy.url()).await;
    a_user("alice").create(&SqlAccounts::new(database.clone())).await;
    copy.run("INSERT INTO users (user_id, email, name, password_hash) VALUES ('!!', 'no-address', 'x', 'y')").unwrap();
    let users = SqlUsers::new(database.clone());
    let page = users.list(&UserQuery::default(), &PageRequest::default(), at(0)).await.unwrap();
    assert_eq!(page.items.iter().map(|user| user.user_id.as_str()).collect::<Vec<_>>(), ["alice"]);
    let audit_log = SqlAuditLog::new(database);
    let entries = audit_log.list(&AuditFilter::default(), &PageRequest::default()).await.unwrap();
    assert_eq!(entries.items.len(), 1);
}
