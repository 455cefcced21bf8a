//! `GET /api/admin/sign-ins`, `GET /api/admin/sessions` with filters

use crate::support::Deployment;

in_every_shape!(administrators_read_the_sign_in_log, sessions_of_all_users_are_filtered);

async fn administrators_read_the_sign_in_log(deployment: Deployment) {
    deployment.api.login("alice", "wrong-one").await.expect(401);
    deployment.api.login("nobody-has-this-id", "test123").await.expect(401);
    let alice = deployment.api.signed_in("alice", "test123").await;
    let manager = deployment.manager().await;

    let log = manager.get("/api/admin/sign-ins").send().await.expect(200);
    assert_eq!(log.column("outcome"), ["success", "success", "failure", "failure"]);
    assert_eq!(log.column("reason"), ["null", "null", "unknown_user", "wrong_password"]);
    assert!(!log.json().to_string().contains("nobody-has-this-id"), "{log:?}");
    let failures = manager.get("/api/admin/sign-ins?outcome=failure&user_id=ALICE").send().await.expect(200);
    assert_eq!((failures.column("user_id"), &failures.json()["total"]), (vec!["alice".to_owned()], &1.into()));
    let here = manager.get("/api/admin/sign-ins?address=127.0.0.0%2F8").send().await.expect(200);
    assert_eq!(here.json()["total"], 4);
    let elsewhere = manager.get("/api/admin/sign-ins?address=192.0.2.0%2F24").send().await.expect(200);
    assert_eq!(elsewhere.json()["total"], 0);

    let (mut seen, mut query) = (Vec::new(), "?page_size=1".to_owned());
    loop {
        let page = manager.get(&format!("/api/admin/sign-ins{query}")).send().await.expect(200);
        seen.extend(page.json()["items"].as_array().unwrap().clone());
        let Some(cursor) = page.json()["next_cursor"].as_str() else { break };
        query = format!("?page_size=1&cursor={cursor}");
    }
    assert_eq!(&seen, log.json()["items"].as_array().unwrap());
    let wrong = manager.get("/api/admin/sign-ins?address=x&outcome=y&page_size=0").send().await.expect(422);
    assert_eq!(wrong.invalid_fields().len(), 3);
    alice.get("/api/admin/sign-ins").send().await.expect(403);
    deployment.api.get("/api/admin/sign-ins").send().await.expect(401);
}

async fn sessions_of_all_users_are_filtered(deployment: Deployment) {
    deployment.api.signed_in("alice", "test123").await;
    let manager = deployment.manager().await;
    for (query, count) in [
        ("user_id=alice", 1),
        ("user_id=unknown", 0),
        ("address=127.0.0.1", 2),
        ("address=10.0.0.0%2F8", 0),
        ("device=no-such-program", 0),
    ] {
        let page = manager.get(&format!("/api/admin/sessions?{query}")).send().await.expect(200);
        assert_eq!(page.json()["total"], count, "{query}");
    }
    assert_eq!(manager.get("/api/admin/sessions?address=x").send().await.expect(422).invalid_fields(), ["address"]);
}
