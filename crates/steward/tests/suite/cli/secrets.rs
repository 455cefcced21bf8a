//! No command shows a part of a password, whatever its characters.

use tempfile::tempdir;

use crate::support::{Finished, Launch};

/// Passwords with all special characters of URLs, before and after letters that occur nowhere else.
const PASSWORDS: [&str; 10] = [
    "ZQXJ#KVWY9",
    "ZQXJ%KVWY",
    "ZQXJ/KVWY?a",
    "ZQXJ?KVWY=1&x",
    "ZQXJ@KVWY:7",
    "12#ZQXJKVWY",
    "12/ZQXJ\\KVWY",
    "[ZQXJ] KVWY",
    "ZQXJ\nKVWY",
    "%5AQXJ%23KVWY",
];

fn shows_nothing(ended: &Finished, what: &str) {
    for part in ["ZQX", "QXJ", "KVW", "VWY"] {
        assert!(!ended.stdout.contains(part) && !ended.stderr.contains(part), "{what}: {ended:#?}");
    }
}

#[test]
fn no_output_contains_a_part_of_a_password() {
    let folder = tempdir().unwrap();
    let doctor = |variables: &[(&str, String)]| {
        let launch = Launch::new(folder.path(), &["doctor"]).at_any_ports().with("STEWARD_LOG", "trace");
        variables.iter().fold(launch, |launch, (name, value)| launch.with(name, value)).finish()
    };
    let try_out = &|password: &str| {
        let urls = [
            ("DATABASE_URL", format!("postgres://user:{password}@127.0.0.1:1/db?connect_timeout=1")),
            ("REDIS_URL", format!("redis://user:{password}@127.0.0.1:1/0")),
            ("STEWARD_AUTH_URL", format!("http://user:{password}@127.0.0.1:1")),
            ("STEWARD_ADMIN_URL", format!("https://user:{password}@127.0.0.1:1/x")),
            ("STEWARD_API_URL", format!("user:{password}@127.0.0.1")),
            ("STEWARD_CORS_ORIGINS", format!("https://a.example,https://user:{password}@app.example.com")),
            ("STEWARD_TRUSTED_PROXIES", format!("http://user:{password}@127.0.0.1:3128")),
            ("SECRET_KEY_FILE", format!("postgres://user:{password}@127.0.0.1:1/db")),
        ];
        // Each setting separately, because a rejected one hides the others, and all together.
        shows_nothing(&doctor(&urls), password);
        for url in &urls[..2] {
            shows_nothing(&doctor(std::slice::from_ref(url)), password);
        }
        for other in ["redis+sentinel", "redis+cluster"] {
            let url = format!("{other}://user:{password}@127.0.0.1:1,127.0.0.1:2/primary/0");
            shows_nothing(&doctor(&[("REDIS_URL", url)]), password);
        }
    };
    std::thread::scope(|scope| {
        for password in PASSWORDS {
            scope.spawn(move || try_out(password));
        }
    });
}

#[test]
fn a_password_on_the_command_line_causes_a_warning_and_is_not_shown() {
    let folder = tempdir().unwrap();
    let url = "postgres://user:hunter2@127.0.0.1:1/db?connect_timeout=1";
    let doctor = |arguments: &[&str]| Launch::new(folder.path(), arguments).with("STEWARD_API_ADDR", "127.0.0.1:0");
    let warned = doctor(&["doctor", "--database-url", url]).finish();
    assert!(warned.stdout.contains("DATABASE_URL was given on the command line"), "{warned:?}");
    assert!(!warned.stdout.contains("hunter2") && !warned.stderr.contains("hunter2"), "{warned:?}");
    for arguments in [&[url][..], &["doctor", url], &[&format!("--databse-url={url}")]] {
        let refused = doctor(arguments).finish();
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(!refused.stdout.contains("hunter2") && !refused.stderr.contains("hunter2"), "{refused:?}");
    }
    let fine = doctor(&["doctor"]).with("DATABASE_URL", url).finish();
    assert!(!fine.stdout.contains("on the command line"), "{fine:?}");
}
