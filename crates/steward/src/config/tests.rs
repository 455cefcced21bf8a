use std::fs;

use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::key_strength::PUBLISHED_KEY;
use super::*;

const AUTH: ServiceId = steward_auth_service::ID;
const ADMIN: ServiceId = steward_admin_service::ID;
const WORKER: ServiceId = steward_worker::ID;

const KEY: &str = "m3Zr0cQ8yVb1Tn6Kx2Wf9Hd4Ls7Pg5Ja";

fn all() -> Vec<ServiceId> {
    descriptions().map(|service| service.id).collect()
}

/// Loads the settings from these options and variables. A variable that is also an option is passed as one.
fn load_with(options: &Options, variables: &Variables) -> Result<Settings, Vec<String>> {
    load(options, variables, &all()).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

fn production() -> Options {
    Options { env: Some("production".into()), ..Options::default() }
}

#[test]
fn without_settings_the_documented_defaults_apply() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/steward.db", folder.path().display());
    let options = Options { database_url: Some(url.into()), ..Options::default() };
    let settings = load_with(&options, &Variables::default()).unwrap();
    assert_eq!(settings.environment, Environment::Development);
    let addresses =
        [steward_gateway::ID, AUTH, ADMIN, WORKER, steward_console::ID].map(|id| settings.addresses[&id].to_string());
    assert_eq!(addresses, ["127.0.0.1:8000", "127.0.0.1:8001", "127.0.0.1:8002", "127.0.0.1:8003", "127.0.0.1:8501"]);
    assert_eq!(settings.urls[&AUTH].to_string(), "http://127.0.0.1:8001");
    assert_eq!(settings.access_token_ttl.as_secs(), 3600);
    assert_eq!((settings.bcrypt_cost, settings.db_pool_size), (12, 15));
    assert_eq!(settings.log.format, LogFormat::Text);
    assert!(settings.redis_url.is_none() && settings.warnings.is_empty());
    let kept = fs::read_to_string(folder.path().join("secret_key")).unwrap();
    assert_eq!(settings.signing.unwrap().current.expose_secret(), kept.trim_end());
    assert_eq!(DEFAULT_DATABASE.parse::<DatabaseUrl>().unwrap().to_string(), "data/steward.db");
}

#[test]
fn all_invalid_settings_are_reported_at_once_with_the_fix() {
    let options = Options {
        env: Some("prod".into()),
        database_url: Some("mysql://u:hunter2@h/d".into()),
        db_pool_size: Some("0".into()),
        redis_url: Some("http://:hunter2@redis".into()),
        services: [("STEWARD_API_ADDR", "8000"), ("STEWARD_AUTH_URL", "https://auth:8001/x")].into(),
        access_token_ttl: Some("1h".into()),
        bcrypt_cost: Some("4".into()),
        log_format: Some("xml".into()),
        log: Some("=====".into()),
        ..Options::default()
    };
    let variables = Variables::from([("SECRET_KEY", "hunter2")]);
    let lines = load_with(&options, &variables).unwrap_err();
    for (line, variable, expected) in [
        (&lines[0], "STEWARD_ENV: is \"prod\"", "development, staging or production"),
        (&lines[1], "DATABASE_URL: ", "sqlite://PATH"),
        (&lines[2], "STEWARD_DB_POOL_SIZE: is \"0\"", "from 1 to 500"),
        (&lines[3], "REDIS_URL: ", "redis://:PASSWORD@HOST:PORT/DATABASE"),
        (&lines[4], "SECRET_KEY: has 7 bytes", "openssl rand"),
        (&lines[5], "STEWARD_ACCESS_TOKEN_TTL: is \"1h\"", "whole number"),
        (&lines[6], "STEWARD_BCRYPT_COST: is \"4\"", "from 10 to 15"),
        (&lines[7], "STEWARD_API_ADDR: is \"8000\"", "127.0.0.1:8000"),
        (&lines[8], "STEWARD_AUTH_URL: ", "http://HOST:PORT"),
        (&lines[9], "STEWARD_LOG_FORMAT: ", "text or json"),
        (&lines[10], "STEWARD_LOG: ", "info"),
    ] {
        assert!(line.starts_with(variable) && line.contains(expected), "{line}");
        assert!(!line.contains("hunter2") && !line.contains('\n'), "{line}");
    }
    assert_eq!(lines.len(), 11, "{lines:#?}");
}

