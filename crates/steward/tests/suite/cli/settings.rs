use std::fs;

use steward_testkit::http::Api;
use steward_testkit::signing_keys::ED25519_PUBLIC;
use tempfile::tempdir;

use crate::support::{Deployment, Launch, SECRET_KEY, Shape};

/// The guide's published key.
const PUBLISHED: &str = "your-super-secret-key-change-in-production-min-32-chars";

#[test]
fn invalid_settings_stop_the_start_with_one_line_each() {
    let folder = tempdir().unwrap();
    let refused = Launch::new(folder.path(), &["serve"])
        .with("DATABASE_URL", "sqlite://:memory:")
        .with("STEWARD_BCRYPT_COST", "9")
        .with("STEWARD_API_ADDR", "everywhere")
        .with("SECRET_KEY", "hunter2")
        .finish();
    assert_eq!(refused.code, Some(2));
    let lines: Vec<_> = refused.stderr.lines().collect();
    let variables: Vec<_> = lines.iter().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(variables, ["DATABASE_URL", "SECRET_KEY", "STEWARD_BCRYPT_COST", "STEWARD_API_ADDR"], "{lines:#?}");
    assert!(!refused.stderr.contains("hunter2"));
    assert!(refused.stdout.is_empty());
}

#[test]
fn outside_development_a_missing_or_published_key_is_rejected() {
    let folder = tempdir().unwrap();
    for environment in ["staging", "production"] {
        let weak = ["a".repeat(36), " ".repeat(36), "changeme".repeat(5), "0123456789abcdef".repeat(2)];
        for key in ["", PUBLISHED, "short"].into_iter().chain(weak.iter().map(String::as_str)) {
            let refused = Launch::new(folder.path(), &["serve"])
                .with("STEWARD_ENV", environment)
                .with("SECRET_KEY", key)
                .finish();
            assert_eq!(refused.code, Some(2), "{refused:?}");
            assert_eq!(refused.stderr.lines().count(), 1, "{refused:?}");
            assert!(refused.stderr.starts_with("SECRET_KEY: "), "{refused:?}");
            assert!(refused.stderr.contains("openssl rand -base64 48"), "{refused:?}");
        }
    }
    assert!(!folder.path().join("data").exists(), "a rejected start creates no files");
}

#[tokio::test]
async fn the_env_file_is_read_and_the_environment_wins() {
    let folder = tempdir().unwrap();
    let text = format!(
        "# as in the guide\nPOSTGRES_DB=secondarymarket\nSECRET_KEY={PUBLISHED}\nDATABASE_URL=sqlite://from-the-file.db\n\
         STEWARD_BCRYPT_COST=4\nSTEWARD_ACCESS_TOKEN_TTL=77\nSTEWARD_LOG_FORMAT=json\nSTEWARD_API_ADDR=127.0.0.1:0\n"
    );
    fs::write(folder.path().join(".env"), text).unwrap();
    let mut process = Launch::new(folder.path(), &["serve"]).with("DATABASE_URL", "sqlite://from-outside.db").start();
    let api = Api::at(&process.address_of("gateway")).await;
    assert_eq!(api.login("admin", "admin123").await.expect(200).json()["expires_in"], 77);
    assert!(folder.path().join("from-outside.db").exists() && !folder.path().join("from-the-file.db").exists());
    assert!(process.output().contains("SECRET_KEY is the published key of the guide"), "{}", process.output());
}

#[test]
fn a_malformed_line_of_the_env_file_is_named_by_number_and_not_shown() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join(".env"), "STEWARD_ENV=development\nSECRET_KEY 'hunter2\n").unwrap();
    let refused = Launch::new(folder.path(), &["serve"]).finish();
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.starts_with(".env: line 2 ") && !refused.stderr.contains("hunter2"), "{refused:?}");
}

