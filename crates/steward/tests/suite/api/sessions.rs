//! `POST /api/auth/refresh`, `/api/auth/sessions`, `POST /api/auth/logout-all`, `/api/admin/sessions`,
//! `/api/admin/users/{user_id}/sessions`

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use steward_testkit::http::{Api, Response};

use crate::support::{Deployment, Shape};

in_every_shape!(
    a_refresh_returns_new_tokens_of_the_same_session,
    concurrent_refreshes_return_the_same_token,
    reuse_of_a_refresh_token_ends_the_session,
    a_user_who_cannot_sign_in_cannot_refresh,
    a_refreshed_token_has_the_current_role,
    users_list_and_end_their_own_sessions,
    administrators_list_and_end_sessions,
);

async fn refresh(api: &Api, token: &str) -> Response {
    api.post("/api/auth/refresh").json(json!({"refresh_token": token})).send().await
}

async fn is_refused(api: &Api, token: &str) {
    let response = refresh(api, token).await.problem(401, "Could not validate credentials");
    assert_eq!(response.header("www-authenticate"), "Bearer");
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

async fn login(deployment: &Deployment) -> Response {
    deployment.api.login("user123", "password123").await.expect(200)
}

async fn a_refresh_returns_new_tokens_of_the_same_session(deployment: Deployment) {
    let first = login(&deployment).await;
    assert_eq!((first.text("refresh_token").len(), &first.json()["refresh_expires_in"]), (43, &json!(604_800)));
    let next = refresh(&deployment.api, first.text("refresh_token")).await.expect(200);
    assert_eq!(next.header("cache-control"), "no-store");
    assert_ne!(next.text("refresh_token"), first.text("refresh_token"));
    let (old, new) = (claims(first.text("access_token")), claims(next.text("access_token")));
    assert_eq!((&old["sid"], &old["sub"]), (&new["sid"], &new["sub"]));
    assert_ne!(old["jti"], new["jti"]);
    for response in [&first, &next] {
        let user = deployment.api.with_token(response.text("access_token"));
        assert_eq!(user.get("/api/auth/me").send().await.expect(200).text("user_id"), "user123");
    }
    // Access tokens and refresh tokens are not interchangeable.
    is_refused(&deployment.api, next.text("access_token")).await;
    deployment.api.with_token(next.text("refresh_token")).get("/api/auth/me").send().await.expect(401);
    for wrong in ["", "garbage", &"A".repeat(43)] {
        is_refused(&deployment.api, wrong).await;
    }
    for body in [json!({}), json!({"refresh_token": null}), json!({"refresh_token": "x", "user_id": "admin"})] {
        deployment.api.post("/api/auth/refresh").json(body).send().await.expect(422);
    }
}

async fn concurrent_refreshes_return_the_same_token(deployment: Deployment) {
    let first = login(&deployment).await;
    let token = first.text("refresh_token");
    let tabs = (0..20).map(|_| refresh(&deployment.api, token));
    let responses = futures_util::future::join_all(tabs).await;
    let next = responses[0].text("refresh_token").to_owned();
    for response in responses {
        assert_eq!(response.expect(200).text("refresh_token"), next);
    }
    refresh(&deployment.api, &next).await.expect(200);
}

async fn reuse_of_a_refresh_token_ends_the_session(mut deployment: Deployment) {
    deployment.restart_with(&[("STEWARD_REFRESH_GRACE", "0")]).await;
    let (owner, other) = (login(&deployment).await, login(&deployment).await);
    let thief = refresh(&deployment.api, owner.text("refresh_token")).await.expect(200);
    is_refused(&deployment.api, owner.text("refresh_token")).await;
    is_refused(&deployment.api, thief.text("refresh_token")).await;
    for token in [owner.text("access_token"), thief.text("access_token")] {
        deployment.api.with_token(token).get("/api/auth/me").send().await.expect(401);
    }
    deployment.api.with_token(other.text("access_token")).get("/api/auth/me").send().await.expect(200);
    let admin = deployment.super_admin().await;
    let trail = admin.get("/api/admin/audit-logs?action=REFRESH_TOKEN_REUSED").send().await.expect(200);
    assert_eq!(
        (trail.column("admin_id"), trail.column("target")),
        (vec!["user123".to_owned()], vec!["user123".to_owned()])
    );
    for secret in [owner.text("refresh_token"), thief.text("refresh_token")] {
        assert!(!trail.json().to_string().contains(secret));
    }
}

/// CVE-2023-22492
async fn a_user_who_cannot_sign_in_cannot_refresh(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for (round, what) in ["deactivate", "reset-password", "delete", "sessions", "logout"].into_iter().enumerate() {
        let name = format!("leaver{round}");
        deployment.api.register(&name, "correct horse 7").await.expect(201);
        let leaver = deployment.api.login(&name, "correct horse 7").await.expect(200);
        let next = refresh(&deployment.api, leaver.text("refresh_token")).await.expect(200);
        let path = format!("/api/admin/users/{name}");
        match what {
            "delete" => admin.delete(&path).send().await.expect(204),
            "sessions" => admin.delete(&format!("{path}/sessions")).send().await.expect(200),
            "logout" => {
                let leaver = deployment.api.with_token(next.text("access_token"));
                leaver.post("/api/auth/logout").send().await.expect(200)
            }
            action => admin.post(&format!("{path}/{action}")).send().await.expect(200),
        };
        is_refused(&deployment.api, next.text("refresh_token")).await;
        is_refused(&deployment.api, leaver.text("refresh_token")).await;
    }
}

async fn a_refreshed_token_has_the_current_role(deployment: Deployment) {
    let first = login(&deployment).await;
    let admin = deployment.super_admin().await;
    admin.put("/api/admin/users/user123").json(json!({"role": "admin"})).send().await.expect(200);
    let next = refresh(&deployment.api, first.text("refresh_token")).await.expect(200);
    assert_eq!((next.text("role"), &claims(next.text("access_token"))["role"]), ("admin", &json!("admin")));
}

async fn users_list_and_end_their_own_sessions(deployment: Deployment) {
    const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0";
    let body = json!({"user_id": "user123", "password": "password123"});
    let call = deployment.api.post("/api/auth/login").header("user-agent", FIREFOX).json(body);
    let first = call.send().await.expect(200);
    let browser = deployment.api.with_token(first.text("access_token"));
    let program = deployment.user().await;
    let admin = deployment.super_admin().await;

    let seen = program.get("/api/auth/sessions").send().await.expect(200);
    assert_eq!(seen.column("current"), ["true", "false"]);
    let of_browser = &seen.json()["items"][1];
    assert_eq!((&of_browser["device"], &of_browser["user_agent"]), (&json!("Firefox on Windows"), &json!(FIREFOX)));
    assert_eq!(of_browser["ip_address"], "127.0.0.1");
    assert_eq!(of_browser["id"], claims(first.text("access_token"))["sid"]);

    let admins = admin.get("/api/auth/sessions").send().await.expect(200).column("id").remove(0);
    program.delete(&format!("/api/auth/sessions/{admins}")).send().await.problem(404, "Session not found");
    let path = format!("/api/auth/sessions/{}", of_browser["id"].as_str().unwrap());
    program.delete(&path).send().await.expect(204);
    browser.get("/api/auth/me").send().await.expect(401);
    is_refused(&deployment.api, first.text("refresh_token")).await;
    program.delete(&path).send().await.problem(404, "Session not found");

    deployment.user().await;
    assert_eq!(program.post("/api/auth/logout-all").send().await.expect(200).json()["ended"], 2);
    program.get("/api/auth/me").send().await.expect(401);
    admin.get("/api/auth/me").send().await.expect(200);
}

async fn administrators_list_and_end_sessions(deployment: Deployment) {
    let (admin, manager) = (deployment.super_admin().await, deployment.manager().await);
    let (one, two) = (deployment.user().await, deployment.user().await);
    let all = manager.get("/api/admin/sessions?page_size=3").send().await.expect(200);
    assert_eq!(all.column("user_id"), ["user123", "user123", "manager"]);
    assert_eq!((&all.json()["total"], &all.json()["total_pages"]), (&json!(4), &json!(2)));
    let next = format!("/api/admin/sessions?page_size=3&cursor={}", all.text("next_cursor"));
    assert_eq!(manager.get(&next).send().await.expect(200).column("user_id"), ["admin"]);
    for (search, users) in [("JOHN", 2), ("john.doe@", 2), ("127.0.0.1", 4), ("127.0.0", 0), ("unknown", 0)] {
        let found = manager.get(&format!("/api/admin/sessions?search={search}")).send().await.expect(200);
        assert_eq!(found.column("user_id").len(), users, "{search}");
    }

    let path = "/api/admin/users/USER123/sessions";
    let sessions = manager.get(path).send().await.expect(200).column("id");
    assert_eq!(sessions.len(), 2);
    manager.delete(&format!("{path}/{}", sessions[1])).send().await.expect(204);
    one.get("/api/auth/me").send().await.expect(401);
    two.get("/api/auth/me").send().await.expect(200);
    assert_eq!(manager.delete(path).send().await.expect(200).json()["ended"], 1);
    two.get("/api/auth/me").send().await.expect(401);
    assert_eq!(manager.delete(path).send().await.expect(200).json()["ended"], 0);
    manager.delete(&format!("{path}/{}", sessions[0])).send().await.problem(404, "Session not found");
    manager.get("/api/admin/users/unknown/sessions").send().await.problem(404, "User not found");
    manager.delete("/api/admin/users/admin/sessions").send().await.expect(403);
    let user = deployment.user().await;
    for path in ["/api/admin/sessions", path] {
        user.get(path).send().await.problem(403, "Admin privileges required");
    }
    user.delete(path).send().await.problem(403, "Admin privileges required");
    let trail = admin.get("/api/admin/audit-logs?action=SESSIONS_REVOKED").send().await.expect(200);
    assert_eq!(trail.column("target"), ["user123", "user123"]);
    assert_eq!(trail.column("admin_id"), ["manager", "manager"]);
    // The paths below remain available to administrators.
    manager.get("/api/admin/users/user123").send().await.expect(200);
    manager.get("/api/admin/audit-logs").send().await.expect(200);
}

/// The last use of a session that is not written yet is written when the process stops.
async fn a_stop_writes_the_last_use_of_sessions(shape: Shape) {
    let mut deployment = Deployment::start(shape).await;
    let user = deployment.user().await;
    deployment.database.run("UPDATE sessions SET last_seen_at = '2026-01-01T00:00:00Z'").unwrap();
    user.get("/api/auth/me").send().await.expect(200);
    for process in deployment.processes.iter_mut().rev() {
        process.signal("TERM");
        assert!(process.ended().0.success());
    }
    let seen = deployment.database.run("SELECT last_seen_at > '2026-01-02' FROM sessions").unwrap();
    assert_eq!(seen.trim(), "t");
}

#[tokio::test]
async fn a_stop_writes_the_last_use_of_sessions_in_one_process() {
    a_stop_writes_the_last_use_of_sessions(Shape::Postgres).await;
}

#[tokio::test]
async fn a_stop_writes_the_last_use_of_sessions_in_many_processes() {
    a_stop_writes_the_last_use_of_sessions(Shape::Split).await;
}
