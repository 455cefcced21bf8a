//! `PUT`, `DELETE`, `activate` and `deactivate` of a user.

use futures_util::future::join_all;
use serde_json::{Value, json};
use steward_testkit::http::{Api, Response};

use crate::support::Deployment;

in_every_shape!(
    only_the_sent_fields_change,
    an_update_without_a_change_writes_no_entry,
    an_outdated_version_is_rejected,
    every_user_response_has_an_etag,
    another_users_address_is_rejected,
    an_invalid_change_is_reported_field_by_field,
    activating_and_deactivating_are_idempotent,
    a_deleted_user_is_not_found_and_their_audit_trail_stays,
    an_unknown_user_is_not_found,
);

/// Bob as in every response: without the fields that only a lookup returns.
async fn bob(admin: &Api) -> Value {
    let mut bob = admin.get("/api/admin/users/bob").send().await.expect(200).json().clone();
    bob.as_object_mut().unwrap().retain(|field, _| {
        !["failures", "locked_until", "purge_at", "restorable_until", "can_receive_link"].contains(&field.as_str())
    });
    bob
}

async fn only_the_sent_fields_change(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let before = bob(&admin).await;
    let mut expected = before.clone();
    for (field, value, stored) in [
        ("name", json!("  Robert  "), json!("Robert")),
        ("email", json!("ROBERT@Example.com"), json!("robert@example.com")),
        ("role", json!("admin"), json!("admin")),
        ("is_active", json!(false), json!(false)),
    ] {
        let response = admin.put("/api/admin/users/BOB").json(json!({field: value})).send().await.expect(200);
        expected[field] = stored;
        expected["updated_at"] = response.json()["updated_at"].clone();
        assert_eq!(*response.json(), expected);
        assert!(response.text("updated_at") > before["updated_at"].as_str().unwrap());
        assert_eq!(bob(&admin).await, expected);
    }
}

async fn an_update_without_a_change_writes_no_entry(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let before = bob(&admin).await;
    for body in [json!({}), json!({"name": "Bob Wilson"}), json!({"email": null}), json!({"email": "BOB@example.com"})]
    {
        let response = admin.put("/api/admin/users/bob").json(&body).send().await.expect(200);
        assert_eq!(*response.json(), before, "{body}");
    }
    let logs = admin.get("/api/admin/audit-logs?action=USER_UPDATED").send().await.expect(200);
    assert_eq!(logs.json()["total"], 0);
}

async fn an_outdated_version_is_rejected(deployment: Deployment) {
    const BOB: &str = "/api/admin/users/bob";
    let (admin, manager) = (deployment.super_admin().await, deployment.manager().await);
    let seen = admin.get(BOB).send().await.expect(200).header("etag").to_owned();
    deployment.api.login("bob", "test123").await.expect(200);
    let rename = |api: &Api, tag: &str, name: &str| {
        api.put(BOB).header("if-match", tag).json(json!({"name": name, "email": "new@example.com"}))
    };
    let changed = rename(&manager, &seen, "Robert").send().await.expect(200);
    let before = bob(&admin).await;
    let stale = rename(&admin, &seen, "Bobby").send().await;
    let stale = stale.problem(412, "The user's current version is not in If-Match: read the user again");
    assert_eq!(stale.media_type(), "application/problem+json");
    for stale in [format!("W/{seen}"), "\"bob\"".to_owned()] {
        let stale = rename(&admin, &stale, "Bobby").send().await;
        stale.problem(412, "The user's current version is not in If-Match: read the user again");
    }
    for malformed in ["bob", "\"bob", "*, \"bob\""] {
        let response = rename(&admin, malformed, "Bobby").send().await.expect(400);
        assert!(response.text("detail").contains("If-Match"), "{response:?}");
    }
    assert_eq!(bob(&admin).await, before);
    let logs = admin.get("/api/admin/audit-logs?action=USER_UPDATED").send().await.expect(200);
    assert_eq!(logs.column("admin_id"), ["manager"]);
    rename(&admin, &format!("{seen}, {}", changed.header("etag")), "Bobby").send().await.expect(200);
    // The weak form, which a compressing proxy sends.
    let weak = format!("W/{}", admin.get(BOB).send().await.expect(200).header("etag"));
    rename(&admin, &weak, "Bert").send().await.expect(200);
    rename(&admin, "*", "Bob").send().await.expect(200);
    admin.put("/api/admin/users/unknown").header("if-match", "*").json(json!({})).send().await.expect(404);
    deployment.api.put(BOB).header("if-match", &seen).json(json!({})).send().await.expect(401);

    // Of many updates of one version, one succeeds.
    let seen = admin.get(BOB).send().await.expect(200).header("etag").to_owned();
    let renamings = (0..8).map(|n| rename(&admin, &seen, &format!("Bob {n}")).send());
    let mut statuses: Vec<_> = join_all(renamings).await.iter().map(Response::status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
}

async fn every_user_response_has_an_etag(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let now = async || admin.get("/api/admin/users/alice").send().await.expect(200).header("etag").to_owned();
    let first = now().await;
    assert!(first.len() > 2 && first.starts_with('"') && first.ends_with('"'), "{first}");
    deployment.api.login("alice", "wrong-one").await.expect(401);
    let mut tags = vec![first];
    for (action, is_change) in
        [("unlock", false), ("deactivate", true), ("deactivate", false), ("activate", true), ("reset-password", true)]
    {
        let call = admin.post(&format!("/api/admin/users/alice/{action}"));
        let response = if action == "reset-password" { call.json(json!({})) } else { call }.send().await.expect(200);
        let tag = now().await;
        assert!(action == "reset-password" || response.header("etag") == tag, "{action}");
        assert_eq!(tags.last() != Some(&tag), is_change, "{action}");
        assert!(!is_change || !tags.contains(&tag), "{action}");
        tags.push(tag);
    }
}

async fn another_users_address_is_rejected(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let body = json!({"email": "ALICE@example.com", "name": "Not Bob"});
    let response = admin.put("/api/admin/users/bob").json(body).send().await.expect(409);
    assert!(response.text("detail").contains("email"), "{response:?}");
    assert_eq!(admin.get("/api/admin/users/bob").send().await.expect(200).text("name"), "Bob Wilson");
}

async fn an_invalid_change_is_reported_field_by_field(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    let all_wrong = json!({"email": "x", "name": "", "role": "root", "is_active": "maybe", "user_id": "robert"});
    let response = admin.put("/api/admin/users/bob").json(all_wrong).send().await.expect(422);
    assert_eq!(response.invalid_fields(), ["email", "is_active", "name", "role", "user_id"]);
}

async fn activating_and_deactivating_are_idempotent(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for (action, active) in [("deactivate", false), ("deactivate", false), ("activate", true), ("activate", true)] {
        let response = admin.post(&format!("/api/admin/users/alice/{action}")).send().await.expect(200);
        assert_eq!(response.json()["is_active"], active);
    }
    let logs = admin.get("/api/admin/audit-logs?target=alice&admin_id=admin").send().await.expect(200);
    assert_eq!(
        logs.column("action"),
        ["USER_ACTIVATED", "USER_DEACTIVATED"],
        "requests without a change are not audited"
    );
}

async fn a_deleted_user_is_not_found_and_their_audit_trail_stays(deployment: Deployment) {
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

async fn an_unknown_user_is_not_found(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for user_id in ["unknown", "a", "%ED%99%8D%EA%B8%B8%EB%8F%99", "a%20b", "..%2Fadmin", "x%27--"] {
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
