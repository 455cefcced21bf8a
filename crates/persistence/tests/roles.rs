//! Servers, databases and roles that the product did not create itself.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue must fail at once")]

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};
use steward_domain::ports::{StoreError, Users};
use steward_domain::user::UserQuery;
use steward_domain::{Action, DisplayName, PageRequest, SearchTerm, UserChange, UserFilter};
use steward_persistence::{Database, DatabaseSettings, SqlAccounts, SqlUsers};
use steward_testkit::servers::{Postgres, TestDatabase};
use steward_testkit::{a_user, an_entry, at, user_id};

fn connect(url: &str) -> Database {
    let settings = DatabaseSettings { pool_size: 3, ..DatabaseSettings::new(url.parse().unwrap()) };
    Database::connect(&settings).unwrap()
}

/// Creates an empty database that the role of the tests owns. Returns its URL.
fn own_database(server: &Postgres, name: &str, options: &str) -> String {
    server.run(&format!("CREATE DATABASE {name} OWNER steward {options}")).unwrap();
    server.url_of(name)
}

/// The URL of the same database for another role.
fn as_role(url: &str, role: &str) -> String {
    let as_role = url.replacen("//steward@", &format!("//{role}@"), 1);
    assert_ne!(url, as_role);
    as_role
}

fn run(url: &str, statements: &str) {
    PgConnection::establish(url).unwrap().batch_execute(statements).unwrap();
}

/// The statements to run, at the end of a remark.
fn remedy(remark: &str) -> &str {
    remark.rsplit_once(" run: ").unwrap().1
}

async fn assert_found(database: &Database, term: &str, count: usize) {
    let query = UserQuery {
        filter: UserFilter { search: SearchTerm::parse(term).unwrap(), ..Default::default() },
        ..Default::default()
    };
    let users = SqlUsers::new(database.clone());
    assert_eq!(users.list(&query, &PageRequest::default(), at(0)).await.unwrap().items.len(), count, "{term}");
}

