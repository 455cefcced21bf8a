//! Lock-outs: `POST /api/auth/login` with 429, `POST /api/admin/users/{user_id}/unlock`, and `failures` and
//! `locked_until` of `GET /api/admin/users/{user_id}`.

use futures_util::future::join_all;
use serde_json::json;
use steward_testkit::http::{Api, Response};

use crate::support::Deployment;

in_every_shape!(
    of_two_hundred_concurrent_attempts_five_are_compared,
    five_failures_lock_the_user_out_until_an_administrator_unlocks_them,
    a_lock_does_not_reveal_whether_an_id_exists,
    an_attacker_locks_out_neither_the_owners_device_nor_their_address,
    failures_survive_a_restart,
);

async fn guess(api: &Api, user_id: &str, times: usize) {
    for _ in 0..times {
        api.login(user_id, "wrong-one").await.expect(401);
    }
}

/// Signs in as alice, from a forwarded address, with the token of her device.
async fn from(api: &Api, address: &str, password: &str, device_token: Option<&str>) -> Response {
    let body = json!({"user_id": "alice", "password": password, "device_token": device_token});
    api.post("/api/auth/login").header("x-forwarded-for", address).json(body).send().await
}

async fn of_two_hundred_concurrent_attempts_five_are_compared(deployment: Deployment) {
    let responses = join_all((0..200).map(|_| deployment.api.login("alice", "wrong-one"))).await;
    let of = |status| responses.iter().filter(|response| response.status() == status).count();
    assert_eq!((of(401), of(429)), (5, 195));
    deployment.api.login("bob", "test123").await.expect(200);
}

async fn five_failures_lock_the_user_out_until_an_administrator_unlocks_them(deployment: Deployment) {
    let admin = deployment.manager().await;
    let alice = async || admin.get("/api/admin/users/alice").send().await.expect(200).json().clone();
    assert_eq!((&alice().await["failures"], &alice().await["locked_until"]), (&json!(0), &json!(null)));
    guess(&deployment.api, "alice", 5).await;
    let refused = deployment.api.login("ALICE", "test123").await.expect(429);
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((30..=60).contains(&wait), "{refused:?}");
    assert_eq!(alice().await["failures"], 5);
    assert!(alice().await["locked_until"].is_string());

    let user = deployment.user().await;
    user.post("/api/admin/users/alice/unlock").send().await.expect(403);
    admin.post("/api/admin/users/unknown/unlock").send().await.expect(404);
    admin.post("/api/admin/users/admin/unlock").send().await.expect(403);
    let unlocked = admin.post("/api/admin/users/alice/unlock").send().await.expect(200);
    assert_eq!((&unlocked.json()["failures"], &unlocked.json()["locked_until"]), (&json!(0), &json!(null)));
    assert_eq!(alice().await, *unlocked.json());
    deployment.api.login("alice", "test123").await.expect(200);
    let trail = admin.get("/api/admin/audit-logs?action=USER_UNLOCKED").send().await.expect(200);
    assert_eq!(
        (trail.column("admin_id"), trail.column("target")),
        (vec!["manager".to_owned()], vec!["alice".to_owned()])
    );
}

async fn a_lock_does_not_reveal_whether_an_id_exists(deployment: Deployment) {
    let mut seen = Vec::new();
    for user_id in ["alice", "unknown-user", "no id at all!"] {
        let mut bodies = Vec::new();
        for _ in 0..6 {
            let response = deployment.api.login(user_id, "wrong-one").await;
            let mut body = response.json().clone();
            body.as_object_mut().unwrap().remove("request_id");
            // The remaining seconds depend on the time of the request.
            if response.status() == 429 {
                body.as_object_mut().unwrap().remove("detail");
            }
            bodies.push((response.status(), body));
        }
        assert_eq!(bodies.iter().map(|one| one.0).collect::<Vec<_>>(), [401, 401, 401, 401, 401, 429]);
        seen.push(bodies);
    }
    assert!(seen.iter().all(|bodies| *bodies == seen[0]), "{seen:#?}");
}

async fn an_attacker_locks_out_neither_the_owners_device_nor_their_address(mut deployment: Deployment) {
    deployment.restart_with(&[("STEWARD_TRUSTED_PROXIES", "127.0.0.1")]).await;
    let api = &deployment.api;
    let owner = from(api, "192.0.2.1", "test123", None).await.expect(200);
    for host in 1..=20 {
        from(api, &format!("203.0.113.{host}"), "wrong-one", None).await.expect(401);
    }
    from(api, "203.0.113.99", "wrong-one", None).await.expect(429);
    from(api, "192.0.2.1", "test123", None).await.expect(200);
    from(api, "198.51.100.1", "test123", Some(owner.text("device_token"))).await.expect(200);
}

async fn failures_survive_a_restart(mut deployment: Deployment) {
    guess(&deployment.api, "alice", 5).await;
    deployment.restart_with(&[]).await;
    deployment.api.login("alice", "test123").await.expect(429);
    deployment.api.login("bob", "test123").await.expect(200);
}
