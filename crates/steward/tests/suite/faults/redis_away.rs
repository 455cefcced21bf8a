use serde_json::json;
use steward_testkit::servers::Redis;

use crate::support::{Deployment, Shape, until};

#[tokio::test]
async fn an_unreachable_redis_is_logged_at_the_start() {
    let settings = [("REDIS_URL", "redis://:hunter2@127.0.0.1:1")];
    let mut deployment = Deployment::start_with(Shape::Sqlite, &settings).await;
    let process = &mut deployment.processes[0];
    // The line may have been logged before the address.
    if !process.output().contains("Redis is away") {
        process.wait_for("Redis is away", |line| line.contains("Redis is away").then_some(()));
    }
    assert!(!process.output().contains("hunter2"));
}

#[tokio::test]
async fn the_service_continues_without_redis() {
    let mut redis = Redis::start_with_password("hunter2").unwrap();
    let mut deployment = Deployment::start_with(Shape::Split, &[("REDIS_URL", &redis.url())]).await;
    let admin = deployment.super_admin().await;
    let health = async |expected: &str| {
        let expected = expected.to_owned();
        until(&format!("redis is {expected}"), async || {
            admin.get("/health").send().await.expect(200).text("redis") == expected
        })
        .await;
    };
    let change = async |name: &str| {
        admin.put("/api/admin/users/alice").json(json!({"name": name})).send().await.expect(200);
        admin.post("/api/admin/users/bob/reset-password").send().await.expect(200);
    };
    health("connected").await;
    change("with Redis").await;
    redis.stop().unwrap();
    change("without Redis").await;
    health("unreachable").await;
    change("still without").await;
    redis.restart().unwrap();
    health("connected").await;
    change("with Redis again").await;
    redis.pause().unwrap();
    change("while Redis hangs").await;
    health("unreachable").await;
    redis.resume().unwrap();
    health("connected").await;
    for process in &mut deployment.processes {
        assert!(!process.output().contains("hunter2"));
    }
}
