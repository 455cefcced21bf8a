//! Changes by an administrator apply from the next request, in every process.

use serde_json::json;

use crate::support::Deployment;

in_every_shape!(
    deactivated_and_deleted_users_lose_access_at_once,
    an_activated_user_needs_a_new_session,
    a_new_role_applies_at_once,
    an_expired_token_is_rejected,
);

async fn deactivated_and_deleted_users_lose_access_at_once(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for round in 0..5 {
        let name = format!("leaver{round}");
        deployment.api.register(&name, "correct horse").await.expect(201);
        let leaver = deployment.api.signed_in(&name, "correct horse").await;
        leaver.get("/api/auth/me").send().await.expect(200);
        let path = format!("/api/admin/users/{name}");
        match round % 3 {
            0 => drop(admin.post(&format!("{path}/deactivate")).send().await.expect(200)),
            1 => drop(admin.put(&path).json(json!({"is_active": false})).send().await.expect(200)),
            _ => drop(admin.delete(&path).send().await.expect(204)),
        }
        leaver.get("/api/auth/me").send().await.problem(401, "Could not validate credentials");
        leaver.get("/api/admin/users").send().await.problem(401, "Could not validate credentials");
    }
}

async fn an_activated_user_needs_a_new_session(deployment: Deployment) {
    let (admin, user) = (deployment.super_admin().await, deployment.user().await);
    admin.post("/api/admin/users/user123/deactivate").send().await.expect(200);
    admin.post("/api/admin/users/user123/activate").send().await.expect(200);
    user.get("/api/auth/me").send().await.expect(401);
    deployment.user().await.get("/api/auth/me").send().await.expect(200);
}

async fn a_new_role_applies_at_once(deployment: Deployment) {
    let (admin, user) = (deployment.super_admin().await, deployment.user().await);
    for (role, status) in [("admin", 200), ("user", 403), ("super_admin", 200), ("user", 403)] {
        admin.put("/api/admin/users/user123").json(json!({"role": role})).send().await.expect(200);
        user.get("/api/admin/users").send().await.expect(status);
        assert_eq!(user.get("/api/auth/me").send().await.expect(200).text("role"), role);
    }
}

async fn an_expired_token_is_rejected(mut deployment: Deployment) {
    deployment.restart_with(&[("STEWARD_ACCESS_TOKEN_TTL", "1")]).await;
    let login = deployment.api.login("user123", "password123").await.expect(200);
    assert_eq!(login.json()["expires_in"], 1);
    let user = deployment.api.with_token(login.text("access_token"));
    crate::support::until("the token expires", async || user.get("/api/auth/me").send().await.status() == 401).await;
}