#[tokio::test]
async fn secrets_are_read_from_files() {
    let folder = tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, format!("{text}\n")).unwrap();
        path.display().to_string()
    };
    let mut process = Launch::new(folder.path(), &["serve"])
        .with("STEWARD_API_ADDR", "127.0.0.1:0")
        .with("STEWARD_BCRYPT_COST", "4")
        .with("SECRET_KEY_FILE", file("key", SECRET_KEY))
        .with("DATABASE_URL_FILE", file("url", "sqlite://in-a-file.db"))
        .start();
    process.address_of("gateway");
    assert!(folder.path().join("in-a-file.db").exists());
    assert!(!folder.path().join("secret_key").exists() && !folder.path().join("data").exists());
}

#[tokio::test]
async fn the_password_policy_is_configurable() {
    let settings = [
        ("STEWARD_PASSWORD_MIN_LENGTH", "12"),
        ("STEWARD_PASSWORD_MIN_SCORE", "0"),
        ("STEWARD_PASSWORD_CHECK_BREACHED", "false"),
    ];
    let deployment = Deployment::start_with(Shape::Sqlite, &settings).await;
    let short = deployment.api.register("gildong", "correct hor").await.expect(422);
    assert_eq!(short.text("detail"), "password: must be at least 12 characters");
    deployment.api.register("gildong", "password1234").await.expect(201);

    let folder = tempdir().unwrap();
    let refused = Launch::new(folder.path(), &["serve", "--password-min-score", "5"])
        .with("STEWARD_PASSWORD_MIN_LENGTH", "7")
        .with("STEWARD_PASSWORD_CHECK_BREACHED", "maybe")
        .finish();
    let lines: Vec<_> = refused.stderr.lines().collect();
    assert_eq!(
        (refused.code, lines),
        (
            Some(2),
            vec![
                "STEWARD_PASSWORD_MIN_LENGTH: is \"7\", and must be a whole number from 8 to 24",
                "STEWARD_PASSWORD_MIN_SCORE: is \"5\", and must be a whole number from 0 to 4",
                "STEWARD_PASSWORD_CHECK_BREACHED: is \"maybe\", and must be true or false",
            ]
        )
    );
}

#[test]
fn an_unknown_variable_causes_a_warning() {
    let folder = tempdir().unwrap();
    let mut process = Launch::new(folder.path(), &["serve"])
        .with("STEWARD_API_ADDR", "127.0.0.1:0")
        .with("STEWARD_BCRYPT_COST", "4")
        .with("STEWARD_DB_POOLSIZE", "3")
        .start();
    process.wait_for("a warning", |line| {
        line.contains("STEWARD_DB_POOLSIZE is not a setting; did you mean STEWARD_DB_POOL_SIZE?").then_some(())
    });
}

#[test]
fn a_taken_port_is_reported_with_its_variable() {
    let folder = tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = Launch::new(folder.path(), &["serve"])
        .with("STEWARD_API_ADDR", &address)
        .with("STEWARD_BCRYPT_COST", "4")
        .finish();
    assert_eq!(refused.code, Some(1));
    let last = refused.stderr.lines().last().unwrap();
    assert!(last.contains(&address) && last.contains("STEWARD_API_ADDR"), "{refused:?}");
    assert!(!refused.stderr.contains("migrated"), "{refused:?}");
    let database = fs::read(folder.path().join("data/steward.db")).unwrap_or_default();
    assert!(
        !String::from_utf8_lossy(&database).contains("CREATE TABLE"),
        "a process that cannot listen migrates nothing"
    );
}

#[test]
fn an_invalid_signing_key_file_is_reported_in_one_line() {
    let folder = tempdir().unwrap();
    for (text, what) in [(ED25519_PUBLIC, "which holds a public key"), (SECRET_KEY, "which is not one key in PEM")] {
        fs::write(folder.path().join("key.pem"), text).unwrap();
        let refused = Launch::new(folder.path(), &["serve"])
            .with("SECRET_KEY", SECRET_KEY)
            .with("STEWARD_SIGNING_KEY_FILE", "key.pem")
            .finish();
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert_eq!(refused.stderr.lines().count(), 1, "{refused:?}");
        assert!(refused.stderr.starts_with(&format!("STEWARD_SIGNING_KEY_FILE: names key.pem, {what}")), "{refused:?}");
        assert!(refused.stderr.contains("openssl genpkey") && !refused.stderr.contains(SECRET_KEY), "{refused:?}");
    }
}
