use serde_json::{Value, json};
use steward_domain::{Email, LinkError, UserChange};
use steward_testkit::{a_user, at};

use crate::login::SignInOutcome;
use crate::testing::http::{TestResponse, get, post, with_token};
use crate::testing::{PASSWORD, TestApp};

const FORGOT: &str = "/api/auth/forgot-password";
const RESET: &str = "/api/auth/reset-password";
const VERIFY: &str = "/api/auth/verify-email";
const RESEND: &str = "/api/auth/verify-email/resend";
const CHANGE: &str = "/api/auth/change-email";
const CONFIRM: &str = "/api/auth/change-email/confirm";
const UNDO: &str = "/api/auth/change-email/undo";
const NEW: &str = "battery staple";

async fn call(app: &TestApp, path: &str, body: Value) -> TestResponse {
    app.call(post(path).set_json(body)).await
}

async fn with_alice() -> TestApp {
    let app = TestApp::new().await;
    app.create(a_user("alice")).await;
    app
}

async fn sign_in(app: &TestApp) -> String {
    app.log_in("alice", PASSWORD).await.unwrap().token
}

async fn is_signed_in(app: &TestApp, token: &str) -> bool {
    app.call(with_token(get("/api/auth/me"), token)).await.status == 200
}

/// Requests a link for alice and resolves the request. Returns the token.
async fn reset_token(app: &TestApp) -> String {
    assert_eq!(call(app, FORGOT, json!({"user_id": "alice"})).await.status, 202);
    while app.service.resolve_password_reset().await.unwrap() {}
    app.token_in("reset_password")
}

/// Checks the status, the type and the reason of a rejected link.
fn assert_rejected(response: &TestResponse, reason: LinkError) {
    assert_eq!(response.status, 400, "{}", response.body);
    assert!(response.body["type"].as_str().unwrap().ends_with("invalid-or-expired-token"), "{}", response.body);
    assert_eq!(response.body["reason"], reason.code());
    assert_eq!(response.body["detail"], reason.to_string());
}

#[actix_web::test]
async fn a_forgotten_password_gets_the_same_response_for_every_account() {
    let app = with_alice().await;
    app.create(a_user("eve").inactive()).await;
    for account in [
        json!({"user_id": "alice"}),
        json!({"user_id": "ALICE"}),
        json!({"user_id": "eve"}),
        json!({"user_id": "unknown"}),
        json!({"email": "alice@example.com"}),
        json!({"email": "unknown@example.com"}),
    ] {
        let response = call(&app, FORGOT, account.clone()).await;
        assert_eq!((response.status, response.body), (202, Value::Null), "{account}");
    }
}

#[actix_web::test]
async fn a_forgotten_password_needs_exactly_one_name() {
    let app = with_alice().await;
    for (body, field) in [
        (json!({}), "email"),
        (json!({"user_id": "alice", "email": "alice@example.com"}), "email"),
        (json!({"user_id": "a"}), "user_id"),
        (json!({"email": "alice"}), "email"),
        (json!({"user_id": 1}), "user_id"),
        (json!({"user_id": "alice", "host": "evil.example"}), "host"),
    ] {
        let response = call(&app, FORGOT, body.clone()).await;
        assert_eq!((response.status, response.body["errors"][0]["field"].as_str()), (422, Some(field)), "{body}");
    }
}

#[actix_web::test]
async fn a_link_sets_a_new_password_once() {
    let app = with_alice().await;
    let session = sign_in(&app).await;
    let token = reset_token(&app).await;
    let body = json!({"token": token, "new_password": NEW});
    let response = call(&app, RESET, body.clone()).await;
    assert_eq!((response.status, response.body), (204, Value::Null));
    assert!(!is_signed_in(&app, &session).await);
    assert!(matches!(app.log_in("alice", PASSWORD).await, Err(SignInOutcome::WrongCredentials)));
    let user = app.log_in("alice", NEW).await.unwrap().user;
    assert!(!user.must_change_password && user.email_verified_at.is_some());
    assert_eq!(app.mails().last().unwrap().kind, "password_changed");
    let entry = &app.audit_trail().await[0];
    assert_eq!((entry.action.as_str(), entry.actor_id.as_str()), ("PASSWORD_RESET_BY_LINK", "alice"));
    assert_rejected(&call(&app, RESET, body).await, LinkError::Used);
}

