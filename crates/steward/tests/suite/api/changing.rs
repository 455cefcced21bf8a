//! `PUT`, `DELETE`, `activate` and `deactivate` of a user.

use serde_json::{Value, json};
use steward_testkit::http::Api;

use crate::support::Deployment;

in_every_shape!(
    only_what_is_sent_changes,
    what_changes_nothing_leaves_no_trace,
    an_address_of_somebody_else_is_taken,
    what_is_no_change_is_refused_field_by_field,
    switching_twice_is_fine,
    a_deleted_user_is_gone_and_their_trail_stays,
    nobody_there_is_not_found,
);

/// Bob as every answer tells of him: without what only looking him up does.
async fn bob(admin: &Api) -> Value {
    let mut bob = admin.get("/api/admin/users/bob").send().await.expect(200).json().clone();
    bob.as_object_mut().unwrap().retain(|field, _| field != "failures" && field != "locked_until");
    bob
}

async fn only_what_is_sent_changes(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let before = bob(&admin).await;
    let mut expected = before.clone();
    for (field, value, stored) in [
        ("name", json!("  Robert  "), json!("Robert")),
        ("email", json!("ROBERT@Example.com"), json!("robert@example.com")),
        ("role", json!("admin"), json!("admin")),
        ("is_active", json!(false), json!(false)),
    ] {
        let answer = admin.put("/api/admin/users/BOB").json(json!({field: value})).send().await.expect(200);
        expected[field] = stored;
        expected["updated_at"] = answer.json()["updated_at"].clone();
        assert_eq!(*answer.json(), expected);
        assert!(answer.text("updated_at") > before["updated_at"].as_str().unwrap());
        assert_eq!(bob(&admin).await, expected);
    }
}

async fn what_changes_nothing_leaves_no_trace(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let before = bob(&admin).await;
    for body in [json!({}), json!({"name": "Bob Wilson"}), json!({"email": null}), json!({"email": "BOB@example.com"})]
    {
        let answer = admin.put("/api/admin/users/bob").json(&body).send().await.expect(200);
        assert_eq!(*answer.json(), before, "{body}");
    }
    let logs = admin.get("/api/admin/audit-logs?action=USER_UPDATED").send().await.expect(200);
    assert_eq!(logs.json()["total"], 0);
}

async fn an_address_of_somebody_else_is_taken(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let body = json!({"email": "ALICE@example.com", "name": "Not Bob"});
    let answer = admin.put("/api/admin/users/bob").json(body).send().await.expect(409);
    assert!(answer.text("detail").contains("email"), "{answer:?}");
    assert_eq!(admin.get("/api/admin/users/bob").send().await.expect(200).text("name"), "Bob Wilson");
}

async fn what_is_no_change_is_refused_field_by_field(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let all_wrong = json!({"email": "x", "name": "", "role": "root", "is_active": "maybe", "user_id": "robert"});
    let answer = admin.put("/api/admin/users/bob").json(all_wrong).send().await.expect(422);
    assert_eq!(answer.wrong_fields(), ["email", "is_active", "name", "role", "user_id"]);
}

async fn switching_twice_is_fine(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for (action, active) in [("deactivate", false), ("deactivate", false), ("activate", true), ("activate", true)] {
        let answer = admin.post(&format!("/api/admin/users/alice/{action}")).send().await.expect(200);
        assert_eq!(answer.json()["is_active"], active);
    }
    let logs = admin.get("/api/admin/audit-logs?target=alice&admin_id=admin").send().await.expect(200);
    assert_eq!(logs.column("action"), ["USER_ACTIVATED", "USER_DEACTIVATED"], "what changed nothing is not there");
}

async fn a_deleted_user_is_gone_and_their_trail_stays(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let trail = |logs: &Value| logs["total"].as_u64().unwrap();
    let before = admin.get("/api/admin/audit-logs?target=alice").send().await.expect(200);
    let deleted = admin.delete("/api/admin/users/alice").send().await.expect(204);
    assert!(deleted.bytes().is_empty());
    admin.get("/api/admin/users/alice").send().await.expect(404);
    admin.delete("/api/admin/users/alice").send().await.expect(404);
    deployment.api.login("alice", "test123").await.problem(401, "Invalid user ID or password");
    let after = admin.get("/api/admin/audit-logs?target=alice").send().await.expect(200);
    assert_eq!(trail(after.json()), trail(before.json()) + 1);
    assert_eq!(after.column("action")[0], "USER_DELETED");
    let numbers = admin.get("/api/admin/analytics/users").send().await.expect(200);
    assert_eq!((&numbers.json()["total_users"], &numbers.json()["active_users"]), (&json!(9), &json!(7)));
    deployment.api.register("alice", "correct horse").await.expect(201);
}

async fn nobody_there_is_not_found(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for user_id in ["nobody", "a", "%ED%99%8D%EA%B8%B8%EB%8F%99", "a%20b", "..%2Fadmin", "x%27--"] {
        let path = format!("/api/admin/users/{user_id}");
        for (method, path) in [
            ("GET", path.clone()),
            ("DELETE", path.clone()),
            ("POST", format!("{path}/activate")),
            ("POST", format!("{path}/deactivate")),
            ("POST", format!("{path}/reset-password")),
        ] {
            admin.call(method, &path).send().await.expect(404);
        }
        admin.put(&path).json(json!({"name": "x"})).send().await.expect(404);
    }
}
