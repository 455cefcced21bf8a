//! The gateway's limits and trusted proxies, in one process and in front of remote services.

use serde_json::json;
use steward_testkit::servers::Redis;

use crate::support::{Deployment, Shape};

const SHAPES: [Shape; 2] = [Shape::Sqlite, Shape::Split];

#[tokio::test]
async fn rate_limited_sign_ins_get_retry_after() {
    for shape in SHAPES {
        let deployment = Deployment::start_with(shape, &[("STEWARD_LIMIT_LOGIN", "3/hour")]).await;
        let wrong = json!({"user_id": "unknown-user", "password": "wrong password"});
        for left in ["2", "1", "0"] {
            let response = deployment.api.post("/api/auth/login").json(&wrong).send().await.expect(401);
            let (policy, remaining) = (response.header("ratelimit-policy"), response.header("ratelimit"));
            assert!(policy.contains("\"login\";q=3;w=3600"), "{policy}");
            assert!(remaining.contains(&format!("\"login\";r={left};t=")), "{remaining}");
        }
        let refused = deployment.api.post("/api/auth/login").json(&wrong).send().await.expect(429);
        let seconds: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=1200).contains(&seconds), "{seconds}");
        assert_eq!(refused.media_type(), "application/problem+json");
        // The rule applies to sign-ins only.
        deployment.api.get("/api/auth/me").send().await.expect(401);
        let metrics = deployment.api.get("/metrics").send().await.expect(200);
        let metrics = String::from_utf8_lossy(metrics.bytes()).into_owned();
        assert!(metrics.contains("steward_rate_limited_requests_total{rule=\"login\"} 1\n"), "{shape:?}");
    }
}

#[tokio::test]
async fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
    for shape in SHAPES {
        for (trusted, expected) in [("", "127.0.0.1"), ("127.0.0.0/8", "203.0.113.7"), ("10.0.0.0/8", "127.0.0.1")] {
            let deployment = Deployment::start_with(shape, &[("STEWARD_TRUSTED_PROXIES", trusted)]).await;
            let admin = deployment.super_admin().await;
            // The client itself wrote the addresses to the left.
            let change = admin.put("/api/admin/users/bob").json(json!({"name": "Robert"}));
            change.header("x-forwarded-for", "198.51.100.1, 203.0.113.7").send().await.expect(200);
            let logs = admin.get("/api/admin/audit-logs?target=bob&page_size=1").send().await.expect(200);
            assert_eq!(logs.column("ip_address"), [expected], "{shape:?} {trusted:?}");
        }
    }
}

#[tokio::test]
async fn a_limited_client_cannot_claim_another_address() {
    let deployment = Deployment::start_with(Shape::Sqlite, &[("STEWARD_LIMIT_LOGIN", "2/hour")]).await;
    let statuses = async |header: &'static str| {
        let mut statuses = Vec::new();
        for host in 1..=4 {
            let call = deployment.api.post("/api/auth/login").header(header, &format!("for=203.0.113.{host}"));
            let body = json!({"user_id": "unknown-user", "password": "wrong password"});
            statuses.push(call.json(body).send().await.status());
        }
        statuses
    };
    assert_eq!(statuses("forwarded").await, [401, 401, 429, 429]);
    assert_eq!(statuses("x-forwarded-for").await, [429; 4]);
}

#[tokio::test]
async fn only_allowed_origins_may_call() {
    for shape in SHAPES {
        let settings = [("STEWARD_CORS_ORIGINS", "https://app.example.com")];
        let deployment = Deployment::start_with(shape, &settings).await;
        let call_from = async |origin: &str| deployment.api.get("/api/auth/me").header("origin", origin).send().await;
        let allowed = call_from("https://app.example.com").await.expect(401);
        assert_eq!(allowed.header("access-control-allow-origin"), "https://app.example.com");
        let denied = call_from("https://evil.example.com").await.expect(401);
        assert_eq!(denied.header("access-control-allow-origin"), "");
    }
}

#[tokio::test]
async fn two_gateways_with_one_redis_share_limits() {
    let redis = Redis::start_with_password("hunter2").unwrap();
    let settings = [("REDIS_URL", redis.url()), ("STEWARD_LIMIT_LOGIN", "3/hour".to_owned())];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let one = Deployment::start_with(Shape::Sqlite, &settings).await;
    let other = Deployment::start_with(Shape::Sqlite, &settings).await;
    let wrong = json!({"user_id": "unknown-user", "password": "wrong password"});
    let mut statuses = Vec::new();
    for api in [&one.api, &other.api, &one.api, &other.api, &one.api] {
        statuses.push(api.post("/api/auth/login").json(&wrong).send().await.status());
    }
    assert_eq!(statuses, [401, 401, 401, 429, 429]);
}
