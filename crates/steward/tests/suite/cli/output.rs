//! The output of commands, and closed outputs.

use std::os::unix::fs::PermissionsExt;
use std::{fs, path::Path};

use serde_json::Value;
use tempfile::tempdir;

use crate::support::{Launch, SECRET_KEY, Unread};

fn doctor(folder: &Path) -> Launch {
    Launch::new(folder, &["doctor"]).at_any_ports()
}

#[test]
fn a_closed_output_ends_a_command_without_an_error() {
    let folder = tempdir().unwrap();
    let launch = |arguments: &[&str]| Launch::new(folder.path(), arguments);
    let printing = [launch(&["openapi"]), launch(&["docs"])];
    let working = [launch(&["migrate"]), launch(&["sample-data"]), doctor(folder.path())];
    for launch in printing.into_iter().chain(working) {
        let ended = launch.with("STEWARD_LOG", "error").with("STEWARD_BCRYPT_COST", "4").finish_unread(Unread::Output);
        assert_eq!(ended.stderr, "");
        assert!(matches!(ended.code, Some(0 | 141)), "{ended:?}");
    }
    for arguments in [["--help"], ["--version"]] {
        let ended = launch(&arguments).finish_unread(Unread::Output);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    }
}

#[test]
fn the_settings_reference_ignores_the_environment() {
    let folder = tempdir().unwrap();
    let print = || Launch::new(folder.path(), &["docs"]);
    let printed = print().with("SECRET_KEY", "hunter2").with("STEWARD_BCRYPT_COST", "hunter2").finish().ok();
    assert_eq!(printed.stdout, print().finish().ok().stdout);
    assert!(printed.stdout.contains("\n| `STEWARD_BCRYPT_COST` | `--bcrypt-cost COST` | 12 |"), "{}", printed.stdout);
    assert!(!printed.stdout.contains("hunter2") && !folder.path().join("data").exists());
}

#[test]
fn a_closed_log_is_not_an_error() {
    let folder = tempdir().unwrap();
    let migrated = Launch::new(folder.path(), &["migrate"]).finish_unread(Unread::Error).ok();
    assert!(migrated.stdout.starts_with("applied "), "{migrated:?}");
    assert_eq!(Launch::new(folder.path(), &["srve"]).finish_unread(Unread::Error).code, Some(2));
}

#[test]
fn a_start_in_production_logs_one_line() {
    let folder = tempdir().unwrap();
    let mut process = Launch::new(folder.path(), &["serve", "--only", "auth", "--only", "gateway"])
        .with("STEWARD_ENV", "production")
        .with("SECRET_KEY", SECRET_KEY)
        .with("STEWARD_API_ADDR", "127.0.0.1:0")
        .with("STEWARD_AUTH_ADDR", "127.0.0.1:0")
        .start();
    let line: Value = process.wait_for("the start", |line| {
        let line: Value = serde_json::from_str(line).ok()?;
        (line["message"] == "starting").then_some(line)
    });
    assert_eq!(line["environment"], "production");
    assert_eq!(line["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(line["services"], "gateway,auth");
    assert_eq!(line["processes"], "one per service");
}

#[test]
fn loading_the_sample_users_is_announced() {
    let folder = tempdir().unwrap();
    let load = || Launch::new(folder.path(), &["sample-data"]).with("STEWARD_BCRYPT_COST", "4").finish().ok();
    let (first, second) = (load(), load());
    assert!(first.stderr.contains("loading the sample users"), "{first:?}");
    assert!(!second.stderr.contains("loading the sample users"), "{second:?}");
}

#[test]
fn files_with_secrets_open_to_others_are_reported_with_chmod() {
    let folder = tempdir().unwrap();
    let write = |name: &str, text: &str, mode: u32| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path.display().to_string()
    };
    let key = write("key", SECRET_KEY, 0o644);
    write(".env", "STEWARD_SERVICE_KEY='what only the services share, 32 bytes and more'\n", 0o644);
    let warned = doctor(folder.path()).with("SECRET_KEY_FILE", &key).with("STEWARD_ENV", "staging").finish().ok();
    for text in [format!("SECRET_KEY_FILE names {key}, "), format!("`chmod 600 {key}`"), "`chmod 600 .env`".to_owned()]
    {
        assert!(warned.stdout.contains(&text), "{text}: {warned:?}");
    }
    write("key", SECRET_KEY, 0o600);
    write(".env", "STEWARD_BCRYPT_COST=12\n", 0o644);
    let fine = doctor(folder.path()).with("SECRET_KEY_FILE", &key).with("STEWARD_ENV", "staging").finish().ok();
    assert!(!fine.stdout.contains("chmod"), "{fine:?}");
}
