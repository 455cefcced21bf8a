use actix_web::test::TestRequest;
use serde_json::{Value, json};
use steward_contracts::services::InviteError;
use steward_domain::policy::Denied;
use steward_domain::{InvitationState, Role};
use steward_testkit::at;

use crate::testing::TestApp;
use crate::testing::http::{TestResponse, get, post};

const INVITATIONS: &str = "/api/admin/invitations";

fn delete(id: i64) -> TestRequest {
    TestRequest::delete().uri(&format!("{INVITATIONS}/{id}"))
}

fn addresses(response: &TestResponse) -> Vec<&str> {
    response.body["items"].as_array().unwrap().iter().map(|item| item["email"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn an_invitation_is_sent_through_the_auth_service() {
    let app = TestApp::new().await;
    let body = json!({"email": "Kim@Example.com", "role": "admin"});
    let response = app.call("root", post(INVITATIONS).set_json(&body)).await;
    let expected = json!({
        "id": 7, "email": "kim@example.com", "role": "admin", "locale": null, "state": "pending", "invited_by": "root",
        "invited_by_name": "root", "created_at": "2026-01-02T03:05:05.678901Z",
        "expires_at": "2026-01-09T03:05:05.678901Z", "accepted_at": null, "revoked_at": null, "user_id": null,
    });
    assert_eq!((response.status, &response.body), (201, &expected));
    let response = app.call("boss", post(INVITATIONS).set_json(json!({"email": "lee@example.com"}))).await;
    assert_eq!((response.status, &response.body["role"]), (201, &json!("user")));
    let response = app.call("boss", post(&format!("{INVITATIONS}/7/resend"))).await;
    assert_eq!((response.status, &response.body["id"]), (202, &json!(7)));
    let in_korean = json!({"email": "lee@example.com", "locale": "ko"});
    let response =
        app.call("boss", post(INVITATIONS).insert_header(("accept-language", "en")).set_json(in_korean)).await;
    assert_eq!((response.status, &response.body["locale"]), (201, &json!("ko")));
    let request = post(INVITATIONS).insert_header(("accept-language", "en-GB, ko;q=0.5"));
    app.call("boss", request.set_json(json!({"email": "lee@example.com"}))).await;
    let calls = app.credentials.invitations.take();
    assert_eq!(
        calls,
        [
            "root kim@example.com admin - 192.0.2.7",
            "boss lee@example.com user - 192.0.2.7",
            "boss 7 192.0.2.7",
            "boss lee@example.com user ko 192.0.2.7",
            "boss lee@example.com user en-GB 192.0.2.7",
        ]
    );
}

#[actix_web::test]
async fn a_rejection_is_a_problem() {
    let app = TestApp::new().await;
    let send = || post(INVITATIONS).set_json(json!({"email": "kim@example.com"}));
    let resend = || post(&format!("{INVITATIONS}/7/resend"));
    for (error, status, code) in [
        (InviteError::Unauthenticated, 401, "unauthenticated"),
        (InviteError::Denied(Denied::TargetIsAdministrator), 403, "target-is-administrator"),
        (InviteError::MailOff, 409, "mail-off"),
        (InviteError::Registered, 409, "taken"),
        (InviteError::Pending, 409, "invitation-pending"),
        (InviteError::Unavailable("no route".to_owned()), 503, "unavailable"),
    ] {
        app.credentials.rejection.replace(Some(error));
        for request in [send(), resend()] {
            let response = app.call("root", request).await;
            let kind = format!("urn:steward:problem:{code}");
            assert_eq!((response.status, &response.body["type"]), (status, &json!(kind)));
        }
    }
    for (error, status) in [(InviteError::NotFound, 404), (InviteError::Closed(InvitationState::Accepted), 409)] {
        app.credentials.rejection.replace(Some(error));
        assert_eq!(app.call("root", resend()).await.status, status);
    }
}

#[actix_web::test]
async fn invalid_fields_and_roles_that_are_denied_cause_no_call() {
    let app = TestApp::new().await;
    let invalid = json!({"email": "kim", "role": "emperor", "locale": "k", "name": "Kim"});
    let response = app.call("root", post(INVITATIONS).set_json(invalid)).await;
    let mut wrong = response.wrong_fields();
    wrong.sort_unstable();
    assert_eq!((response.status, wrong), (422, vec!["email", "locale", "name", "role"]));
    let admin = json!({"email": "kim@example.com", "role": "admin"});
    assert_eq!(app.call("boss", post(INVITATIONS).set_json(&admin)).await.status, 403);
    for request in [
        post(INVITATIONS).set_json(json!({"email": "kim@example.com"})),
        post(&format!("{INVITATIONS}/7/resend")),
        get(INVITATIONS),
        delete(7),
    ] {
        assert_eq!(app.call("alice", request).await.status, 403);
    }
    assert_eq!(app.call("root", post(&format!("{INVITATIONS}/x/resend"))).await.status, 404);
    assert!(app.credentials.invitations.take().is_empty());
}

#[actix_web::test]
async fn invitations_are_listed_by_state_and_page() {
    let app = TestApp::new().await;
    for n in 0..3 {
        app.invitation(&format!("kim{n}@example.com"), Role::User).await;
    }
    let first = app.call("boss", get(&format!("{INVITATIONS}?page_size=2"))).await;
    assert_eq!((first.status, addresses(&first)), (200, vec!["kim2@example.com", "kim1@example.com"]));
    assert_eq!((&first.body["total"], &first.body["total_pages"]), (&json!(3), &json!(2)));
    let cursor = first.body["next_cursor"].as_str().unwrap();
    let next = app.call("boss", get(&format!("{INVITATIONS}?page_size=2&cursor={cursor}"))).await;
    assert_eq!((addresses(&next), &next.body["next_cursor"]), (vec!["kim0@example.com"], &Value::Null));

    let id = first.body["items"][0]["id"].as_i64().unwrap();
    assert_eq!(app.call("boss", delete(id)).await.status, 204);
    for (state, expected) in [
        ("revoked", vec!["kim2@example.com"]),
        ("pending", vec!["kim1@example.com", "kim0@example.com"]),
        ("expired", vec![]),
        ("accepted", vec![]),
    ] {
        let response = app.call("root", get(&format!("{INVITATIONS}?state={state}"))).await;
        assert_eq!((response.status, addresses(&response)), (200, expected), "{state}");
    }
    app.clock.set(at(60 + 7 * 24 * 3600));
    let expired = app.call("root", get(&format!("{INVITATIONS}?state=expired"))).await;
    assert_eq!(expired.body["items"][0]["state"], "expired");
    let other = app.call("root", get(&format!("{INVITATIONS}?state=revoked&cursor={cursor}"))).await;
    assert_eq!((other.status, other.wrong_fields()), (422, vec!["cursor"]));
    assert_eq!(app.call("root", get(&format!("{INVITATIONS}?state=open"))).await.wrong_fields(), ["state"]);
}

#[actix_web::test]
async fn an_invitation_is_revoked_once_and_by_policy() {
    let app = TestApp::new().await;
    let admin = app.invitation("chief2@example.com", Role::Admin).await;
    assert_eq!(app.call("boss", delete(admin.id)).await.status, 403);
    assert_eq!(app.call("root", delete(admin.id)).await.status, 204);
    let again = app.call("root", delete(admin.id)).await;
    assert_eq!((again.status, &again.body["detail"]), (409, &json!("The invitation is revoked")));
    assert_eq!(app.call("root", delete(admin.id + 1)).await.status, 404);
}
