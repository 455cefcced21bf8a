//! `GET /api/auth/activity`, `GET /api/admin/users/{user_id}/timeline`

use serde_json::{Value, json};

use crate::support::{Deployment, until};

in_every_shape!(
    users_and_administrators_see_the_timeline,
    administrators_see_the_mails_to_a_user,
    a_timeline_continues_at_its_cursor,
);

#[expect(clippy::trivially_copy_pass_by_ref, reason = "passed to `filter`")]
fn is_no_mail(event: &&Value) -> bool {
    event["kind"] != "mail"
}

async fn users_and_administrators_see_the_timeline(deployment: Deployment) {
    let manager = deployment.manager().await;
    deployment.api.login("alice", "wrong-one").await.expect(401);
    deployment.api.signed_in("alice", "test123").await.post("/api/auth/logout").send().await.expect(200);
    let alice = deployment.api.signed_in("alice", "test123").await;
    manager.put("/api/admin/users/alice").json(json!({"name": "Alice C."})).send().await.expect(200);

    let own = alice.get("/api/auth/activity").send().await.expect(200);
    let kinds = ["change", "sign_in", "session_ended", "sign_in", "sign_in_failed", "change"];
    assert_eq!(own.column("kind"), kinds);
    let items = own.json()["items"].as_array().unwrap();
    assert_eq!((&items[0]["action"], &items[4]["reason"]), (&json!("USER_UPDATED"), &json!("wrong_password")));
    assert_eq!(items[2]["session_id"], items[3]["session_id"]);
    assert_eq!(items[1]["ip_address"], "127.0.0.1");
    assert!(!own.json().to_string().contains("manager"), "{own:?}");

    let timeline = manager.get("/api/admin/users/ALICE/timeline").send().await.expect(200);
    let events: Vec<_> = timeline.json()["items"].as_array().unwrap().iter().filter(is_no_mail).collect();
    assert_eq!(events.iter().map(|event| event["kind"].as_str().unwrap()).collect::<Vec<_>>(), kinds);
    let change = events[0];
    assert_eq!((&change["actor_id"], &change["actor_name"]), (&json!("manager"), &json!("Service Manager")));
    alice.get("/api/admin/users/alice/timeline").send().await.expect(403);
    deployment.api.get("/api/auth/activity").send().await.expect(401);
    manager.get("/api/admin/users/unknown/timeline").send().await.expect(404);
}

async fn administrators_see_the_mails_to_a_user(deployment: Deployment) {
    let (manager, alice) = (deployment.manager().await, deployment.api.signed_in("alice", "test123").await);
    let request = deployment.api.post("/api/auth/forgot-password").json(json!({"user_id": "alice"}));
    request.send().await.expect(202);
    until("the mail is sent", async || {
        let timeline = manager.get("/api/admin/users/alice/timeline").send().await.expect(200);
        let items = timeline.json()["items"].as_array().unwrap();
        let Some(mail) = items.iter().find(|item| item["mail"]["kind"] == "reset_password") else { return false };
        assert_eq!((&mail["kind"], &mail["ip_address"]), (&json!("mail"), &Value::Null));
        assert!(!timeline.json().to_string().contains("token"), "{timeline:?}");
        mail["mail"]["state"] == "sent" && mail["mail"]["attempts"] == 1 && mail["mail"]["sent_at"].is_string()
    })
    .await;
    let own = alice.get("/api/auth/activity").send().await.expect(200);
    assert!(own.json()["items"].as_array().unwrap().iter().all(|item| is_no_mail(&item)), "{own:?}");
}

async fn a_timeline_continues_at_its_cursor(deployment: Deployment) {
    for _ in 0..4 {
        deployment.api.login("alice", "wrong-one").await.expect(401);
        deployment.api.login("alice", "test123").await.expect(200);
    }
    let (alice, admin) = (deployment.api.signed_in("alice", "test123").await, deployment.super_admin().await);
    for (api, path) in [(&alice, "/api/auth/activity"), (&admin, "/api/admin/users/alice/timeline")] {
        let all = api.get(&format!("{path}?page_size=100")).send().await.expect(200);
        let all = all.json()["items"].as_array().unwrap().clone();
        assert_eq!(all.iter().filter(is_no_mail).count(), 10);
        let (mut seen, mut query) = (Vec::new(), "?page_size=3".to_owned());
        loop {
            let page = api.get(&format!("{path}{query}")).send().await.expect(200);
            seen.extend(page.json()["items"].as_array().unwrap().clone());
            let Some(cursor) = page.json()["next_cursor"].as_str() else { break };
            query = format!("?page_size=3&cursor={cursor}");
        }
        assert_eq!(seen, all);
        let other = admin.get(&format!("/api/admin/users/bob/timeline{query}")).send().await.expect(422);
        assert_eq!(other.invalid_fields(), ["cursor"]);
        assert_eq!(api.get(&format!("{path}?page_size=0&page=2")).send().await.expect(422).invalid_fields().len(), 2);
    }
}
