use std::time::Duration;

use steward_domain::ports::{ReplayGuard, StoreError};
use steward_ephemeral::{Redis, RedisUrl};
use steward_testkit::servers;

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn the_password_and_the_database_of_the_url_are_used() {
    let server = servers::Redis::start_with_password("s%c/r:t").unwrap();
    let url = |password: &str, database: u8| format!("redis://:{password}@127.0.0.1:{}/{database}", server.port());
    let redis = |url: String| Redis::new(&url.parse().unwrap()).with_timeout(Duration::from_secs(5));
    let (zero, three) = (redis(url("s%25c%2Fr%3At", 0)), redis(url("s%25c%2Fr%3At", 3)));
    zero.ping().await.unwrap();
    assert!(zero.claim("nonce", MINUTE).await.unwrap());
    assert!(three.claim("nonce", MINUTE).await.unwrap(), "databases are separate");
    assert!(!three.claim("nonce", MINUTE).await.unwrap());
    for wrong in [url("wrong", 0), format!("redis://127.0.0.1:{}", server.port())] {
        assert!(matches!(redis(wrong).ping().await, Err(StoreError::Unavailable(_))));
    }
}

#[test]
fn the_error_of_an_invalid_url_does_not_contain_the_password() {
    for url in [
        "",
        "redis",
        "http://:secret@host",
        "http+cluster://:secret@host",
        "redis+ssh://:secret@host",
        "redis://:secret@",
        "redis://:secret@host/x",
        "redis://:secret@host:6379/0#insecure",
        "redis+sentinel://:secret@host",
        "redis+sentinel://:secret@host/",
        "redis+sentinel://:secret@host,/main",
        "redis+sentinel://:secret@host/main/x",
        "redis+sentinel://:secret@host:port/main",
        "redis+sentinel://:secret@host/main?password=secret",
        "redis+cluster://:secret@",
        "redis+cluster://:secret@host,host:port",
        "redis+cluster://:secret@host/1",
    ] {
        let error = url.parse::<RedisUrl>().err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.starts_with("must be redis://"), "{url}: {error:?}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn lists_of_hosts_and_all_kinds_of_addresses_are_accepted() {
    for url in [
        "redis+sentinel://one,two:26380,three/main",
        "redis+sentinel://user:p%40ss@[::1],[::1]:26380/main/2?sentinel_password=p%40ss",
        "redis+cluster://one,two:6380",
        "redis+cluster://user:p%40ss@[::1]:6379,127.0.0.1",
        "redis+unix:///run/redis.sock?db=1",
    ] {
        if let Err(error) = url.parse::<RedisUrl>() {
            panic!("{url}: {error}");
        }
    }
}

#[cfg(not(feature = "redis-tls"))]
#[test]
fn the_error_for_tls_names_the_required_feature() {
    for url in ["rediss://host", "rediss+sentinel://host/main", "rediss+cluster://host"] {
        let error = url.parse::<RedisUrl>().err().unwrap().to_string();
        assert!(error.contains("build with the feature redis-tls"), "{error}");
    }
}