#[test]
fn staging_and_production_need_a_secret_key_that_is_not_published() {
    for (variables, what) in [
        (Variables::default(), "SECRET_KEY: is not set"),
        (Variables::from([("SECRET_KEY", "too-short")]), "SECRET_KEY: has 9 bytes"),
        (Variables::from([("SECRET_KEY", PUBLISHED_KEY)]), "SECRET_KEY: is the published key of the guide"),
        (Variables::from([("SECRET_KEY", "")]), "SECRET_KEY: is not set"),
        (
            Variables::from([("SECRET_KEY", KEY), ("SECRET_KEY_PREVIOUS", PUBLISHED_KEY)]),
            "SECRET_KEY_PREVIOUS: is the published key of the guide",
        ),
    ] {
        let lines = load_with(&production(), &variables).unwrap_err();
        assert!(lines.len() == 1 && lines[0].starts_with(what), "{lines:?}");
    }
    let settings = load_with(&production(), &Variables::from([("SECRET_KEY", KEY)])).unwrap();
    assert_eq!(settings.log.format, LogFormat::Json);
}

#[test]
fn in_development_the_published_key_works_with_a_warning() {
    let settings = load_with(&Options::default(), &Variables::from([("SECRET_KEY", PUBLISHED_KEY)])).unwrap();
    assert!(settings.warnings[0].starts_with("SECRET_KEY"), "{:?}", settings.warnings);
}

#[test]
fn a_secret_comes_from_its_variable_or_its_file_but_not_both() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    fs::write(&file, format!("{KEY}\n")).unwrap();
    let file = file.to_str().unwrap();
    let settings = load_with(&production(), &Variables::from([("SECRET_KEY_FILE", file)])).unwrap();
    assert_eq!(settings.signing.unwrap().current.expose_secret(), KEY);

    let both = Variables::from([("SECRET_KEY_FILE", file), ("SECRET_KEY", KEY)]);
    assert!(load_with(&production(), &both).unwrap_err()[0].contains("together with SECRET_KEY_FILE"));
    let missing = Variables::from([("SECRET_KEY_FILE", "/nowhere/key")]);
    assert!(load_with(&production(), &missing).unwrap_err()[0].starts_with("SECRET_KEY_FILE: names /nowhere/key"));
    let database = Variables::from([("DATABASE_URL_FILE", "/nowhere/url"), ("SECRET_KEY", KEY)]);
    assert!(load_with(&production(), &database).unwrap_err()[0].starts_with("DATABASE_URL_FILE"));
}

#[test]
fn only_the_auth_service_reads_the_signing_key() {
    let variables = Variables::from([("STEWARD_SERVICE_KEY", KEY)]);
    let settings = load(&production(), &variables, &[ADMIN]).unwrap();
    assert!(settings.signing.is_none());
    assert!(load(&production(), &variables, &[AUTH]).is_err());
    let derived = Variables::from([("SECRET_KEY", KEY)]);
    assert!(load(&production(), &derived, &[steward_gateway::ID]).unwrap().signing.is_none());

    // Other services do not read the key file, which a shared `.env` may name.
    let options = Options { signing_key_file: Some("/nowhere/key.pem".into()), ..production() };
    assert!(load(&options, &derived, &[steward_gateway::ID]).is_ok());
    assert!(load(&options, &derived, &[AUTH]).is_err());

    // The worker runs the tasks of the auth service, which need the secret key alone.
    assert!(load(&production(), &variables, &[WORKER]).is_err());
    assert!(load(&options, &derived, &[WORKER]).unwrap().signing.unwrap().signing_key.is_none());
}

#[test]
fn an_unspecified_address_is_reached_over_the_loopback() {
    let variables = Variables::from([("SECRET_KEY", KEY)]);
    let services = [("STEWARD_AUTH_ADDR", "0.0.0.0:9001"), ("STEWARD_ADMIN_ADDR", "[::]:9002")].into();
    let settings = load_with(&Options { services, ..production() }, &variables).unwrap();
    let urls = [AUTH, ADMIN].map(|id| settings.urls[&id].to_string());
    assert_eq!(urls, ["http://127.0.0.1:9001", "http://[::1]:9002"]);
}

