//! Databases with limited privileges, read-only databases, and databases that another process migrates.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use serde_json::json;
use steward_testkit::http::Api;
use steward_testkit::servers::Postgres;
use tempfile::tempdir;

use crate::support::{Database, Process, database_of, launch, until};

async fn served(process: &mut Process) -> Api {
    Api::at(&process.address_of("gateway")).await
}

/// Checks that reads succeed, changes fail with 503, and the log has the cause.
async fn assert_read_only(mut process: Process, token: &str) {
    let reader = served(&mut process).await.with_token(token);
    process.wait_for("a remark at the start", |line| line.contains("the database is read-only").then_some(()));
    for path in ["/api/auth/me", "/api/admin/users?search=john", "/api/admin/users/user123", "/api/admin/audit-logs"] {
        reader.get(path).send().await.expect(200);
    }
    reader.put("/api/admin/users/user123").json(json!({"name": "Changed"})).send().await.expect(503);
    process.wait_for("the cause", |line| (line.contains("503") && line.contains("read")).then_some(()));
}

#[tokio::test]
async fn a_role_with_row_privileges_serves_everything() {
    let folder = tempdir().unwrap();
    let server = Postgres::start().unwrap();
    let owner = database_of(&server);
    server.run("CREATE ROLE app LOGIN").unwrap();
    let app = owner.replacen("//steward@", "//app@", 1);

    let refused = launch(folder.path(), &app, &["serve"]).finish();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("GRANT CREATE ON SCHEMA public TO app"), "{refused:?}");
    launch(folder.path(), &owner, &["migrate"]).finish().ok();
    let checked = launch(folder.path(), &app, &["doctor"]).finish();
    assert_eq!(checked.code, Some(1), "{checked:?}");
    let grants = checked.stdout.lines().find_map(|line| line.split_once("the role app lacks privileges")).unwrap().1;
    let grants = grants.split_once(" run: ").unwrap().1;
    for grant in grants.split("; ") {
        assert!(grant.starts_with("GRANT ") && grant.ends_with(" TO app"), "{grant}");
    }
    server.run_in("product", grants).unwrap();
    launch(folder.path(), &app, &["doctor"]).finish().ok();

    let mut process = launch(folder.path(), &app, &["serve"]).start();
    let admin = served(&mut process).await.signed_in("admin", "admin123").await;
    admin.put("/api/admin/users/user123").json(json!({"name": "Changed"})).send().await.expect(200);
    for path in ["/api/admin/users", "/api/admin/audit-logs?search=changed", "/api/admin/analytics/overview"] {
        admin.get(path).send().await.expect(200);
    }
    admin.delete("/api/admin/users/user123").send().await.expect(204);
    assert!(!process.output().contains("ERROR"), "{}", process.output());
}

#[tokio::test]
async fn a_read_only_server_serves_reads() {
    let folder = tempdir().unwrap();
    let server = Postgres::start().unwrap();
    let url = database_of(&server);
    let token = {
        let mut process = launch(folder.path(), &url, &["serve"]).start();
        served(&mut process).await.signed_in("admin", "admin123").await.token().to_owned()
    };
    server.run("ALTER ROLE steward SET default_transaction_read_only = on").unwrap();
    assert_read_only(launch(folder.path(), &url, &["serve"]).start(), &token).await;
    let doctor = launch(folder.path(), &url, &["doctor"]).finish().ok();
    assert!(doctor.stdout.contains("the database is read-only"), "{doctor:?}");
}

#[tokio::test]
async fn a_read_only_file_serves_reads() {
    let folder = tempdir().unwrap();
    let database = Database::empty_sqlite(folder.path());
    let token = {
        let mut process = launch(folder.path(), &database.url(), &["serve"]).start();
        let admin = served(&mut process).await.signed_in("admin", "admin123").await;
        process.signal("TERM");
        process.ended();
        admin.token().to_owned()
    };
    let file = folder.path().join("data/steward.db");
    fs::set_permissions(&file, Permissions::from_mode(0o444)).unwrap();
    let process = launch(folder.path(), &database.url(), &["serve"]).without_override().start();
    assert_read_only(process, &token).await;
    let doctor = launch(folder.path(), &database.url(), &["doctor"]).without_override().finish().ok();
    assert!(doctor.stdout.contains("the database is read-only"), "{doctor:?}");
}

#[tokio::test]
async fn a_wait_for_another_migrating_process_is_logged() {
    let folder = tempdir().unwrap();
    let database = Arc::new(Database::empty_postgres());
    // Like another process that migrates: a transaction that stays open until it is ended below.
    let holding = {
        let database = Arc::clone(&database);
        // The lock of migrations, 0x5354_4557_4152_4400.
        let hold = "BEGIN; SELECT pg_advisory_xact_lock(6004500444252095488), pg_sleep(3600)";
        std::thread::spawn(move || drop(database.run(hold)))
    };
    let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    until("the lock is held", async || database.run(held).unwrap() == "1").await;
    let mut process = launch(folder.path(), &database.url(), &["serve"]).start();
    process.wait_for("a line about waiting", |line| {
        line.contains("waiting for another process that migrates the database").then_some(())
    });
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event = 'PgSleep'";
    assert_eq!(database.run(end).unwrap(), "1");
    holding.join().unwrap();
    served(&mut process).await.login("admin", "admin123").await.expect(200);
}
