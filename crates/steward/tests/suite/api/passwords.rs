//! `POST /api/admin/users/{user_id}/reset-password`

use serde_json::json;

use crate::support::Deployment;

in_every_shape!(
    a_password_is_generated_if_none_is_sent,
    a_sent_password_is_set,
    an_invalid_password_is_rejected,
    a_weak_password_is_rejected_with_the_reasons,
    a_reset_ends_all_sessions_and_is_audited_without_the_password,
);

async fn a_password_is_generated_if_none_is_sent(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let empty = admin.post("/api/admin/users/ALICE/reset-password").send().await.expect(200);
    let object = admin.post("/api/admin/users/bob/reset-password").json(json!({})).send().await.expect(200);
    for (response, user_id) in [(empty, "alice"), (object, "bob")] {
        assert_eq!(response.text("user_id"), user_id);
        assert_eq!(response.json()["must_change_password"], true);
        assert!(response.text("temporary_password").len() >= 16);
        deployment.api.login(user_id, "test123").await.expect(401);
        let login = deployment.api.login(user_id, response.text("temporary_password")).await.expect(200);
        assert_eq!(login.json()["must_change_password"], true);
    }
}

async fn a_sent_password_is_set(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for password in ["vw xkq82", "비밀번호는 길다", &"vw xkq 82 ".repeat(8)[..72]] {
        let body = json!({"new_password": password});
        let response = admin.post("/api/admin/users/alice/reset-password").json(body).send().await.expect(200);
        assert_eq!(response.text("temporary_password"), password);
        deployment.api.login("alice", password).await.expect(200);
    }
}

async fn an_invalid_password_is_rejected(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for password in
        [json!("1234567"), json!("x".repeat(73)), json!("x".repeat(60_000)), json!("12345678\0"), json!(12_345_678)]
    {
        let body = json!({"new_password": password});
        let response = admin.post("/api/admin/users/alice/reset-password").json(body).send().await.expect(422);
        assert_eq!(response.invalid_fields(), ["new_password"]);
    }
    let unknown = json!({"password": "long enough"});
    admin.post("/api/admin/users/alice/reset-password").json(unknown).send().await.expect(422);
    deployment.api.login("alice", "test123").await.expect(200);
}

async fn a_weak_password_is_rejected_with_the_reasons(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for (password, reason) in
        [("password123", "breached"), ("not alice at all 7", "user id"), ("abcabcabcabc", "guess")]
    {
        let body = json!({"new_password": password});
        let response = admin.post("/api/admin/users/alice/reset-password").json(body).send().await.expect(422);
        assert_eq!(response.invalid_fields(), ["new_password"]);
        let message = response.json()["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(reason) && !message.contains(password), "{message}");
    }
    deployment.api.login("alice", "test123").await.expect(200);
}

async fn a_reset_ends_all_sessions_and_is_audited_without_the_password(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let sessions = [deployment.user().await, deployment.user().await];
    let body = json!({"new_password": "a brand new one"});
    admin.post("/api/admin/users/user123/reset-password").json(body).send().await.expect(200);
    for session in sessions {
        session.get("/api/auth/me").send().await.expect(401);
    }
    let logs = admin.get("/api/admin/audit-logs?action=PASSWORD_RESET").send().await.expect(200);
    assert_eq!((logs.column("target"), logs.column("admin_id")), (vec!["user123".into()], vec!["admin".into()]));
    let text = String::from_utf8_lossy(logs.bytes());
    assert!(!text.contains("brand new") && !text.contains("$2b$"), "{text}");
}
