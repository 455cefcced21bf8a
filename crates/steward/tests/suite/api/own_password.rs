//! `POST /api/auth/change-password` and `/api/auth/password-strength`, and required password changes.

use serde_json::{Value, json};
use steward_testkit::http::{Api, Response};

use crate::support::{Deployment, Process};

in_every_shape!(
    a_changed_password_ends_the_other_sessions_and_keeps_this_one,
    a_password_change_needs_the_current_password,
    a_stolen_session_cannot_guess_the_password,
    only_the_current_sessions_refresh_token_stays_valid,
    a_temporary_password_allows_only_a_password_change,
    a_changed_temporary_password_allows_everything,
    password_strength_reports_the_weaknesses,
    passwords_longer_than_bcrypts_limit_are_rejected,
);

const CHANGE: &str = "/api/auth/change-password";
const STRENGTH: &str = "/api/auth/password-strength";
const NEW: &str = "battery staple";
/// 80 bytes that are hard to guess.
const LONG: &str = "vw xkq 82 vw xkq 82 vw xkq 82 vw xkq 82 vw xkq 82 vw xkq 82 vw xkq 82 vw xkq 82 ";

async fn change(api: &Api, current: &str, new: &str) -> Response {
    api.post(CHANGE).json(json!({"current_password": current, "new_password": new})).send().await
}

/// Resets a sample user's password; returns the API as that user, signed in with the temporary password, and the
/// password.
async fn with_temporary_password(deployment: &Deployment, user_id: &str) -> (Api, String) {
    let admin = deployment.super_admin().await;
    let reset = admin.post(&format!("/api/admin/users/{user_id}/reset-password")).send().await.expect(200);
    let temporary = reset.text("temporary_password").to_owned();
    (deployment.api.signed_in(user_id, &temporary).await, temporary)
}

async fn a_changed_password_ends_the_other_sessions_and_keeps_this_one(deployment: Deployment) {
    let (this, other, another) = (deployment.user().await, deployment.user().await, deployment.manager().await);
    assert_eq!(*change(&this, "password123", NEW).await.expect(200).json(), json!({"message": "Password changed"}));
    this.get("/api/auth/me").send().await.expect(200);
    another.get("/api/auth/me").send().await.expect(200);
    other.get("/api/auth/me").send().await.expect(401);
    deployment.api.login("user123", "password123").await.expect(401);
    deployment.api.login("user123", NEW).await.expect(200);

    let admin = deployment.super_admin().await;
    let logs = admin.get("/api/admin/audit-logs?action=PASSWORD_CHANGED").send().await.expect(200);
    assert_eq!((logs.column("target"), logs.column("admin_id")), (vec!["user123".into()], vec!["user123".into()]));
    let text = String::from_utf8_lossy(logs.bytes());
    assert!(!text.contains("battery") && !text.contains("$2b$"), "{text}");
}

async fn a_password_change_needs_the_current_password(deployment: Deployment) {
    let (this, other) = (deployment.user().await, deployment.user().await);
    for (current, new, fields) in [
        ("password124", NEW, vec!["current_password"]),
        ("password123", "password123", vec!["new_password"]),
        ("password123", "12345678", vec!["new_password"]),
        ("password123", "my name is john", vec!["new_password"]),
        ("", "short", vec!["current_password", "new_password"]),
    ] {
        let response = change(&this, current, new).await.expect(422);
        assert_eq!(response.invalid_fields(), fields, "{current} {new}");
    }
    this.post(CHANGE).json(json!({"current_password": "password123"})).send().await.expect(422);
    change(&deployment.api, "password123", NEW).await.problem(401, "Could not validate credentials");
    other.get("/api/auth/me").send().await.expect(200);
    deployment.api.login("user123", "password123").await.expect(200);
}

async fn a_stolen_session_cannot_guess_the_password(deployment: Deployment) {
    let (stolen, own) = (deployment.user().await, deployment.user().await);
    for _ in 0..5 {
        assert_eq!(change(&stolen, "a wild guess", NEW).await.expect(422).invalid_fields(), ["current_password"]);
    }
    let locked = change(&stolen, "password123", NEW).await.expect(429);
    assert!(locked.header("retry-after").parse::<u32>().is_ok_and(|seconds| (1..=60).contains(&seconds)), "{locked:?}");
    deployment.api.login("user123", "password123").await.expect(200);
    change(&own, "password123", NEW).await.expect(200);
    stolen.get("/api/auth/me").send().await.expect(401);
}

async fn only_the_current_sessions_refresh_token_stays_valid(deployment: Deployment) {
    let this = deployment.api.login("user123", "password123").await.expect(200);
    let other = deployment.api.login("user123", "password123").await.expect(200);
    change(&deployment.api.with_token(this.text("access_token")), "password123", NEW).await.expect(200);
    for (login, status) in [(this, 200), (other, 401)] {
        let refresh = json!({"refresh_token": login.text("refresh_token")});
        deployment.api.post("/api/auth/refresh").json(refresh).send().await.expect(status);
    }
}

