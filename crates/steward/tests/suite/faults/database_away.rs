use std::pin::pin;

use futures_util::future::{Either, select};
use serde_json::json;
use steward_testkit::http::Api;
use steward_testkit::servers::Postgres;
use tempfile::tempdir;

use crate::support::{Process, database_of, launch, until};

async fn every_call_is_503(admin: &Api) {
    for (method, path, body) in [
        ("GET", "/api/auth/me", json!(null)),
        ("POST", "/api/auth/login", json!({"user_id": "admin", "password": "admin123"})),
        ("GET", "/api/admin/users", json!(null)),
        ("PUT", "/api/admin/users/alice", json!({"name": "Nobody"})),
        ("GET", "/api/admin/analytics/users", json!(null)),
    ] {
        let call = admin.call(method, path);
        let call = if body.is_null() { call } else { call.json(body) };
        let response = call.send().await.expect(503);
        assert!(response.header("retry-after").parse::<u32>().is_ok(), "{response:?}");
        let body = String::from_utf8_lossy(response.bytes()).to_lowercase();
        assert!(
            !body.contains("postgres") && !body.contains("connection"),
            "the response must not contain the cause: {body}"
        );
    }
}

async fn the_service_recovers_after_the_database(server: &mut Postgres, api: &Api) {
    let admin = api.signed_in("admin", "admin123").await;
    admin.put("/api/admin/users/alice").json(json!({"name": "Before"})).send().await.expect(200);

    server.stop().unwrap();
    every_call_is_503(&admin).await;
    let health = admin.get("/health").send().await.expect(503);
    assert_eq!(health.text("status"), "unhealthy");
    assert_eq!(health.json()["database"]["connected"], false);
    assert_eq!(health.json()["database"]["database"], "product");
    admin.get("/health/ready").send().await.expect(503);
    admin.get("/health/live").send().await.expect(200);
    admin.get("/metrics").send().await.expect(200);

    server.restart().unwrap();
    until("the service has recovered", async || admin.get("/health").send().await.status() == 200).await;
    until("calls succeed", async || admin.get("/api/auth/me").send().await.status() == 200).await;
    let alice = admin.get("/api/admin/users/alice").send().await.expect(200);
    assert_eq!(alice.text("name"), "Before", "acknowledged changes survive a crash of the database");

    server.pause().unwrap();
    let hung = admin.get("/api/admin/users").send();
    let health = async {
        admin.get("/health/live").send().await.expect(200);
        admin.get("/health").send().await.expect(503);
    };
    let hung = match select(pin!(hung), pin!(health)).await {
        Either::Right(((), hung)) => hung.await,
        Either::Left(_) => panic!("a call without the database waited for it"),
    };
    assert!(matches!(hung.status(), 503 | 504), "{hung:?}");
    server.resume().unwrap();
    until("the service has recovered", async || admin.get("/api/admin/users").send().await.status() == 200).await;
}

#[tokio::test]
async fn one_process_recovers_after_the_database() {
    let (folder, mut server) = (tempdir().unwrap(), Postgres::start().unwrap());
    let url = database_of(&server);
    let mut process = launch(folder.path(), &url, &["serve"]).start();
    let api = Api::at(&process.address_of("gateway")).await;
    the_service_recovers_after_the_database(&mut server, &api).await;
    assert!(!process.output().contains("panicked"), "{}", process.output());
}

#[tokio::test]
async fn a_process_per_service_recovers_after_the_database() {
    let (folder, mut server) = (tempdir().unwrap(), Postgres::start().unwrap());
    let url = database_of(&server);
    let mut auth = launch(folder.path(), &url, &["serve", "--only", "auth"]).start();
    let auth_url = auth.address_of("auth");
    let mut admin =
        launch(folder.path(), &url, &["serve", "--only", "admin"]).with("STEWARD_AUTH_URL", &auth_url).start();
    let admin_url = admin.address_of("admin");
    let mut gateway = launch(folder.path(), &url, &["serve", "--only", "gateway"])
        .with("STEWARD_AUTH_URL", &auth_url)
        .with("STEWARD_ADMIN_URL", &admin_url)
        .start();
    let api = Api::at(&gateway.address_of("gateway")).await;
    the_service_recovers_after_the_database(&mut server, &api).await;
    let outputs = [auth, admin, gateway].map(|mut process: Process| process.output());
    assert!(outputs.iter().all(|output| !output.contains("panicked")), "{outputs:#?}");
}
