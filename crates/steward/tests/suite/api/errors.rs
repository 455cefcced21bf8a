//! The table of errors: every endpoint returns the same problems.

use serde_json::json;

use crate::support::Deployment;

in_every_shape!(
    unreadable_requests_are_malformed,
    a_body_that_is_too_large_or_not_json_is_rejected,
    unknown_paths_and_methods_return_404_and_405,
    a_problem_has_a_type_and_its_request_id,
    nulls_and_deep_nesting_do_not_cause_a_500,
);

const JSON: &str = "application/json";

async fn unreadable_requests_are_malformed(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for body in
        [&b"{"[..], b"{\"user_id\": \"admin\",}", b"[]", b"\"text\"", b"\xff\xfe", b"{\"user_id\": \"\xc3\x28\"}", b""]
    {
        for (method, path) in [
            ("POST", "/api/auth/login"),
            ("POST", "/api/auth/register"),
            ("POST", "/api/auth/change-password"),
            ("POST", "/api/auth/password-strength"),
            ("PUT", "/api/admin/users/alice"),
        ] {
            let response = admin.call(method, path).body(JSON, body).send().await.expect(400);
            assert!(!response.text("detail").is_empty());
        }
        if !body.is_empty() {
            admin.post("/api/admin/users/alice/reset-password").body(JSON, body).send().await.expect(400);
        }
    }
    for path in [
        "/api/admin/users?search=%",
        "/api/admin/users?search=%2",
        "/api/admin/users?search=%zz",
        "/api/admin/users?search=%ff",
        "/api/admin/users?search=a%00b",
        "/api/admin/users/%zz",
        "/api/admin/users/%ff",
        "/api/admin/users/a%00b",
        "/api/admin/audit-logs?from=%e9",
        "/nowhere/%",
    ] {
        admin.get(path).send().await.expect(400);
    }
}

async fn a_body_that_is_too_large_or_not_json_is_rejected(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let large = json!({"user_id": "admin", "password": "x".repeat(64 * 1024)}).to_string();
    let fits = json!({"user_id": "admin", "password": "x".repeat(60 * 1024)}).to_string();
    for (method, path) in [
        ("POST", "/api/auth/login"),
        ("POST", "/api/auth/register"),
        ("POST", "/api/auth/change-password"),
        ("PUT", "/api/admin/users/alice"),
        ("POST", "/api/admin/users/alice/reset-password"),
    ] {
        admin.call(method, path).body(JSON, large.clone()).send().await.expect(413);
        admin.call(method, path).body(JSON, fits.clone()).send().await.expect(422);
        for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "nonsense"] {
            admin.call(method, path).body(media_type, "{}").send().await.expect(415);
        }
        let with_charset = admin.call(method, path).body("Application/JSON; charset=utf-8", "{}").send().await;
        assert!(matches!(with_charset.status(), 200 | 422), "{with_charset:?}");
    }
}

async fn unknown_paths_and_methods_return_404_and_405(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for path in [
        "/",
        "/api",
        "/api/auth",
        "/api/auth/",
        "/api/admin",
        "/api/admin/user",
        "/internal",
        "/internal/authenticate",
        "/internal/reset-password",
        "/internal/send-password-link",
        "/internal/generate-link",
        "//api/auth/me",
        "/api/auth/../auth/mee",
    ] {
        admin.get(path).send().await.expect(404);
        deployment.api.post(path).json(json!({})).send().await.expect(404);
    }
    for (method, path, allowed) in [
        ("GET", "/api/auth/login", "POST"),
        ("PATCH", "/api/auth/me", "GET"),
        ("PATCH", "/api/admin/users/alice", "PUT"),
        ("PATCH", "/api/admin/users", "POST"),
        ("PUT", "/api/admin/audit-logs", "GET"),
        ("POST", "/health", "GET"),
    ] {
        let response = deployment.api.call(method, path).send().await.expect(405);
        assert!(response.header("allow").contains(allowed), "{method} {path}: {response:?}");
    }
}

async fn a_problem_has_a_type_and_its_request_id(deployment: Deployment) {
    let response = deployment.api.get("/api/admin/users/alice").header("x-request-id", "my-request.1").send().await;
    let response = response.expect(401);
    assert_eq!(response.media_type(), "application/problem+json");
    assert_eq!((response.text("instance"), response.text("request_id")), ("/api/admin/users/alice", "my-request.1"));
    assert_eq!(response.header("x-request-id"), "my-request.1");
    assert_eq!(response.json()["status"], 401);
    assert!(response.text("type").starts_with("urn:steward:problem:") && !response.text("title").is_empty());

    let first = deployment.api.get("/nowhere").header("x-request-id", "<script>").send().await.expect(404);
    let second = deployment.api.get("/nowhere").send().await.expect(404);
    assert_ne!(first.text("request_id"), "<script>", "an unsafe id is replaced");
    assert_ne!(first.text("request_id"), second.text("request_id"));
    assert_eq!(second.header("x-content-type-options"), "nosniff");
}

async fn nulls_and_deep_nesting_do_not_cause_a_500(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let deep = format!("{{\"name\": {}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    let long_number = format!("{{\"name\": {}}}", "9".repeat(60_000));
    for body in [deep, long_number, "{\"name\": \"a\\u0000b\"}".to_owned(), "{\"name\": \"\\ud800\"}".to_owned()] {
        let response = admin.put("/api/admin/users/alice").body(JSON, body).send().await;
        assert!(matches!(response.status(), 400 | 422), "{response:?}");
    }
    let twice = r#"{"name": "first", "name": "second"}"#;
    assert!(admin.put("/api/admin/users/alice").body(JSON, twice).send().await.status() < 500);
}
