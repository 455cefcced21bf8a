use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use steward_testkit::http::Api;
use tempfile::tempdir;

use crate::support::{Database, Deployment, Launch, Shape, until};

fn steward(folder: &Path, arguments: &[&str]) -> Launch {
    Launch::new(folder, arguments).with("STEWARD_BCRYPT_COST", "4").with("STEWARD_API_ADDR", "127.0.0.1:0")
}

#[tokio::test]
async fn without_arguments_all_services_start_on_a_new_machine() {
    let folder = tempdir().unwrap();
    let mut process = steward(folder.path(), &[]).start();
    let address = process.address_of("gateway");
    let api = Api::at(&address).await;
    let admin = api.signed_in("admin", "admin123").await;
    assert_eq!(admin.get("/api/admin/users").send().await.expect(200).json()["total"], 10);
    until("the banner is there", async || process.output().contains("Ctrl-C")).await;
    let output = process.output();
    for text in [
        "Database Initialization Complete",
        "Total Users: 10",
        "Admin Users: 2",
        "Active Users: 8",
        "data/steward.db",
        "/docs",
        "admin / admin123",
        "Redis          none",
        &address,
    ] {
        assert!(output.contains(text), "{text} is not in\n{output}");
    }
    assert!(!output.contains('\u{1b}'), "colours are for terminals only");
    let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("data"), mode("data/secret_key"), mode("data/steward.db")), (0o700, 0o600, 0o600));
}

#[tokio::test]
async fn the_development_key_survives_a_restart() {
    let folder = tempdir().unwrap();
    let mut process = steward(folder.path(), &["serve"]).start();
    let api = Api::at(&process.address_of("gateway")).await;
    let user = api.signed_in("user123", "password123").await;
    process.kill();
    let mut process = steward(folder.path(), &["serve"]).start();
    user.moved_to(&process.address_of("gateway")).get("/api/auth/me").send().await.expect(200);
}

#[test]
fn help_lists_every_setting() {
    let folder = tempdir().unwrap();
    let help = steward(folder.path(), &["--help"]).finish().ok().stdout;
    for text in [
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "SECRET_KEY_PREVIOUS",
        "STEWARD_SIGNING_KEY_FILE",
        "STEWARD_SIGNING_KEY_PREVIOUS_FILE",
        "STEWARD_ACCEPT_HS256",
        "STEWARD_ENV",
        "STEWARD_API_ADDR",
        "STEWARD_AUTH_ADDR",
        "STEWARD_ADMIN_ADDR",
        "STEWARD_AUTH_URL",
        "STEWARD_ADMIN_URL",
        "STEWARD_SERVICE_KEY",
        "STEWARD_ACCESS_TOKEN_TTL",
        "STEWARD_SESSION_TTL",
        "STEWARD_SESSION_IDLE_TTL",
        "STEWARD_REFRESH_GRACE",
        "STEWARD_BCRYPT_COST",
        "STEWARD_DB_POOL_SIZE",
        "STEWARD_LOG_FORMAT",
        "STEWARD_LOG",
        "127.0.0.1:8000",
        "sqlite://data/steward.db",
        "admin123",
        "_FILE",
        ".env",
        "create-admin",
        "doctor",
    ] {
        assert!(help.contains(text), "{text}");
    }
    assert!(!help.contains('\u{1b}'));
    assert!(!folder.path().join("data").exists(), "help creates no files");
    let serve = steward(folder.path(), &["serve", "--help"]).finish().ok().stdout;
    assert!(serve.contains("--only") && serve.contains("gateway"), "{serve}");
    let short = steward(folder.path(), &["-h"]).finish().ok().stdout;
    assert!(short.lines().count() < help.lines().count());
    let unknown = steward(folder.path(), &["srve"]).finish();
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("serve"), "{}", unknown.stderr);
}

#[test]
fn migrate_and_sample_data_are_idempotent() {
    let folder = tempdir().unwrap();
    let first = steward(folder.path(), &["migrate"]).finish().ok();
    assert!(first.stdout.starts_with("applied "), "{first:?}");
    assert!(steward(folder.path(), &["migrate"]).finish().ok().stdout.contains("nothing to apply"));

    let loaded = steward(folder.path(), &["sample-data"]).finish().ok();
    let lines: Vec<_> = loaded.stdout.lines().filter(|line| !line.starts_with('=')).collect();
    assert_eq!(lines, ["Database Initialization Complete", "Total Users: 10", "Admin Users: 2", "Active Users: 8"]);
    let again = steward(folder.path(), &["sample-data"]).finish().ok();
    assert!(again.stdout.contains("nothing was loaded"), "{again:?}");
}