#[actix_web::test]
async fn a_rejected_link_names_the_reason_and_costs_no_hash() {
    let app = with_alice().await;
    let superseded = reset_token(&app).await;
    let token = reset_token(&app).await;
    let hashes = app.hashes();
    let reset = async |token: &str| call(&app, RESET, json!({"token": token, "new_password": NEW})).await;
    assert_rejected(&reset("garbage").await, LinkError::Unknown);
    assert_rejected(&reset(&"A".repeat(43)).await, LinkError::Unknown);
    assert_rejected(&reset(&superseded).await, LinkError::Superseded);
    app.clock.set(at(1799));
    let weak = call(&app, RESET, json!({"token": token, "new_password": "password123"})).await;
    assert_eq!((weak.status, &weak.body["errors"][0]["field"]), (422, &json!("new_password")));
    app.clock.set(at(1800));
    assert_rejected(&reset(&token).await, LinkError::Expired);
    assert_eq!(app.hashes(), hashes + 1, "only the weak password was checked");
    assert!(app.log_in("alice", PASSWORD).await.is_ok());
}

#[actix_web::test]
async fn a_link_is_for_its_purpose_only() {
    let app = with_alice().await;
    let token = reset_token(&app).await;
    for path in [VERIFY, CONFIRM, UNDO] {
        assert_rejected(&call(&app, path, json!({"token": token})).await, LinkError::Unknown);
    }
    for body in [json!({}), json!({"token": 7}), json!({"token": "A".repeat(101)})] {
        for path in [RESET, VERIFY, CONFIRM, UNDO] {
            let response = call(&app, path, body.clone()).await;
            assert_eq!((response.status, &response.body["errors"][0]["field"]), (422, &json!("token")), "{path}");
        }
    }
}

#[actix_web::test]
async fn a_changed_or_deactivated_account_supersedes_the_link() {
    for change in [
        UserChange { email: Email::parse("new@example.com").ok(), ..UserChange::default() },
        UserChange { is_active: Some(false), ..UserChange::default() },
    ] {
        let app = with_alice().await;
        let token = reset_token(&app).await;
        app.change("alice", change).await;
        let response = call(&app, RESET, json!({"token": token, "new_password": NEW})).await;
        assert_rejected(&response, LinkError::Superseded);
    }
}

#[actix_web::test]
async fn a_registration_mails_a_link_that_confirms_the_address() {
    let app = TestApp::new().await;
    let body = json!({"user_id": "gildong", "email": "g@example.com", "name": "홍길동", "password": "correct horse"});
    let request = post("/api/auth/register").insert_header(("accept-language", "ko-KR,ko;q=0.9")).set_json(body);
    assert_eq!(app.call(request).await.status, 201);
    let address = "g@example.com".to_owned();
    assert_eq!(app.mailed(), [("welcome".to_owned(), address.clone()), ("verify_email".to_owned(), address)]);
    assert!(app.mails().iter().all(|mail| mail.locale.as_deref() == Some("ko-KR")));
    assert_eq!(app.user("gildong").await.email_verified_at, None);
    app.clock.set(at(9));
    let token = app.token_in("verify_email");
    assert_eq!(call(&app, VERIFY, json!({"token": token})).await.status, 204);
    assert_eq!(app.user("gildong").await.email_verified_at, Some(at(9)));
    assert_eq!(app.audit_trail().await[0].action, "EMAIL_VERIFIED");
    assert_rejected(&call(&app, VERIFY, json!({"token": token})).await, LinkError::Used);
}

#[actix_web::test]
async fn a_verification_is_sent_again_until_the_address_is_confirmed() {
    let app = with_alice().await;
    assert_eq!(app.call(post(RESEND)).await.status, 401);
    let session = sign_in(&app).await;
    for mails in [1, 2, 3, 3] {
        assert_eq!(app.call(with_token(post(RESEND), &session)).await.status, 202);
        assert_eq!(app.mails().len(), mails);
    }
    assert_eq!(app.audit_trail().await[0].action, "EMAIL_VERIFICATION_REQUESTED");
    assert_eq!(call(&app, VERIFY, json!({"token": app.token_in("verify_email")})).await.status, 204);
    app.clock.set(at(3601));
    let session = sign_in(&app).await;
    assert_eq!(app.call(with_token(post(RESEND), &session)).await.status, 202);
    assert_eq!(app.mails().iter().filter(|mail| mail.kind == "verify_email").count(), 3);
}

