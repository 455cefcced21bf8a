use std::cell::RefCell;

use serde_json::json;
use steward_testkit::http::{Call, Response};

use crate::support::{Deployment, Launch, SECRET_KEY, Shape, until};

/// The index of each process in `Deployment`.
const AUTH: usize = 0;
const ADMIN: usize = 1;

#[tokio::test]
async fn a_restarted_service_is_reached_by_the_next_request() {
    let mut deployment = Deployment::start(Shape::Split).await;
    let admin = deployment.super_admin().await;
    admin.get("/api/admin/users").send().await.expect(200);
    deployment.processes[ADMIN].signal("TERM");
    assert_eq!(deployment.processes[ADMIN].ended().0.code(), Some(0));

    let away = admin.get("/api/admin/users").send().await;
    assert!(matches!(away.status(), 502 | 503), "{away:?}");
    assert_eq!(admin.get("/health").send().await.expect(503).text("status"), "unhealthy");
    admin.get("/api/auth/me").send().await.expect(200);

    let address = deployment.admin.trim_start_matches("http://").to_owned();
    let mut again = Launch::new(deployment.folder.path(), &["serve", "--only", "admin"])
        .with("DATABASE_URL", deployment.database.url())
        .with("SECRET_KEY", SECRET_KEY)
        .with("STEWARD_ADMIN_ADDR", address)
        .with("STEWARD_AUTH_URL", &deployment.auth)
        .start();
    again.address_of("admin");
    // The gateway's pooled connections are dead, and a change is not repeated: a read opens new ones.
    admin.get("/api/admin/users").send().await.expect(200);
    admin.put("/api/admin/users/alice").json(json!({"name": "Alice"})).send().await.expect(200);
}

#[tokio::test]
async fn a_hanging_service_does_not_delay_others() {
    let deployment = Deployment::start(Shape::Split).await;
    let admin = deployment.super_admin().await;
    admin.get("/api/admin/users").send().await.expect(200);

    deployment.processes[ADMIN].signal("STOP");
    let answered = RefCell::new(Vec::new());
    let noted = async |what, call: Call| -> Response {
        let response = call.send().await;
        answered.borrow_mut().push(what);
        response
    };
    let (late, me, health) = tokio::join!(
        noted("users", admin.get("/api/admin/users")),
        noted("me", admin.get("/api/auth/me")),
        noted("health", admin.get("/health"))
    );
    late.expect(504);
    me.expect(200);
    assert_eq!(health.expect(503).text("status"), "unhealthy");
    // Whatever the speed of the machine, the call that waits for the service is the last one.
    assert_eq!(answered.into_inner().last(), Some(&"users"));
    deployment.processes[ADMIN].signal("CONT");
    until("the service responds", async || admin.get("/api/admin/users").send().await.status() == 200).await;

    deployment.processes[AUTH].signal("STOP");
    let unknown = admin.get("/api/admin/users").send().await.expect(503);
    assert!(!unknown.header("retry-after").is_empty(), "without authentication no call is allowed: {unknown:?}");
    deployment.processes[AUTH].signal("CONT");
    until("the service responds", async || admin.get("/api/admin/users").send().await.status() == 200).await;
}
