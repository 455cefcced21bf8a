//! `/api/admin/segments`

use serde_json::json;
use steward_testkit::http::{Api, Call};

use crate::support::Deployment;

in_every_shape!(
    segments_are_private_to_each_administrator,
    a_saved_segment_can_be_queried,
    an_invalid_segment_is_rejected,
    an_administrator_has_at_most_fifty_segments,
    segments_are_not_audited_and_are_deleted_with_their_owner,
);

const SEGMENTS: &str = "/api/admin/segments";

fn save(api: &Api, name: &str, query: &str) -> Call {
    api.put(&format!("{SEGMENTS}/{name}")).json(json!({"query": query}))
}

async fn names(api: &Api) -> Vec<String> {
    api.get(SEGMENTS).send().await.expect(200).column("name")
}

async fn segments_are_private_to_each_administrator(deployment: Deployment) {
    let (admin, manager) = (deployment.super_admin().await, deployment.manager().await);
    assert!(names(&admin).await.is_empty());
    let made =
        save(&admin, "%ED%9C%B4%EB%A9%B4%20%26%20100%25%3F", "sort=name&is_active=false").send().await.expect(201);
    assert_eq!((made.text("name"), made.text("query")), ("휴면 & 100%?", "is_active=false&sort=name"));
    save(&admin, "beta", "role=user").send().await.expect(201);
    save(&admin, "Alpha", "").send().await.expect(201);
    let replaced = save(&admin, "BETA", "role=admin").send().await.expect(200);
    assert_eq!((replaced.text("name"), replaced.text("query")), ("BETA", "role=admin"));
    assert!(replaced.text("updated_at") > replaced.text("created_at"), "{replaced:?}");
    assert_eq!(names(&admin).await, ["Alpha", "BETA", "휴면 & 100%?"]);

    assert!(names(&manager).await.is_empty());
    save(&manager, "beta", "").send().await.expect(201);
    manager.delete(&format!("{SEGMENTS}/alpha")).send().await.problem(404, "Segment not found");
    manager.delete(&format!("{SEGMENTS}/BETA")).send().await.expect(204);
    admin.delete(&format!("{SEGMENTS}/%ED%9C%B4%EB%A9%B4%20%26%20100%25%3F")).send().await.expect(204);
    assert_eq!(names(&admin).await, ["Alpha", "BETA"]);

    let user = deployment.user().await;
    user.get(SEGMENTS).send().await.problem(403, "Admin privileges required");
    save(&user, "mine", "role=boss").send().await.expect(403);
    user.delete(&format!("{SEGMENTS}/mine")).send().await.expect(403);
    save(&deployment.api, "mine", "role=boss").send().await.expect(401);
}

async fn a_saved_segment_can_be_queried(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for query in ["search=J%C3%B6rg+M%2b&role=user", "role=admin&sort=user_id&order=asc&page_size=1", "search=%25"] {
        let saved = save(&admin, "kept", query).send().await;
        let list = async |query: &str| admin.get(&format!("/api/admin/users?{query}")).send().await.expect(200);
        assert_eq!(list(query).await.json(), list(saved.text("query")).await.json(), "{query}");
    }
}

async fn an_invalid_segment_is_rejected(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for query in [
        "role=boss",
        "page=1",
        "cursor=x",
        "colour=red",
        "search=%zz",
        "?role=user",
        &format!("search={}", "a".repeat(2_000)),
    ] {
        let refused = save(&admin, "mine", query).send().await.expect(422);
        assert_eq!(refused.invalid_fields(), ["query"], "{query}");
    }
    let long = "x".repeat(61);
    assert_eq!(save(&admin, &long, "page=1").send().await.expect(422).invalid_fields(), ["name", "query"]);
    let path = format!("{SEGMENTS}/mine");
    admin.put(&path).json(json!({"query": "", "owner": 1})).send().await.expect(422);
    admin.put(&path).json(json!({})).send().await.expect(422);
    admin.put(&path).body("application/json", "{").send().await.expect(400);
    admin.put(&path).body("text/plain", "role=user").send().await.expect(415);
    admin.post(&path).json(json!({"query": ""})).send().await.expect(405);
    for nowhere in ["a%2Fb", "a%5Cb"] {
        save(&admin, nowhere, "").send().await.expect(404);
        admin.delete(&format!("{SEGMENTS}/{nowhere}")).send().await.expect(404);
    }
    admin.delete(&format!("{SEGMENTS}/{long}")).send().await.expect(404);
    assert!(names(&admin).await.is_empty());
}

async fn an_administrator_has_at_most_fifty_segments(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for n in 0..50 {
        save(&admin, &format!("s{n}"), "").send().await.expect(201);
    }
    let detail = "At most 50 segments can be saved: delete one first";
    save(&admin, "more", "").send().await.problem(409, detail);
    save(&admin, "S49", "role=user").send().await.expect(200);
    admin.delete(&format!("{SEGMENTS}/s0")).send().await.expect(204);
    save(&admin, "more", "").send().await.expect(201);
}

async fn segments_are_not_audited_and_are_deleted_with_their_owner(deployment: Deployment) {
    let (admin, manager) = (deployment.super_admin().await, deployment.manager().await);
    let entries = async || admin.get("/api/admin/audit-logs").send().await.expect(200).json()["total"].clone();
    let before = entries().await;
    save(&manager, "mine", "").send().await.expect(201);
    save(&manager, "mine", "role=user").send().await.expect(200);
    manager.delete(&format!("{SEGMENTS}/mine")).send().await.expect(204);
    save(&manager, "mine", "").send().await.expect(201);
    assert_eq!(entries().await, before);
    admin.delete("/api/admin/users/manager").send().await.expect(204);
    manager.get(SEGMENTS).send().await.expect(401);
}
