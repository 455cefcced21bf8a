//! Permissions as callers see them; the tests of the policy itself cover the whole matrix.

use serde_json::json;
use steward_testkit::http::{Api, Response};

use crate::support::Deployment;

in_every_shape!(
    a_plain_user_is_denied,
    an_admin_manages_users_but_not_administrators,
    an_admin_cannot_assign_roles,
    a_super_admin_manages_all_users_but_not_their_own_role,
    the_last_super_admin_cannot_be_removed,
);

/// Every call that changes a user.
async fn changes(api: &Api, user_id: &str) -> Vec<(&'static str, Response)> {
    let path = format!("/api/admin/users/{user_id}");
    vec![
        ("edit", api.put(&path).json(json!({"name": "Somebody"})).send().await),
        ("role", api.put(&path).json(json!({"role": "user"})).send().await),
        ("activate", api.post(&format!("{path}/activate")).send().await),
        ("reset", api.post(&format!("{path}/reset-password")).send().await),
        ("deactivate", api.post(&format!("{path}/deactivate")).send().await),
        ("delete", api.delete(&path).send().await),
    ]
}

async fn a_plain_user_is_denied(deployment: Deployment) {
    let user = deployment.user().await;
    for path in ["/api/admin/users", "/api/admin/users/user123", "/api/admin/audit-logs", "/api/admin/analytics/users"]
    {
        user.get(path).send().await.problem(403, "Admin privileges required");
    }
    for target in ["user123", "alice", "admin", "unknown"] {
        for (what, response) in changes(&user, target).await {
            assert_eq!(
                (response.status(), response.text("detail")),
                (403, "Admin privileges required"),
                "{what} {target}"
            );
        }
    }
    // Missing permission wins over an invalid query.
    user.put("/api/admin/users/alice").body("text/plain", "{").send().await.expect(403);
    user.get("/api/admin/users?page=0").send().await.expect(403);
}

async fn an_admin_manages_users_but_not_administrators(deployment: Deployment) {
    let (admin, manager) = (deployment.super_admin().await, deployment.manager().await);
    admin.put("/api/admin/users/charlie").json(json!({"role": "admin"})).send().await.expect(200);
    for target in ["admin", "charlie", "manager"] {
        for (what, response) in changes(&manager, target).await {
            assert_eq!(response.status(), 403, "{what} {target}: {response:?}");
        }
        manager.get(&format!("/api/admin/users/{target}")).send().await.expect(200);
    }
    for (what, response) in changes(&manager, "alice").await {
        let expected = match what {
            "delete" => 204,
            _ => 200,
        };
        assert_eq!(response.status(), expected, "{what}: {response:?}");
    }
}

async fn an_admin_cannot_assign_roles(deployment: Deployment) {
    let manager = deployment.manager().await;
    for role in ["admin", "super_admin"] {
        let response = manager.put("/api/admin/users/alice").json(json!({"role": role, "name": "A"})).send().await;
        assert!(response.expect(403).text("detail").contains("role"));
    }
    let alice = manager.get("/api/admin/users/alice").send().await.expect(200);
    assert_eq!((alice.text("role"), alice.text("name")), ("user", "Alice Cooper"));
}

async fn a_super_admin_manages_all_users_but_not_their_own_role(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    admin.put("/api/admin/users/bob").json(json!({"role": "super_admin"})).send().await.expect(200);
    for (method, path, body) in [
        ("POST", "/api/admin/users/admin/deactivate", json!({})),
        ("PUT", "/api/admin/users/ADMIN", json!({"is_active": false})),
        ("PUT", "/api/admin/users/admin", json!({"role": "user"})),
        ("DELETE", "/api/admin/users/admin", json!({})),
    ] {
        let response = admin.call(method, path).json(body).send().await.expect(409);
        assert!(response.text("detail").contains("your own"), "{response:?}");
    }
    admin.put("/api/admin/users/admin").json(json!({"name": "Root"})).send().await.expect(200);
    for (what, response) in changes(&admin, "manager").await {
        assert!(response.status() < 300, "{what}: {response:?}");
    }
    for (what, response) in changes(&admin, "bob").await {
        assert!(response.status() < 300, "{what}: {response:?}");
    }
}

async fn the_last_super_admin_cannot_be_removed(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    admin.put("/api/admin/users/bob").json(json!({"role": "super_admin"})).send().await.expect(200);
    let bob = deployment.api.signed_in("bob", "test123").await;
    bob.post("/api/admin/users/admin/deactivate").send().await.expect(200);
    // An inactive super_admin does not count.
    for body in [json!({"role": "user"}), json!({"is_active": false})] {
        bob.put("/api/admin/users/bob").json(body).send().await.expect(409);
    }
    bob.delete("/api/admin/users/bob").send().await.expect(409);
    assert_eq!(bob.get("/api/admin/users?role=super_admin&is_active=true").send().await.column("user_id"), ["bob"]);
}
