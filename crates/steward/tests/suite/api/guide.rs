//! The guide's steps 3 to 5 and its tests 1 to 5, as printed.

use serde_json::json;

use crate::support::{Database, Deployment, Shape};

in_every_shape!(
    step_3_verify_the_backend_api,
    step_4_test_the_login_api,
    step_5_test_the_admin_apis,
    test_2_search_users,
    test_3_activate_and_deactivate,
    test_4_view_audit_logs,
    test_5_analytics,
);

async fn step_3_verify_the_backend_api(deployment: Deployment) {
    let health = deployment.api.get("/health").send().await.expect(200);
    let health = health.json();
    assert_eq!(health["status"], "healthy");
    assert_eq!(health["api"], "running");
    assert_eq!(health["database"]["connected"], true);
    assert_eq!(health["redis"], "disabled");
    let (host, database) = (&health["database"]["host"], health["database"]["database"].as_str().unwrap());
    match (&deployment.database, deployment.shape) {
        (Database::Sqlite(file), _) => assert_eq!(database, file),
        (Database::Postgres(_), Shape::Postgres | Shape::Split | Shape::Sqlite) => {
            assert_eq!(host, "127.0.0.1");
            assert!(deployment.database.url().ends_with(database), "{health}");
            assert!(health["database"]["port"].is_string(), "{health}");
        }
    }
    assert_eq!(health.as_object().unwrap().len(), 4, "only the guide's fields: {health}");

    for page in ["/docs", "/redoc"] {
        let html = page_behind_redirects(&deployment, page).await;
        assert!(html.contains("<html") || html.contains("<!DOCTYPE"), "{page}: {html}");
        let elsewhere = html.match_indices("src=\"http").count() + html.match_indices("href=\"http").count();
        assert_eq!(elsewhere, 0, "{page} loads from another host: {html}");
    }
}

async fn page_behind_redirects(deployment: &Deployment, page: &str) -> String {
    let response = deployment.api.get(page).send().await.expect(200);
    String::from_utf8(response.bytes().to_vec()).unwrap()
}

async fn step_4_test_the_login_api(deployment: Deployment) {
    let response = deployment
        .api
        .post("/api/auth/login")
        .body("application/json", r#"{ "user_id": "admin", "password": "admin123" }"#)
        .send()
        .await
        .expect(200);
    for (field, value) in [
        ("user_id", json!("admin")),
        ("user_name", json!("System Administrator")),
        ("email", json!("admin@secondarymarket.com")),
        ("role", json!("super_admin")),
        ("token_type", json!("bearer")),
        ("expires_in", json!(3600)),
    ] {
        assert_eq!(response.json()[field], value);
    }
    assert!(response.text("access_token").starts_with("eyJ"));
}

async fn step_5_test_the_admin_apis(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let all = admin.get("/api/admin/users?page=1&page_size=10").send().await.expect(200);
    let mut ids = all.column("user_id");
    ids.sort_unstable();
    let expected =
        ["admin", "alice", "bob", "charlie", "diana", "eve", "inactive_user", "manager", "testuser", "user123"];
    assert_eq!(ids, expected);
    for (field, value) in [("total", 10), ("page", 1), ("page_size", 10), ("total_pages", 1)] {
        assert_eq!(all.json()[field], value, "{field}");
    }
    assert!(all.json()["next_cursor"].is_null());

    let found = admin.get("/api/admin/users?search=john&role=user").send().await.expect(200);
    assert_eq!(found.column("user_id"), ["user123"]);

    let user = admin.get("/api/admin/users/user123").send().await.expect(200);
    assert_eq!((user.text("name"), user.text("role")), ("John Doe", "user"));
    assert!(user.text("created_at").ends_with('Z'));

    admin.get("/api/admin/analytics/users").send().await.expect(200);
}

async fn test_2_search_users(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let found = admin.get("/api/admin/users?search=john").send().await.expect(200);
    assert_eq!(found.column("name"), ["John Doe"]);
    let administrators = admin.get("/api/admin/users?role=admin&sort=user_id&order=asc").send().await.expect(200);
    assert_eq!(administrators.column("user_id"), ["admin", "manager"]);
}

async fn test_3_activate_and_deactivate(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    assert_eq!(admin.get("/api/admin/users/inactive_user").send().await.expect(200).text("name"), "Jane Smith");
    for (action, active) in [("activate", true), ("deactivate", false)] {
        let path = format!("/api/admin/users/inactive_user/{action}");
        assert_eq!(admin.post(&path).send().await.expect(200).json()["is_active"], active);
        let login = deployment.api.login("inactive_user", "test123").await;
        assert_eq!(login.status(), if active { 200 } else { 403 });
    }
}

async fn test_4_view_audit_logs(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for action in ["activate", "deactivate", "reset-password"] {
        admin.post(&format!("/api/admin/users/inactive_user/{action}")).send().await.expect(200);
    }
    let logs = admin.get("/api/admin/audit-logs?admin_id=admin").send().await.expect(200);
    assert_eq!(logs.column("action"), ["PASSWORD_RESET", "USER_DEACTIVATED", "USER_ACTIVATED"]);
    let newest = &logs.json()["items"][0];
    assert_eq!(newest["admin_name"], "System Administrator");
    assert_eq!(newest["target"], "inactive_user");
    assert_eq!(newest["ip_address"], "127.0.0.1");
    assert!(newest["timestamp"].as_str().unwrap().ends_with('Z'));
}

async fn test_5_analytics(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let numbers = admin.get("/api/admin/analytics/users").send().await.expect(200);
    for (field, value) in [
        ("total_users", json!(10)),
        ("active_users", json!(8)),
        ("inactive_users", json!(2)),
        ("recent_registrations", json!(10)),
        ("role_distribution", json!({"user": 8, "admin": 1, "super_admin": 1})),
        ("activity_rate", json!(80.0)),
    ] {
        assert_eq!(numbers.json()[field], value, "{field}");
    }
}
