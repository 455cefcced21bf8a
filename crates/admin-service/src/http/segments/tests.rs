use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::testing::TestApp;
use crate::testing::http::{TestResponse, get, put};

const SEGMENTS: &str = "/api/admin/segments";

fn save(name: &str, query: &str) -> TestRequest {
    put(&format!("{SEGMENTS}/{name}"), &json!({"query": query}))
}

fn delete(name: &str) -> TestRequest {
    TestRequest::delete().uri(&format!("{SEGMENTS}/{name}"))
}

fn names(response: &TestResponse) -> Vec<&str> {
    response.body["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn segments_are_saved_replaced_listed_and_deleted() {
    let app = TestApp::new().await;
    let created = app.call("boss", save("VIPs%20%26%20co", "sort=name&role=user")).await;
    let expected = json!({
        "name": "VIPs & co", "query": "role=user&sort=name",
        "created_at": "2026-01-02T03:05:05.678901Z", "updated_at": "2026-01-02T03:05:05.678901Z",
    });
    assert_eq!((created.status, created.body), (201, expected));
    assert_eq!(app.call("boss", save("%20Admins%20", "role=admin")).await.status, 201);
    assert_eq!(app.call("boss", save("zero", "")).await.body["query"], "");
    app.clock.set(steward_testkit::at(90));
    let replaced = app.call("boss", save("vips%20%26%20CO", "role=super_admin")).await;
    assert_eq!((replaced.status, &replaced.body["name"]), (200, &json!("vips & CO")));
    assert_eq!(replaced.body["created_at"], "2026-01-02T03:05:05.678901Z");
    assert_eq!(replaced.body["updated_at"], "2026-01-02T03:05:35.678901Z");
    assert_eq!(names(&app.call("boss", get(SEGMENTS)).await), ["Admins", "vips & CO", "zero"]);
    assert!(names(&app.call("root", get(SEGMENTS)).await).is_empty());
    assert_eq!(app.call("root", delete("zero")).await.status, 404);
    let deleted = app.call("boss", delete("ZERO")).await;
    assert_eq!((deleted.status, deleted.body), (204, Value::Null));
    assert_eq!(app.call("boss", delete("zero")).await.body["detail"], "Segment not found");
}

#[actix_web::test]
async fn errors_name_their_field() {
    let app = TestApp::new().await;
    let long = "x".repeat(61);
    for (name, body, wrong) in [
        ("a", json!({"query": "role=boss"}), &["query"][..]),
        ("a", json!({"query": "page=2"}), &["query"]),
        ("a", json!({"query": "cursor=abc"}), &["query"]),
        ("a", json!({"query": "colour=red"}), &["query"]),
        ("a", json!({"query": 3}), &["query"]),
        ("a", json!({}), &["query"]),
        ("a", json!({"query": "", "name": "b"}), &["name"]),
        ("%0A", json!({"query": ""}), &["name"]),
        ("%20", json!({"query": ""}), &["name"]),
        (&long, json!({"query": "x=1"}), &["name", "query"]),
    ] {
        let response = app.call("boss", put(&format!("{SEGMENTS}/{name}"), &body)).await;
        assert_eq!((response.status, response.wrong_fields()), (422, wrong.to_vec()), "{name} {body}");
    }
    let response = app.call("boss", save("a", "role=boss&page=1")).await;
    let message = response.body["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("role must be") && message.contains("page must not be part"), "{message}");
    for name in ["a%2Fb", "a%5cb", "%2e%2e"] {
        assert_eq!(app.call("boss", save(name, "")).await.status, 404, "{name}");
    }
    assert_eq!(app.call("boss", delete(&long)).await.status, 404);
    assert!(names(&app.call("boss", get(SEGMENTS)).await).is_empty());
}

#[actix_web::test]
async fn an_administrator_has_at_most_fifty_segments() {
    let app = TestApp::new().await;
    for n in 0..50 {
        assert_eq!(app.call("boss", save(&format!("s{n}"), "")).await.status, 201);
    }
    let full = app.call("boss", save("more", "")).await;
    assert_eq!((full.status, &full.body["type"]), (409, &json!("urn:steward:problem:too-many-segments")));
    assert_eq!(app.call("boss", save("S7", "role=user")).await.status, 200, "replacing adds no segment");
    assert_eq!(app.call("chief", save("more", "")).await.status, 201, "the limit applies per administrator");
    assert_eq!(app.call("boss", delete("s0")).await.status, 204);
    assert_eq!(app.call("boss", save("more", "")).await.status, 201);
}

#[actix_web::test]
async fn authorization_precedes_validation() {
    let app = TestApp::new().await;
    for request in [get(SEGMENTS), save("a", "role=boss"), delete("%0A")] {
        assert_eq!(app.call("alice", request).await.status, 403);
    }
    assert_eq!(app.send(save("a", "role=boss")).await.status, 401);
    assert!(app.audit_trail().await.is_empty());
}
