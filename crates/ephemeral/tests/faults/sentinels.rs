use std::time::Duration;

use steward_domain::Quota;
use steward_domain::ports::{Charge, RateLimiter};
use steward_ephemeral::{Redis, RedisState};
use steward_testkit::servers;

use crate::support::{failover_of, send, until};

#[tokio::test]
async fn the_primary_is_found_through_sentinels_after_a_failover() {
    let password = "hunter2";
    let url = |server: &servers::Redis| format!("redis://:{password}@127.0.0.1:{}", server.port());
    let mut primary = servers::Redis::start_with_password(password).unwrap();
    let replica = servers::Redis::start_with_password(password).unwrap();
    send::<()>(&url(&replica), &format!("CONFIG SET masterauth {password}"));
    send::<()>(&url(&replica), &format!("REPLICAOF 127.0.0.1 {}", primary.port()));
    let sentinel = servers::Redis::start_sentinel().unwrap();
    send::<()>(&sentinel.url(), &format!("SENTINEL MONITOR main 127.0.0.1 {} 1", primary.port()));
    send::<()>(&sentinel.url(), &format!("SENTINEL SET main auth-pass {password} down-after-milliseconds 500"));
    until("known to the sentinel", async || {
        let info: String = send(&sentinel.url(), "INFO sentinel");
        let linked: String = send(&url(&replica), "INFO replication");
        info.contains("status=ok") && info.contains("slaves=1") && linked.contains("master_link_status:up")
    })
    .await;

    // The first sentinel does not exist.
    let at = format!("redis+sentinel://:{password}@127.0.0.1:1,127.0.0.1:{}/main/3", sentinel.port());
    let limiter = failover_of(Redis::new(&at.parse().unwrap()));
    until("connected", async || limiter.ping().await.is_ok()).await;
    let quota = Quota::parse("1000/day").unwrap();
    let charge = [Charge { rule: "login", key: "alice", quota }];
    assert!(limiter.check(&charge).await.unwrap()[0].allowed);
    assert_eq!(limiter.state(), RedisState::Connected);
    let keys: String = send(&url(&primary), "INFO keyspace");
    assert!(keys.contains("db3:"), "{keys}");

    primary.stop().unwrap();
    assert!(limiter.check(&charge).await.unwrap()[0].allowed);
    assert_eq!(limiter.state(), RedisState::Unreachable);
    until("connected to the new primary", async || limiter.ping().await.is_ok()).await;
    assert!(limiter.check(&charge).await.unwrap()[0].allowed);
    assert_eq!(limiter.state(), RedisState::Connected);
    let role: String = send(&url(&replica), "INFO replication");
    assert!(role.contains("role:master"), "{role}");
}

#[tokio::test]
async fn sentinels_may_require_their_own_password() {
    let primary = servers::Redis::start().unwrap();
    let sentinel = servers::Redis::start_sentinel().unwrap();
    send::<()>(&sentinel.url(), &format!("SENTINEL MONITOR main 127.0.0.1 {} 1", primary.port()));
    send::<()>(&sentinel.url(), "ACL SETUSER default resetpass >s3cret");
    let ping = async |parameter: &str| {
        let url = format!("redis+sentinel://127.0.0.1:{}/main{parameter}", sentinel.port());
        let redis = Redis::new(&url.parse().unwrap()).with_timeout(Duration::from_secs(5));
        redis.ping().await
    };
    ping("?sentinel_password=s3cret").await.unwrap();
    assert!(ping("").await.is_err());
    assert!(ping("?sentinel_password=wrong").await.is_err());
}