#[tokio::test]
async fn a_created_super_admin_can_sign_in() {
    let folder = tempdir().unwrap();
    let create = |arguments: &[&str], password: &str| {
        let arguments = [&["create-admin"], arguments].concat();
        steward(folder.path(), &arguments).with("STEWARD_LOG_FORMAT", "json").finish_with(password)
    };
    let ops = ["--user-id", "ops", "--email", "Ops@Example.com", "--name", "운영자"];
    create(&ops, "correct horse\n").ok();
    for (arguments, password, what) in [
        (["--user-id", "OPS", "--email", "other@example.com"], "correct horse\n", "--user-id OPS is already taken"),
        (
            ["--user-id", "other", "--email", "OPS@example.com"],
            "correct horse\n",
            "--email ops@example.com is already taken",
        ),
        (["--user-id", "a b", "--email", "other@example.com"], "correct horse\n", "--user-id "),
        (["--user-id", "other", "--email", "nowhere"], "correct horse\n", "--email "),
        (["--user-id", "other", "--email", "other@example.com"], "short\n", "the password must be at least 8"),
        (["--user-id", "other", "--email", "other@example.com"], "", "the password must"),
        (["--user-id", "other", "--email", "other@example.com"], "password123\n", "the password must not be among"),
        (
            ["--user-id", "other", "--email", "other@example.com"],
            "the other door 7\n",
            "the password must not contain the user id",
        ),
    ] {
        let refused = create(&arguments, password);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.lines().last().unwrap().starts_with(what), "{refused:?}");
    }
    let url = format!("sqlite://{}/data/steward.db", folder.path().display());
    let mut process = steward(folder.path(), &["serve"]).with("DATABASE_URL", url).start();
    let api = Api::at(&process.address_of("gateway")).await;
    let ops = api.signed_in("ops", "correct horse").await;
    let me = ops.get("/api/auth/me").send().await.expect(200);
    assert_eq!((me.text("role"), me.text("name"), me.text("email")), ("super_admin", "운영자", "ops@example.com"));
    let users = ops.get("/api/admin/users").send().await.expect(200);
    assert_eq!(users.json()["total"], 1, "a database with a user gets no sample users");
    let trail = ops.get("/api/admin/audit-logs").send().await.expect(200);
    assert_eq!(
        (trail.column("admin_id"), trail.column("action")),
        (vec!["system".into()], vec!["USER_CREATED".into()])
    );
    assert_eq!(trail.column("actor_kind"), ["cli"]);
}

#[tokio::test]
async fn doctor_reports_failures_and_fixes() {
    let folder = tempdir().unwrap();
    let launch = Launch::new(folder.path(), &["doctor"]).at_any_ports();
    let healthy = launch.finish().ok().stdout;
    for text in
        ["ok    settings  valid for development", "warn  database  ", "run `steward migrate`", "No check failed"]
    {
        assert!(healthy.contains(text), "{text}: {healthy}");
    }

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let failing = launch
        .with("DATABASE_URL", "postgres://steward@127.0.0.1:1/none?connect_timeout=1")
        .with("REDIS_URL", "redis://127.0.0.1:1/0")
        .with("STEWARD_AUTH_ADDR", taken.local_addr().unwrap().to_string())
        .finish();
    assert_eq!(failing.code, Some(1), "{failing:?}");
    for text in [
        "correct DATABASE_URL",
        "fail  redis     is not usable (",
        "or remove REDIS_URL",
        "cannot listen at",
        "3 checks failed",
    ] {
        assert!(failing.stdout.contains(text) || failing.stderr.contains(text), "{text}: {failing:?}");
    }
    let invalid = Launch::new(folder.path(), &["doctor"]).with("STEWARD_ENV", "prod").finish();
    assert_eq!(invalid.code, Some(1));
    assert!(invalid.stdout.contains("STEWARD_ENV"), "{invalid:?}");
}

#[tokio::test]
async fn doctor_checks_a_database_server() {
    let folder = tempdir().unwrap();
    let database = Database::postgres_with_sample_users().await;
    let doctor =
        Launch::new(folder.path(), &["doctor"]).with("DATABASE_URL", database.url()).at_any_ports().finish().ok();
    for text in ["is reachable", "migrated", "s apart"] {
        assert!(doctor.stdout.contains(text), "{doctor:?}");
    }
}

#[tokio::test]
async fn doctor_live_checks_the_running_server() {
    let deployment = Deployment::start(Shape::Split).await;
    let live = |arguments: &[&str], variable: &str, base: &str| {
        let arguments = [&["doctor", "--live"], arguments].concat();
        let address = base.trim_start_matches("http://").to_owned();
        Launch::new(deployment.folder.path(), &arguments).with(variable, address).finish().code
    };
    let addresses = [
        (&[][..], "STEWARD_API_ADDR", deployment.api.base()),
        (&["--only", "auth"], "STEWARD_AUTH_ADDR", &deployment.auth),
        (&["--only", "admin"], "STEWARD_ADMIN_ADDR", &deployment.admin),
    ];
    for (arguments, variable, base) in addresses {
        assert_eq!(live(arguments, variable, base), Some(0), "{variable}");
    }
    assert_eq!(live(&[], "STEWARD_API_ADDR", "127.0.0.1:1"), Some(1));
    let port = deployment.api.base().rsplit(':').next().unwrap();
    assert_eq!(live(&[], "STEWARD_API_ADDR", &format!("0.0.0.0:{port}")), Some(0));
}
