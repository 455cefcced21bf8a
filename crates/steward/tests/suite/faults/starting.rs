use std::time::Duration;

use futures_util::future::join_all;
use steward_testkit::http::Api;
use steward_testkit::servers::Postgres;
use tempfile::tempdir;

use crate::support::{Database, Launch, Process, database_of, until};

fn launch(folder: &std::path::Path, url: &str) -> Launch {
    Launch::new(folder, &["serve"])
        .with("DATABASE_URL", url)
        .with("STEWARD_BCRYPT_COST", "4")
        .with("STEWARD_API_ADDR", "127.0.0.1:0")
}

/// The number of applied migrations in a log line.
fn number_of_migrations(line: &str) -> usize {
    let (_, number) = line.split_once("\"migrations\":").unwrap();
    number.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

/// Starts ten processes in one folder without a key, so that they must agree on one.
async fn start_ten_processes(folder: &std::path::Path, database: &Database) {
    let mut processes: Vec<Process> = (0..10).map(|_| launch(folder, &database.url()).start()).collect();
    let addresses: Vec<String> = processes.iter_mut().map(|process| process.address_of("gateway")).collect();
    let apis = join_all(addresses.iter().map(|address| Api::at(address))).await;
    let admin = apis[0].signed_in("admin", "admin123").await;
    for api in &apis {
        let users = admin.moved_to(api.base()).get("/api/admin/users").send().await.expect(200);
        assert_eq!(users.json()["total"], 10);
        let created = admin.moved_to(api.base()).get("/api/admin/audit-logs?action=USER_CREATED").send().await;
        assert_eq!(created.expect(200).json()["total"], 10, "the sample users were loaded once");
    }
    let outputs: Vec<String> = processes.iter_mut().map(Process::output).collect();
    let times = |text: &str| outputs.iter().filter(|output| output.contains(text)).count();
    // Processes may take turns, but each migration is applied once.
    let lines =
        outputs.iter().flat_map(|output| output.lines()).filter(|line| line.contains("the database is migrated"));
    let applied: usize = lines.map(number_of_migrations).sum();
    let migrations =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/sqlite")).unwrap().count();
    assert_eq!(applied, migrations, "{outputs:#?}");
    assert_eq!(times("Database Initialization Complete"), 1);
    assert_eq!(times("ERROR") + times("panicked"), 0, "{outputs:#?}");
}

#[tokio::test]
async fn ten_concurrent_starts_set_up_one_sqlite_file() {
    let folder = tempdir().unwrap();
    start_ten_processes(folder.path(), &Database::empty_sqlite(folder.path())).await;
}

#[tokio::test]
async fn ten_concurrent_starts_set_up_one_postgres_database() {
    let folder = tempdir().unwrap();
    start_ten_processes(folder.path(), &Database::empty_postgres()).await;
}

#[tokio::test]
async fn the_start_waits_for_the_database() {
    let folder = tempdir().unwrap();
    let mut server = Postgres::start().unwrap();
    let url = database_of(&server);
    server.stop().unwrap();
    let mut process = launch(folder.path(), &url).start();
    process.wait_for("a line about waiting", |line| line.contains("waiting for the database").then_some(()));
    process.wait_for("another one", |line| line.contains("waiting for the database").then_some(()));
    server.restart().unwrap();
    let api = Api::at(&process.address_of("gateway")).await;
    api.login("admin", "admin123").await.expect(200);
}

#[test]
fn an_unreachable_database_ends_the_start() {
    let folder = tempdir().unwrap();
    let url = "postgres://steward:hunter2@127.0.0.1:1/none";
    let mut process = launch(folder.path(), url).start();
    let (status, took) = process.ended();
    assert_eq!(status.code(), Some(1));
    assert!(took > Duration::from_secs(25), "{took:?}");
    let output = process.output();
    let last = output.lines().last().unwrap();
    assert!(last.contains("30 seconds") && last.contains("DATABASE_URL"), "{output}");
    assert!(!output.contains("hunter2"), "{output}");
}

#[test]
fn a_start_that_waits_for_the_database_can_be_stopped() {
    let folder = tempdir().unwrap();
    let mut process = launch(folder.path(), "postgres://steward@127.0.0.1:1/none").start();
    process.wait_for("a line about waiting", |line| line.contains("waiting for the database").then_some(()));
    process.signal("TERM");
    // A wait to its end would exit with 1.
    let (status, _) = process.ended();
    assert_eq!(status.code(), Some(0), "{}", process.output());
}

#[test]
fn a_taken_port_is_reported_before_the_wait_for_the_database() {
    let folder = tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused =
        launch(folder.path(), "postgres://steward@127.0.0.1:1/none").with("STEWARD_API_ADDR", &address).finish();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.lines().last().unwrap().contains("STEWARD_API_ADDR"), "{refused:?}");
    assert!(!refused.stderr.contains("waiting for the database"), "{refused:?}");
}