async fn rename(users: &SqlUsers, to: &str) -> Result<(), steward_domain::ports::ChangeError> {
    let change = UserChange { name: Some(DisplayName::parse(to).unwrap()), ..UserChange::default() };
    let entry = an_entry(Action::UserUpdated, "alice", at(1));
    users.update(&user_id("alice"), Box::new(|_| Ok(Some((change, entry.into()))))).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_is_used_in_any_schema() {
    let server = Postgres::start().unwrap();
    for (name, usage) in [("usable", true), ("unusable", false)] {
        let url = own_database(&server, name, "");
        let superuser = as_role(&url, "postgres");
        run(&superuser, "CREATE SCHEMA \"Ext\"; CREATE EXTENSION pg_trgm SCHEMA \"Ext\"");
        run(&superuser, "CREATE SCHEMA steward AUTHORIZATION steward");
        run(&superuser, &format!("ALTER ROLE steward IN DATABASE {name} SET search_path = steward"));
        if usage {
            run(&superuser, "GRANT USAGE ON SCHEMA \"Ext\" TO steward");
        }
        let database = connect(&url);
        database.migrate().await.unwrap();
        let missing = database.missing_features().await.unwrap();
        if usage {
            assert!(missing.is_empty(), "{missing:?}");
        } else {
            assert!(matches!(&*missing, [remark] if remark.contains("searches read whole tables")), "{missing:?}");
            run(&superuser, &format!("SET search_path = steward; {}", remedy(&missing[0])));
            assert!(database.missing_features().await.unwrap().is_empty());
        }
        a_user("alice").create(&SqlAccounts::new(database.clone())).await;
        assert_found(&database, "LIC", 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_that_is_created_later_is_used_after_the_remedy() {
    let server = Postgres::start().unwrap();
    let url = own_database(&server, "ours", "");
    server.run("CREATE ROLE guest LOGIN").unwrap();
    run(&url, "GRANT CREATE ON SCHEMA public TO guest");
    let database = connect(&as_role(&url, "guest"));
    database.migrate().await.unwrap();
    let missing = database.missing_features().await.unwrap();
    assert!(matches!(&*missing, [remark] if remark.contains("CREATE EXTENSION pg_trgm")), "{missing:?}");
    run(&as_role(&url, "postgres"), remedy(&missing[0]));
    assert!(database.missing_features().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_store_every_name_is_refused_before_the_first_migration() {
    let server = Postgres::start().unwrap();
    for encoding in ["LATIN1", "EUC_KR", "SQL_ASCII"] {
        let options = format!("ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0");
        let url = own_database(&server, &encoding.to_lowercase(), &options);
        let database = connect(&url);
        let refused = database.migrate().await.unwrap_err().to_string();
        assert!(
            refused.contains(encoding) && refused.contains("ENCODING 'UTF8'") && !refused.contains('\n'),
            "{refused}"
        );
        assert_eq!(database.schema_state().await.unwrap().applied, 0);
        let defects = database.defects().await.unwrap();
        assert!(defects.iter().any(|defect| defect.contains(encoding)), "{defects:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_another_encoding_is_refused_before_the_first_migration() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("steward.db").display().to_string();
    let mut connection = SqliteConnection::establish(&file).unwrap();
    connection.batch_execute("PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (i integer)").unwrap();
    let refused = connect(&format!("sqlite://{file}")).migrate().await.unwrap_err().to_string();
    assert!(refused.contains("UTF-16le") && refused.contains("UTF-8"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_of_the_role_or_the_database_change_nothing() {
    let server = Postgres::start().unwrap();
    let url = own_database(&server, "ours", "");
    for setting in [
        "DateStyle = 'SQL, DMY'",
        "IntervalStyle = 'sql_standard'",
        "TimeZone = 'Asia/Seoul'",
        "bytea_output = 'escape'",
        "standard_conforming_strings = off",
        "default_transaction_isolation = 'serializable'",
        "client_encoding = 'LATIN1'",
    ] {
        server.run(&format!("ALTER DATABASE ours SET {setting}")).unwrap();
    }
    let database = connect(&format!("{url}?client_encoding=EUC_KR"));
    database.migrate().await.unwrap();
    let accounts = SqlAccounts::new(database.clone());
    let created = a_user("alice").name("홍길동").create(&accounts).await;
    let users = SqlUsers::new(database.clone());
    rename(&users, "Müller").await.unwrap();
    let found = users.find(&user_id("alice"), at(0)).await.unwrap().unwrap().user;
    assert_eq!((found.created_at, found.updated_at, found.name.as_str()), (created.created_at, at(1), "Müller"));
    assert_found(&database, "MÜLL", 1).await;
    assert_found(&database, "홍길동", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_with_rights_to_rows_suffices_and_its_missing_rights_are_reported() {
    let server = Postgres::start().unwrap();
    let url = own_database(&server, "ours", "");
    server.run("CREATE ROLE app LOGIN").unwrap();
    let database = connect(&as_role(&url, "app"));
    run(&url, "REVOKE USAGE ON SCHEMA public FROM PUBLIC");
    let refused = database.migrate().await.unwrap_err().to_string();
    assert!(refused.contains("pending") && refused.contains("GRANT USAGE ON SCHEMA"), "{refused}");
    run(&url, "GRANT USAGE ON SCHEMA public TO app");
    let refused = database.migrate().await.unwrap_err().to_string();
    assert!(refused.contains("GRANT CREATE ON SCHEMA public TO app"), "{refused}");
    connect(&url).migrate().await.unwrap();
    run(&url, "REVOKE USAGE ON SCHEMA public FROM app");

    // The privilege on the schema is reported before those on its tables.
    for part in ["USAGE ON SCHEMA public TO app", "SELECT, INSERT, UPDATE, DELETE ON users TO app"] {
        let defects = database.defects().await.unwrap();
        assert!(matches!(&*defects, [defect] if defect.contains(part)), "{part}: {defects:?}");
        run(&url, remedy(&defects[0]));
    }
    assert!(database.defects().await.unwrap().is_empty());
    assert!(database.migrate().await.unwrap().is_empty());
    a_user("alice").create(&SqlAccounts::new(database.clone())).await;
    while database.fold_texts().await.unwrap() {}
    assert_eq!(server.run_in("ours", "SELECT count(*) FROM search_refold").unwrap(), "0");
    rename(&SqlUsers::new(database.clone()), "Changed").await.unwrap();
    let forgotten = "SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public'
        AND tablename <> 'password_reset_tokens' -- unused
        AND NOT has_table_privilege('app', to_regclass('public.' || tablename), 'SELECT')";
    assert_eq!(server.run_in("ours", forgotten).unwrap(), "", "tables without privileges in operations/postgres.rs");

    run(&url, "REVOKE UPDATE ON sessions FROM app");
    let defects = database.defects().await.unwrap();
    assert!(matches!(&*defects, [defect] if remedy(defect) == "GRANT UPDATE ON sessions TO app"), "{defects:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_database_is_read_and_refuses_changes_temporarily() {
    let server = Postgres::start().unwrap();
    let url = own_database(&server, "ours", "");
    let empty = own_database(&server, "new", "");
    connect(&url).migrate().await.unwrap();
    a_user("alice").create(&SqlAccounts::new(connect(&url))).await;
    server.run("ALTER ROLE steward SET default_transaction_read_only = on").unwrap();

    let database = connect(&url);
    assert!(database.migrate().await.unwrap().is_empty());
    assert!(database.is_read_only().await.unwrap());
    let missing = database.missing_features().await.unwrap();
    assert!(missing.iter().any(|remark| remark.contains("read-only")), "{missing:?}");
    assert_found(&database, "alice", 1).await;
    let refused = rename(&SqlUsers::new(database.clone()), "Changed").await.unwrap_err().to_string();
    assert!(refused.contains("read-only"), "{refused}");

    let refused = connect(&empty).migrate().await.unwrap_err().to_string();
    assert!(refused.contains("pending") && refused.contains("read-only"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_of_a_newer_release_are_recognized() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("steward.db").display().to_string();
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
    let copy = TestDatabase::empty();
    for url in [copy.url(), &format!("sqlite://{file}")] {
        let database = connect(url);
        assert!(!database.migrate().await.unwrap().is_empty());
        if url == copy.url() {
            copy.run(newer).unwrap();
        } else {
            SqliteConnection::establish(&file).unwrap().batch_execute(newer).unwrap();
        }
        let state = database.schema_state().await.unwrap();
        assert_eq!((state.pending.len(), &*state.unknown), (0, &["9999".to_owned()][..]));
        assert!(database.migrate().await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrating_leaves_no_lock_behind() {
    let copy = TestDatabase::empty();
    // Stays connected, as a pooler's connection does; the lock ends with its transaction.
    let mut other = PgConnection::establish(copy.url()).unwrap();
    // The lock of migrations, 0x5354_4557_4152_4400.
    other.batch_execute("BEGIN; SELECT pg_advisory_xact_lock(6004500444252095488)").unwrap();
    let database = connect(copy.url());
    let migrating = tokio::spawn({
        let database = database.clone();
        async move { database.migrate().await }
    });
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(copy.run(locks).unwrap(), "1");
    assert_eq!(database.schema_state().await.unwrap().applied, 0);
    other.batch_execute("COMMIT").unwrap();
    assert!(!migrating.await.unwrap().unwrap().is_empty());
    assert_eq!(copy.run(locks).unwrap(), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_time_out_is_a_temporary_error_in_any_language() {
    let server = Postgres::start().unwrap();
    // Some machines do not have the locale; the messages are in English then.
    let _ = server.run("ALTER ROLE steward SET lc_messages = 'de_DE'");
    let url = own_database(&server, "ours", "");
    let statement_timeout = Duration::from_millis(200);
    let settings = DatabaseSettings { statement_timeout, ..DatabaseSettings::new(url.parse().unwrap()) };
    let database = Database::connect(&settings).unwrap();
    database.migrate().await.unwrap();
    let mut holder = PgConnection::establish(&url).unwrap();
    holder.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").unwrap();
    let users = SqlUsers::new(database);
    let cause = match users.find(&user_id("alice"), at(0)).await {
        Err(StoreError::Unavailable(cause)) => cause.to_string(),
        result => panic!("{result:?}"),
    };
    assert!(cause.contains("lock timeout") || cause.contains("Sperre"), "{cause}");
}