async fn a_temporary_password_allows_only_a_password_change(deployment: Deployment) {
    let (restricted, temporary) = with_temporary_password(&deployment, "manager").await;
    let user = json!({"name": "Somebody"});
    for api in [restricted.clone(), restricted.moved_to(&deployment.admin)] {
        for (method, path, body) in [
            ("GET", "/api/admin/users", Value::Null),
            ("GET", "/api/admin/users/bob", Value::Null),
            ("PUT", "/api/admin/users/bob", user.clone()),
            ("DELETE", "/api/admin/users/bob", Value::Null),
            ("POST", "/api/admin/users/bob/activate", Value::Null),
            ("POST", "/api/admin/users/bob/deactivate", Value::Null),
            ("POST", "/api/admin/users/bob/reset-password", json!({})),
            ("GET", "/api/admin/audit-logs", Value::Null),
            ("GET", "/api/admin/analytics/users", Value::Null),
        ] {
            let call = api.call(method, path);
            let call = if body.is_null() { call } else { call.json(body) };
            let response = call.send().await.problem(403, "Password change required");
            assert_eq!(response.text("type"), "urn:steward:problem:password-change-required", "{method} {path}");
        }
    }
    for (method, path) in [
        ("GET", "/api/auth/sessions"),
        ("DELETE", "/api/auth/sessions/0123456789abcdef0123456789abcdef"),
        ("GET", "/api/auth/activity"),
        ("GET", "/api/admin/sessions"),
        ("GET", "/api/admin/users/bob/sessions"),
        ("DELETE", "/api/admin/users/bob/sessions"),
        ("POST", "/api/admin/users/bob/unlock"),
        ("GET", "/api/admin/users/bob/timeline"),
    ] {
        restricted.call(method, path).send().await.problem(403, "Password change required");
    }
    assert_eq!(restricted.get("/api/auth/me").send().await.expect(200).text("user_id"), "manager");
    restricted.post(STRENGTH).json(json!({"password": NEW})).send().await.expect(200);
    restricted.post("/api/auth/logout").send().await.expect(200);
    restricted.get("/api/auth/me").send().await.expect(401);

    let login = deployment.api.login("manager", &temporary).await.expect(200);
    let refresh = json!({"refresh_token": login.text("refresh_token")});
    let refreshed = deployment.api.post("/api/auth/refresh").json(refresh).send().await.expect(200);
    assert_eq!(refreshed.json()["must_change_password"], true);
    let refreshed = deployment.api.with_token(refreshed.text("access_token"));
    refreshed.get("/api/admin/users").send().await.problem(403, "Password change required");
    refreshed.post("/api/auth/logout-all").send().await.expect(200);
}

async fn a_changed_temporary_password_allows_everything(deployment: Deployment) {
    let (manager, temporary) = with_temporary_password(&deployment, "manager").await;
    change(&manager, &temporary, &temporary).await.expect(422);
    manager.get("/api/admin/users").send().await.expect(403);
    change(&manager, &temporary, NEW).await.expect(200);
    manager.get("/api/admin/users").send().await.expect(200);
    deployment.api.login("manager", &temporary).await.expect(401);
    let login = deployment.api.login("manager", NEW).await.expect(200);
    assert_eq!(login.json()["must_change_password"], false);
}

async fn password_strength_reports_the_weaknesses(mut deployment: Deployment) {
    for (body, acceptable, codes) in [
        (json!({"password": NEW}), true, vec![]),
        (json!({"password": "password123"}), false, vec!["breached"]),
        (json!({"password": "kx7 gildong 82", "user_id": "gildong"}), false, vec!["contains_user_id"]),
        (json!({"password": "길동이의 비밀번호", "name": "홍 길동"}), false, vec!["contains_name"]),
        (json!({"password": ""}), false, vec!["too_short", "guessable"]),
    ] {
        let response = deployment.api.post(STRENGTH).json(&body).send().await.expect(200);
        let weaknesses: Vec<_> =
            response.json()["weaknesses"].as_array().unwrap().iter().map(|w| w["code"].clone()).collect();
        assert_eq!(
            (&response.json()["acceptable"], weaknesses),
            (&json!(acceptable), json!(codes).as_array().unwrap().clone())
        );
    }
    deployment.api.with_token("a.b.c").post(STRENGTH).json(json!({"password": NEW})).send().await.expect(200);
    let logged: String = deployment.processes.iter_mut().map(Process::output).collect();
    assert!(!logged.contains("kx7") && !logged.contains("길동"), "{logged}");
}

/// Two passwords that differ only after the 72nd byte must not match.
async fn passwords_longer_than_bcrypts_limit_are_rejected(deployment: Deployment) {
    let (fits, over, other) = (&LONG[..72], &LONG[..73], format!("{}!", &LONG[..72]));
    let user = deployment.user().await;
    change(&user, "password123", fits).await.expect(200);
    for longer in [over, &other] {
        let login = deployment.api.login("user123", longer).await.expect(422);
        assert_eq!(login.invalid_fields(), ["password"]);
        assert_eq!(change(&user, longer, NEW).await.expect(422).invalid_fields(), ["current_password"]);
        assert_eq!(change(&user, fits, longer).await.expect(422).invalid_fields(), ["new_password"]);
        assert_eq!(deployment.api.register("newcomer", longer).await.expect(422).invalid_fields(), ["password"]);
        let reset = deployment.super_admin().await.post("/api/admin/users/bob/reset-password");
        let reset = reset.json(json!({"new_password": longer})).send().await.expect(422);
        assert_eq!(reset.invalid_fields(), ["new_password"]);
        let strength = deployment.api.post(STRENGTH).json(json!({"password": longer})).send().await.expect(200);
        assert_eq!(strength.json()["weaknesses"][0]["code"], "too_long");
    }
    deployment.api.login("user123", fits).await.expect(200);
    deployment.api.register("newcomer", fits).await.expect(201);
}