#[actix_web::test]
async fn a_change_of_address_is_confirmed_and_undone() {
    let app = with_alice().await;
    let session = sign_in(&app).await;
    let body = json!({"new_email": "New@Example.com", "password": PASSWORD});
    let response = app.call(with_token(post(CHANGE).set_json(body), &session)).await;
    assert_eq!((response.status, response.body), (202, Value::Null));
    assert_eq!(app.user("alice").await.email.as_str(), "alice@example.com");
    assert_eq!(app.only_mail().address, "new@example.com");

    app.clock.set(at(5));
    let token = app.token_in("confirm_email_change");
    assert_eq!(call(&app, CONFIRM, json!({"token": token})).await.status, 204);
    let alice = app.user("alice").await;
    assert_eq!((alice.email.as_str(), alice.email_verified_at), ("new@example.com", Some(at(5))));
    assert!(is_signed_in(&app, &session).await);
    let notice = app.mails().pop().unwrap();
    assert_eq!((notice.kind.as_str(), notice.address.as_str()), ("email_changed", "alice@example.com"));
    assert!(notice.content.contains("new@example.com"));

    let undo = json!({"token": app.token_in("email_changed")});
    assert_eq!(call(&app, UNDO, undo.clone()).await.status, 204);
    assert_eq!(app.user("alice").await.email.as_str(), "alice@example.com");
    assert!(!is_signed_in(&app, &session).await);
    assert!(app.log_in("alice", PASSWORD).await.is_err(), "another person may know the password");
    let mail = app.mails().pop().unwrap();
    assert_eq!((mail.kind.as_str(), mail.address.as_str()), ("reset_password", "alice@example.com"));
    let reset = json!({"token": app.token_in("reset_password"), "new_password": NEW});
    assert_eq!(call(&app, RESET, reset).await.status, 204);
    assert_rejected(&call(&app, UNDO, undo).await, LinkError::Used);
    let actions: Vec<_> = app.audit_trail().await.into_iter().take(4).map(|entry| entry.action).collect();
    assert_eq!(actions, ["PASSWORD_RESET_BY_LINK", "EMAIL_CHANGE_UNDONE", "EMAIL_CHANGED", "EMAIL_CHANGE_REQUESTED"]);
}

#[actix_web::test]
async fn a_change_of_address_needs_the_password_and_another_address() {
    let app = with_alice().await;
    let session = sign_in(&app).await;
    let change = async |new: &str, password: &str| {
        let body = json!({"new_email": new, "password": password});
        app.call(with_token(post(CHANGE).set_json(body), &session)).await
    };
    for (new, password, field) in [
        ("alice", PASSWORD, "new_email"),
        ("ALICE@example.com", PASSWORD, "new_email"),
        ("new@example.com", "", "password"),
        ("new@example.com", "wrong", "password"),
        ("new@example.com", "wrong", "password"),
        ("new@example.com", "wrong", "password"),
        ("new@example.com", "wrong", "password"),
        ("new@example.com", "wrong", "password"),
    ] {
        let response = change(new, password).await;
        assert_eq!((response.status, &response.body["errors"][0]["field"]), (422, &json!(field)), "{new} {password}");
    }
    assert_eq!(change("new@example.com", PASSWORD).await.status, 429);
    let anonymous = post(CHANGE).set_json(json!({"new_email": "new@example.com", "password": PASSWORD}));
    assert_eq!(app.call(anonymous).await.status, 401);
    assert!(app.mails().is_empty());
}

#[actix_web::test]
async fn a_taken_address_gets_no_mail_and_the_same_response() {
    let app = with_alice().await;
    app.create(a_user("bob")).await;
    let session = sign_in(&app).await;
    let change = async |new: &str| {
        let body = json!({"new_email": new, "password": PASSWORD});
        app.call(with_token(post(CHANGE).set_json(body), &session)).await
    };
    let (taken, free) = (change("bob@example.com").await, change("free@example.com").await);
    assert_eq!((taken.status, &taken.body), (free.status, &free.body));
    assert_eq!(app.only_mail().address, "free@example.com");
    let entries = async || app.audit_trail().await.iter().filter(|e| e.action == "EMAIL_CHANGE_REQUESTED").count();
    for (address, mails) in
        [("free@example.com", 2), ("bob@example.com", 2), ("free@example.com", 3), ("free@example.com", 3)]
    {
        let before = entries().await;
        assert_eq!(change(address).await.status, 202);
        assert_eq!((app.mails().len(), entries().await), (mails, before + 1));
    }

    app.create(a_user("carol").email("free@example.com")).await;
    let confirmed = call(&app, CONFIRM, json!({"token": app.token_in("confirm_email_change")})).await;
    assert_eq!((confirmed.status, &confirmed.body["detail"]), (409, &json!("email is already taken")));
    assert_eq!(app.user("alice").await.email.as_str(), "alice@example.com");
}

#[actix_web::test]
async fn without_mail_only_a_signed_in_user_learns_it() {
    let app = TestApp::without_mail().await;
    app.create(a_user("alice")).await;
    assert_eq!(call(&app, FORGOT, json!({"user_id": "alice"})).await.status, 202);
    let session = sign_in(&app).await;
    let body = json!({"new_email": "new@example.com", "password": PASSWORD});
    for request in [post(CHANGE).set_json(body), post(RESEND)] {
        let response = app.call(with_token(request, &session)).await;
        assert_eq!(response.status, 409);
        assert!(response.body["type"].as_str().unwrap().ends_with("mail-off"));
    }
    let body = json!({"user_id": "gildong", "email": "g@example.com", "name": "G", "password": "correct horse"});
    assert_eq!(call(&app, "/api/auth/register", body).await.status, 201);
    assert!(app.mails().is_empty());
}
