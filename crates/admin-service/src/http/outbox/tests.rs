use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::testing::TestApp;
use crate::testing::http::{get, post};

const OUTBOX: &str = "/api/admin/outbox";

fn retry(id: impl std::fmt::Display) -> TestRequest {
    post(&format!("{OUTBOX}/{id}/retry"))
}

fn cancel(id: impl std::fmt::Display) -> TestRequest {
    TestRequest::delete().uri(&format!("{OUTBOX}/{id}"))
}

#[actix_web::test]
async fn mails_are_listed_newest_first_and_filtered_by_state() {
    let app = TestApp::new().await;
    let failed = app.fail_mail("alice").await;
    app.queue_mail("bob").await;
    let list = app.call("boss", get(OUTBOX)).await;
    assert_eq!((list.status, &list.body["total"], &list.body["total_is_exact"]), (200, &json!(2), &json!(true)));
    assert_eq!(list.body["items"][0]["recipient"], "bob@example.com");
    let expected = json!({
        "id": failed, "kind": "welcome", "recipient": "alice@example.com", "state": "failed", "attempts": 1,
        "last_error": "550 no mailbox", "created_at": "2026-01-02T03:05:05.678901Z", "next_attempt_at": null,
        "sent_at": null,
    });
    assert_eq!(list.body["items"][1], expected);
    let queued = app.call("root", get(&format!("{OUTBOX}?state=queued"))).await;
    assert_eq!((&queued.body["total"], &queued.body["items"][0]["state"]), (&json!(1), &json!("queued")));

    let first = app.call("boss", get(&format!("{OUTBOX}?page_size=1"))).await;
    assert_eq!(first.body["total_pages"], 2);
    let cursor = first.body["next_cursor"].as_str().unwrap();
    let second = app.call("boss", get(&format!("{OUTBOX}?page_size=1&cursor={cursor}"))).await;
    assert_eq!((&second.body["items"][0]["id"], &second.body["next_cursor"]), (&json!(failed), &Value::Null));
    let other = app.call("boss", get(&format!("{OUTBOX}?state=sent&cursor={cursor}"))).await;
    assert_eq!((other.status, other.wrong_fields()), (422, vec!["cursor"]));
    let wrong = app.call("boss", get(&format!("{OUTBOX}?state=lost&page=0&x=1"))).await;
    let mut fields = wrong.wrong_fields();
    fields.sort_unstable();
    assert_eq!((wrong.status, fields), (422, vec!["page", "state", "x"]));
}

#[actix_web::test]
async fn a_failed_mail_is_retried_and_cancelled() {
    let app = TestApp::new().await;
    let id = app.fail_mail("alice").await;
    let retried = app.call("boss", retry(id)).await;
    assert_eq!((retried.status, &retried.body["state"]), (200, &json!("queued")));
    let again = app.call("boss", retry(id)).await;
    assert_eq!((again.status, &again.body["type"]), (409, &json!("urn:steward:problem:wrong-mail-state")));
    assert_eq!(again.body["detail"], "The mail is queued");
    let denied = app.call("boss", cancel(id)).await;
    assert_eq!(denied.body["type"], "urn:steward:problem:cancelling-is-for-super-admins");
    assert_eq!(denied.status, 403);
    let cancelled = app.call("root", cancel(id)).await;
    assert_eq!((cancelled.status, cancelled.body), (204, Value::Null));
    assert_eq!(app.call("root", cancel(id)).await.status, 409);
    assert_eq!(app.call("root", retry(id)).await.status, 409);
    let actions: Vec<_> = app.audit_trail().await.into_iter().map(|entry| entry.action).collect();
    assert_eq!(actions, ["MAIL_CANCELLED", "MAIL_RETRIED"]);
}

#[actix_web::test]
async fn an_unknown_mail_is_404() {
    let app = TestApp::new().await;
    for id in ["1", "0", "-1", "x", "99999999999999999999"] {
        for request in [retry(id), cancel(id)] {
            let response = app.call("root", request).await;
            let expected = (404, &json!("urn:steward:problem:mail-not-found"));
            assert_eq!((response.status, &response.body["type"]), expected, "{id}");
        }
    }
}

#[actix_web::test]
async fn only_administrators_have_access_to_mails() {
    let app = TestApp::new().await;
    for request in [get(OUTBOX), retry(1), cancel(1)] {
        assert_eq!(app.call("alice", request).await.status, 403);
    }
    assert_eq!(app.send(get(OUTBOX)).await.status, 401);
}
