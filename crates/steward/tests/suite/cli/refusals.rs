//! Permanent errors end the start at once; temporary ones are waited for.

use std::fs;

use steward_testkit::servers::TestDatabase;
use tempfile::tempdir;

use crate::support::{Launch, SECRET_KEY};

#[test]
fn a_permanent_error_is_reported_at_once_with_its_variable() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "this is no database at all").unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    for (variable, value, what) in [
        ("DATABASE_URL", "postgres://127.0.0.1:1/db?sslmode=bogus", "sslmode, which must be one of: disable"),
        ("DATABASE_URL", "postgres://127.0.0.1:notaport/db", "a port that is not a whole number"),
        ("DATABASE_URL", "postgres://127.0.0.1:1/db?sslmod=disable", "did you mean sslmode?"),
        ("DATABASE_URL", "postgres://127.0.0.1:1/db?require_auth=bogus", "require_auth"),
        ("DATABASE_URL", "postgres://127.0.0.1:1/db?service=nowhere", "nowhere"),
        ("DATABASE_URL", "sqlite://notes.txt", "is not an SQLite database"),
        ("DATABASE_URL", "sqlite://folder", "cannot be opened or created"),
        ("DATABASE_URL", "sqlite:///proc/none/steward.db", "cannot be opened or created"),
        ("DATABASE_URL", "sqlite://notes.txt/steward.db", "cannot be opened or created"),
        ("REDIS_URL", "redis://127.0.0.1:notaport/0", "host or port"),
        ("REDIS_URL", "redis://127.0.0.1:1/zero", "the database must be a whole number"),
        ("REDIS_URL", "redis://127.0.0.1:1/-1", "the database must be a whole number"),
        ("REDIS_URL", "redis://127.0.0.1:1/0?timeout=3", "parameter"),
        ("STEWARD_AUTH_URL", "http://auth:notaport", "must be http://HOST:PORT"),
        ("STEWARD_ADMIN_URL", "http://auth:0", "must be http://HOST:PORT"),
        ("STEWARD_API_ADDR", "127.0.0.1:notaport", "must be an address and a port"),
    ] {
        let refused = Launch::new(folder.path(), &["serve"])
            .with("STEWARD_API_ADDR", "127.0.0.1:0")
            .with("SECRET_KEY", SECRET_KEY)
            .with("STEWARD_LOG", "warn")
            .with(variable, value)
            .finish();
        assert_eq!(refused.code, Some(2), "{value}: {refused:?}");
        assert!(!refused.stderr.contains("waiting"), "{value}: {refused:?}");
        let last = refused.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with(&format!("{variable}: ")), "{value}: {refused:?}");
        assert!(last.contains(what), "{value}: {refused:?}");
    }
    for command in ["migrate", "sample-data"] {
        let refused = Launch::new(folder.path(), &[command]).with("DATABASE_URL", "sqlite://notes.txt").finish();
        assert_eq!(refused.code, Some(2), "{refused:?}");
    }
}

#[test]
fn a_rejected_connection_is_retried_briefly() {
    let (folder, database) = (tempdir().unwrap(), TestDatabase::empty());
    let url = database.url().replace('?', "_missing?");
    let url = if url == database.url() { format!("{url}_missing") } else { url };
    let mut process = Launch::new(folder.path(), &["serve"])
        .with("DATABASE_URL", url)
        .with("STEWARD_API_ADDR", "127.0.0.1:0")
        .start();
    process.wait_for("a hint", |line| line.contains("the server responds; correct the user").then_some(()));
    assert_eq!(process.ended().0.code(), Some(1));
    let output = process.output();
    assert!(
        output.lines().any(|line| line.starts_with("DATABASE_URL: the server rejects the connection (")),
        "{output}"
    );
    assert!(output.contains("up_to\":5"), "{output}");
}

#[test]
fn an_unresolved_compose_host_name_is_logged_with_a_hint() {
    let folder = tempdir().unwrap();
    let mut process = Launch::new(folder.path(), &["serve"])
        .with("DATABASE_URL", "postgresql://admin:hunter2@timescaledb.invalid:5432/secondarymarket")
        .with("STEWARD_API_ADDR", "127.0.0.1:0")
        .start();
    process.wait_for("a hint", |line| {
        let is_it = line.contains("the host name timescaledb.invalid cannot be resolved") && line.contains("localhost");
        is_it.then_some(())
    });
    process.signal("TERM");
    assert_eq!(process.ended().0.code(), Some(0));
    assert!(!process.output().contains("hunter2"));
}

#[test]
fn sample_users_are_not_loaded_in_production() {
    let folder = tempdir().unwrap();
    let load = |environment: &str| {
        Launch::new(folder.path(), &["sample-data"])
            .with("STEWARD_ENV", environment)
            .with("SECRET_KEY", SECRET_KEY)
            .with("STEWARD_BCRYPT_COST", "10")
            .finish()
    };
    let refused = load("production");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("steward create-admin"), "{refused:?}");
    assert!(!folder.path().join("data/steward.db").exists());
    assert!(load("staging").ok().stdout.contains("Total Users: 10"));
}
