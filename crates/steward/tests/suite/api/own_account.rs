//! `DELETE /api/auth/me` and `GET /api/auth/me/export`.

use serde_json::json;

use crate::support::Deployment;

in_every_shape!(
    an_export_has_everything_about_the_caller,
    a_deleted_account_is_restored_by_a_sign_in,
    a_deactivated_account_is_not_restored_by_its_user,
    an_administrator_sees_and_cancels_a_deletion,
);

const ME: &str = "/api/auth/me";
const EXPORT: &str = "/api/auth/me/export";

async fn an_export_has_everything_about_the_caller(deployment: Deployment) {
    deployment.api.login("user123", "wrong").await.expect(401);
    let user = deployment.user().await;
    let response = user.get(EXPORT).send().await.expect(200);
    let disposition = response.header("content-disposition");
    assert!(disposition.starts_with("attachment; filename=\"steward-export-user123-"), "{disposition}");
    assert_eq!(response.header("cache-control"), "no-store");
    let export = response.json();
    assert_eq!((&export["account"]["user_id"], &export["truncated"]), (&json!("user123"), &json!([])));
    assert_eq!((export["sign_ins"].as_array().unwrap().len(), export["sessions"].as_array().unwrap().len()), (2, 1));
    assert_eq!(export["audit_entries"][0]["action"], "DATA_EXPORTED");
    let text = String::from_utf8_lossy(response.bytes());
    assert!(!text.contains("$2b$"), "{text}");
    for _ in 0..2 {
        user.get(EXPORT).send().await.expect(200);
    }
    assert!(!user.get(EXPORT).send().await.expect(429).header("retry-after").is_empty());
    deployment.api.get(EXPORT).send().await.expect(401);
}

async fn a_deleted_account_is_restored_by_a_sign_in(deployment: Deployment) {
    let (user, elsewhere) = (deployment.user().await, deployment.user().await);
    let wrong = user.delete(ME).json(json!({"password": "wrong"})).send().await.expect(422);
    assert_eq!(wrong.json()["errors"][0]["field"], "password");
    let deleted = user.delete(ME).json(json!({"password": "password123"})).send().await.expect(202);
    for session in [user, elsewhere] {
        session.get(ME).send().await.expect(401);
    }
    let pending = deployment.api.login("user123", "password123").await.expect(403);
    assert_eq!(pending.text("type"), "urn:steward:problem:account-deletion-pending");
    assert_eq!(pending.text("purge_at"), deleted.text("purge_at"));
    deployment.api.login("user123", "wrong").await.expect(401);
    let restore = json!({"user_id": "user123", "password": "password123", "restore": true});
    deployment.api.post("/api/auth/login").json(restore).send().await.expect(200);
    deployment.user().await.get(ME).send().await.expect(200);
}

async fn a_deactivated_account_is_not_restored_by_its_user(deployment: Deployment) {
    let (user, admin) = (deployment.user().await, deployment.super_admin().await);
    let deleted = user.delete(ME).json(json!({"password": "password123"})).send().await.expect(202);
    let details = admin.get("/api/admin/users/user123").send().await.expect(200);
    assert_eq!(details.text("restorable_until"), deleted.text("purge_at"));
    admin.post("/api/admin/users/user123/deactivate").send().await.expect(200);
    let details = admin.get("/api/admin/users/user123").send().await.expect(200);
    assert_eq!(details.text("purge_at"), deleted.text("purge_at"));
    assert!(details.json()["restorable_until"].is_null());
    let restore = json!({"user_id": "user123", "password": "password123", "restore": true});
    let rejected = deployment.api.post("/api/auth/login").json(restore).send().await.expect(403);
    assert_eq!(rejected.text("type"), deployment.api.login("eve", "test123").await.expect(403).text("type"));
}

async fn an_administrator_sees_and_cancels_a_deletion(deployment: Deployment) {
    let (user, admin) = (deployment.user().await, deployment.super_admin().await);
    let deleted = user.delete(ME).json(json!({"password": "password123"})).send().await.expect(202);
    let details = admin.get("/api/admin/users/user123").send().await.expect(200);
    assert_eq!(details.text("purge_at"), deleted.text("purge_at"));
    assert_eq!(details.json()["is_active"], false);
    admin.post("/api/admin/users/user123/activate").send().await.expect(200);
    let details = admin.get("/api/admin/users/user123").send().await.expect(200);
    assert_eq!((&details.json()["purge_at"], &details.json()["is_active"]), (&json!(null), &json!(true)));
    deployment.user().await.get(ME).send().await.expect(200);
    let last = admin.delete(ME).json(json!({"password": "admin123"})).send().await.expect(409);
    assert_eq!(last.text("type"), "urn:steward:problem:last-super-admin");
}