#[test]
fn connections_are_refused_while_the_database_is_away() {
    let folder = tempdir().unwrap();
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut process = launch(folder.path(), "postgres://steward@127.0.0.1:1/none")
        .with("STEWARD_API_ADDR", address.to_string())
        .start();
    process.wait_for("a line about waiting", |line| line.contains("waiting for the database").then_some(()));
    let refused = std::net::TcpStream::connect(address).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
}

/// Creates a database with one user to fold, in which every attempt to do so fails.
async fn database_with_failing_folds() -> Database {
    let database = Database::postgres_with_sample_users().await;
    for statement in [
        "INSERT INTO search_refold (after_id) VALUES (0)",
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'on purpose'; END $$",
        "CREATE TRIGGER fail BEFORE UPDATE ON search_refold FOR EACH ROW EXECUTE FUNCTION fail()",
    ] {
        database.run(statement).unwrap();
    }
    database
}

#[tokio::test]
async fn serve_folds_texts_and_retries_after_a_failure() {
    let folder = tempdir().unwrap();
    let database = database_with_failing_folds().await;
    let mut process = launch(folder.path(), &database.url()).start();
    let api = Api::at(&process.address_of("gateway")).await;
    process.wait_for("a failure", |line| (line.contains("fold_texts") && line.contains("on purpose")).then_some(()));
    api.login("admin", "admin123").await.expect(200);
    database.run("DROP TRIGGER fail ON search_refold").unwrap();
    until("texts are folded", async || database.run("SELECT count(*) FROM search_refold").unwrap() == "0").await;
}

#[tokio::test]
async fn migrate_folds_texts_and_fails_if_it_cannot() {
    let folder = tempdir().unwrap();
    let database = database_with_failing_folds().await;
    let migrate = || Launch::new(folder.path(), &["migrate"]).with("DATABASE_URL", database.url()).finish();
    let failed = migrate();
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.stderr.lines().last().unwrap().contains("`steward migrate` again"), "{failed:?}");
    database.run("DROP TRIGGER fail ON search_refold").unwrap();
    migrate().ok();
    assert_eq!(database.run("SELECT count(*) FROM search_refold").unwrap(), "0");
}

#[tokio::test]
async fn serve_and_migrate_respell_addresses_of_earlier_releases() {
    let folder = tempdir().unwrap();
    let database = Database::postgres_with_sample_users().await;
    let address = "SELECT email FROM users WHERE user_id = 'testuser'";
    let earlier = "UPDATE users SET email = 'max@xn--maanfertigung-cdb.example' WHERE user_id = 'testuser'";
    database.run(earlier).unwrap();
    Launch::new(folder.path(), &["migrate"]).with("DATABASE_URL", database.url()).finish().ok();
    assert_eq!(database.run(address).unwrap(), "max@maßanfertigung.example");
    database.run(earlier).unwrap();
    let mut process = launch(folder.path(), &database.url()).start();
    process.wait_for("success", |line| line.contains("are stored in one spelling").then_some(()));
    assert_eq!(database.run(address).unwrap(), "max@maßanfertigung.example");
}