#[test]
fn database_urls() {
    for text in
        ["sqlite://:memory:", "sqlite::memory:", "sqlite://", "postgres://", "data.db", "postgresql+psycopg2://h/d"]
    {
        assert!(text.parse::<DatabaseUrl>().is_err(), "{text}");
    }
    let shown = |text: &str| text.parse::<DatabaseUrl>().unwrap().to_string();
    assert_eq!(shown("postgresql://admin:p@ss@db:5432/x?sslmode=disable"), "PostgreSQL at db:5432/x");
    assert_eq!(shown("sqlite:///var/lib/steward.db"), "/var/lib/steward.db");
    assert_eq!(values::data_folder(&"sqlite://steward.db".parse().unwrap()).to_str(), Some("."));
}

#[test]
fn weak_keys_are_rejected_outside_development_and_cause_a_warning_in_it() {
    let weak = "a".repeat(36);
    for name in ["SECRET_KEY", "SECRET_KEY_PREVIOUS", "STEWARD_SERVICE_KEY"] {
        let variables = Variables::from([("SECRET_KEY", KEY), (name, weak.as_str())]);
        for environment in ["staging", "production"] {
            let options = Options { env: Some(environment.into()), ..Options::default() };
            let lines = load_with(&options, &variables).unwrap_err();
            assert!(lines.len() == 1 && lines[0].starts_with(&format!("{name}: repeats itself")), "{lines:?}");
        }
        let warnings = load_with(&Options::default(), &variables).unwrap().warnings;
        assert!(warnings.iter().any(|line| line.starts_with(&format!("{name} repeats itself"))), "{warnings:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The letters of the password occur nowhere else.
    #[test]
    fn no_message_contains_a_part_of_a_password(
        before in "[-#?/@:%\\[\\] \\\\é\n,&=;a\"]{0,4}",
        between in "[-#?/@:%\\[\\] \\\\é\n,&=;1\"]{0,3}",
        after in "[-#?/@:%\\[\\] \\\\é\n,&=;5\"]{0,4}",
    ) {
        let password = format!("{before}ZQXJ{between}KVWY{after}");
        let url = |scheme: &str, rest: &str| format!("{scheme}://user:{password}@127.0.0.1:1{rest}");
        let options = |database: String, redis: String| Options {
            database_url: Some(database.into()),
            redis_url: Some(redis.into()),
            ..production()
        };
        let all = Options {
            services: [
                ("STEWARD_API_URL", &*url("http", "")),
                ("STEWARD_AUTH_URL", &url("https", "/x")),
                ("STEWARD_ADMIN_URL", &format!("user:{password}@127.0.0.1")),
                ("STEWARD_API_ADDR", &url("tcp", "")),
            ]
            .into(),
            ..options(url("mysql", "/db"), url("http", ""))
        };
        let edge = crate::cli::EdgeOptions {
            cors_origins: Some(url("https", ",https://b.example")),
            trusted_proxies: Some(url("http", "")),
            ..Default::default()
        };
        let variables = Variables::from([("SECRET_KEY", KEY), ("UNUSED", password.as_str())]);
        for options in [
            options(url("postgres", "/db?sslmode=disable"), url("redis", "/0")),
            options(url("postgresql", ""), url("redis+sentinel", ",127.0.0.1:2/primary/0")),
            options(url("postgres", "/db?sslmode=bogus"), url("redis+cluster", ",127.0.0.1:2")),
            options(url("sqlite", "/db"), format!("redis+sentinel://127.0.0.1/primary?sentinel_password={password}")),
            options(format!("postgres://h/db?password={password}"), format!("redis+unix:///r.sock?pass={password}")),
            Options { edge, ..all },
        ] {
            let outcome = load_with(&options, &variables);
            let shown = match &outcome {
                Ok(settings) => format!("{} {settings:?}", settings.database),
                Err(lines) => format!("{lines:?}"),
            };
            let shown = format!("{shown} {variables:?}");
            for part in ["ZQX", "QXJ", "KVW", "VWY"] {
                prop_assert!(!shown.contains(part), "{shown}");
            }
        }
    }
}
