use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::testing::TestApp;
use crate::testing::http::{Answer, get, put};

const SEGMENTS: &str = "/api/admin/segments";

fn save(name: &str, query: &str) -> TestRequest {
    put(&format!("{SEGMENTS}/{name}"), &json!({"query": query}))
}

fn delete(name: &str) -> TestRequest {
    TestRequest::delete().uri(&format!("{SEGMENTS}/{name}"))
}

fn names(answer: &Answer) -> Vec<&str> {
    answer.body["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn are_saved_replaced_listed_by_name_and_deleted() {
    let app = TestApp::new().await;
    let made = app.call("boss", save("VIPs%20%26%20co", "sort=name&role=user")).await;
    let expected = json!({
        "name": "VIPs & co", "query": "role=user&sort=name",
        "created_at": "2026-01-02T03:05:05.678901Z", "updated_at": "2026-01-02T03:05:05.678901Z",
    });
    assert_eq!((made.status, made.body), (201, expected));
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
    let gone = app.call("boss", delete("ZERO")).await;
    assert_eq!((gone.status, gone.body), (204, Value::Null));
    assert_eq!(app.call("boss", delete("zero")).await.body["detail"], "Segment not found");
}

#[actix_web::test]
async fn what_is_wrong_is_told_by_field() {
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
        let answer = app.call("boss", put(&format!("{SEGMENTS}/{name}"), &body)).await;
        assert_eq!((answer.status, answer.wrong_fields()), (422, wrong.to_vec()), "{name} {body}");
    }
    let told = app.call("boss", save("a", "role=boss&page=1")).await;
    let message = told.body["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("role must be") && message.contains("page cannot be kept"), "{message}");
    for nowhere in ["a%2Fb", "a%5cb", "%2e%2e"] {
        assert_eq!(app.call("boss", save(nowhere, "")).await.status, 404, "{nowhere}");
    }
    assert_eq!(app.call("boss", delete(&long)).await.status, 404);
    assert!(names(&app.call("boss", get(SEGMENTS)).await).is_empty());
}

#[actix_web::test]
async fn fifty_are_kept_and_no_more() {
    let app = TestApp::new().await;
    for n in 0..50 {
        assert_eq!(app.call("boss", save(&format!("s{n}"), "")).await.status, 201);
    }
    let full = app.call("boss", save("more", "")).await;
    assert_eq!((full.status, &full.body["type"]), (409, &json!("urn:steward:problem:too-many-segments")));
    assert_eq!(app.call("boss", save("S7", "role=user")).await.status, 200, "replacing adds none");
    assert_eq!(app.call("chief", save("more", "")).await.status, 201, "each has their own");
    assert_eq!(app.call("boss", delete("s0")).await.status, 204);
    assert_eq!(app.call("boss", save("more", "")).await.status, 201);
}

#[actix_web::test]
async fn are_for_administrators_whatever_else_is_wrong() {
    let app = TestApp::new().await;
    for request in [get(SEGMENTS), save("a", "role=boss"), delete("%0A")] {
        assert_eq!(app.call("alice", request).await.status, 403);
    }
    assert_eq!(app.call_plain(save("a", "role=boss")).await.status, 401);
    assert!(app.trail().await.is_empty());
}
