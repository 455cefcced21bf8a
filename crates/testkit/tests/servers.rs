//! Tests of the temporary servers, and of their clean-up.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a test, part of which reads the output of the other")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use steward_testkit::servers::{Postgres, PostgresOptions, Redis, Template, TestDatabase, programs};

/// Longer than any response takes.
const NO_ANSWER: Duration = Duration::from_millis(300);

#[test]
fn postgres_keeps_commits_after_a_crash() {
    let mut server = Postgres::start().unwrap();
    server.run("CREATE TABLE kept AS SELECT 42 AS answer").unwrap();
    server.stop().unwrap();
    assert!(server.run("SELECT 1").is_err());
    server.restart().unwrap();
    assert_eq!(server.run("SELECT answer FROM kept").unwrap(), "42");
}

#[test]
fn postgres_has_the_required_settings_and_extensions() {
    let server = PostgresOptions::default().setting("shared_buffers", "32MB").durable().start().unwrap();
    assert_eq!(server.run("SHOW shared_buffers").unwrap(), "32MB");
    assert_eq!(server.run("SHOW fsync").unwrap(), "on");
    assert_eq!(server.run("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'").unwrap(), "1");
    assert_eq!(server.run("SELECT rolsuper FROM pg_roles WHERE rolname = 'steward'").unwrap(), "f");
}

#[test]
fn a_suspended_postgres_responds_after_it_resumes() {
    let mut server = Postgres::start().unwrap();
    server.pause().unwrap();
    let url = server.superuser_url();
    let waiting = std::thread::spawn(move || {
        Command::new(programs::postgres("psql").unwrap())
            .args(["-X", "-A", "-t", "-d", &url, "-c", "SELECT 1"])
            .output()
            .unwrap()
    });
    assert!(silent(server.port()));
    server.resume().unwrap();
    assert_eq!(waiting.join().unwrap().stdout, b"1\n");
}

/// Whether a PostgreSQL accepts a connection, but does not respond to a TLS request.
fn silent(port: u16) -> bool {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(NO_ANSWER)).unwrap();
    stream.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).unwrap();
    stream.read(&mut [0]).is_err()
}

#[test]
fn redis_stops_pauses_and_restarts_empty() {
    let mut server = Redis::start_with_password("secret").unwrap();
    assert!(server.url().contains(":secret@"));
    let ask = |port: u16, what: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(NO_ANSWER)).unwrap();
        write!(stream, "AUTH secret\r\n{what}\r\n").unwrap();
        BufReader::new(stream).lines().nth(1)?.ok()
    };
    assert_eq!(ask(server.port(), "SET key value").as_deref(), Some("+OK"));
    assert_eq!(ask(server.port(), "EXISTS key").as_deref(), Some(":1"));
    server.pause().unwrap();
    assert_eq!(ask(server.port(), "PING"), None);
    server.resume().unwrap();
    assert_eq!(ask(server.port(), "PING").as_deref(), Some("+PONG"));
    server.stop().unwrap();
    assert_eq!(ask(server.port(), "PING"), None);
    server.restart().unwrap();
    assert_eq!(ask(server.port(), "EXISTS key").as_deref(), Some(":0"));
}

#[tokio::test]
async fn each_test_gets_a_copy_of_the_migrated_database() {
    static TEMPLATE: Template = Template::new();
    let migrate = async |url: &str| {
        Command::new(programs::postgres("psql").unwrap())
            .args(["-X", "-q", "-d", url, "-c", "CREATE TABLE migrated (n int)"])
            .status()
            .unwrap();
    };
    let (one, other) = (TEMPLATE.database(migrate).await, TEMPLATE.database(migrate).await);
    one.run("INSERT INTO migrated VALUES (1)").unwrap();
    assert_eq!(other.run("SELECT count(*) FROM migrated").unwrap(), "0");
    let url = one.url().to_owned();
    drop(one);
    assert!(
        !Command::new(programs::postgres("psql").unwrap())
            .args(["-X", "-d", &url, "-c", "SELECT 1"])
            .output()
            .unwrap()
            .status
            .success()
    );
}

#[tokio::test]
async fn a_locale_changes_the_collation() {
    static PEOPLE: Template = Template::in_locale("und");
    let database = PEOPLE.database(async |_: &str| ()).await;
    assert_eq!(database.run("SELECT 'a' < 'B'").unwrap(), "t");
    assert_eq!(TestDatabase::empty().run("SELECT 'a' < 'B'").unwrap(), "f");
}

#[test]
fn nothing_outlives_a_killed_owner() {
    let mut owner = Command::new(env!("CARGO_BIN_EXE_owner_of_servers"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines().map_while(Result::ok);
    let ports = lines.find_map(|line| line.strip_prefix("ports ").map(str::to_owned)).unwrap();
    let folder = lines.find_map(|line| line.strip_prefix("folder ").map(PathBuf::from)).unwrap();
    assert!(folder.exists());
    owner.kill().unwrap();
    owner.wait().unwrap();
    for port in ports.split(' ') {
        let port: u16 = port.parse().unwrap();
        until(&format!("port {port} is free"), || TcpStream::connect(("127.0.0.1", port)).is_err());
    }
    until(&format!("{} is gone", folder.display()), || !folder.parent().is_some_and(Path::exists));
}

/// Repeats a check: another process does not report its changes.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let patience = Instant::now();
    while !done() {
        assert!(patience.elapsed() < Duration::from_secs(20), "not within 20 s: {what}");
        std::thread::yield_now();
    }
}
