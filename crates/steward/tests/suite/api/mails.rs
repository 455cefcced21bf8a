//! Mails as users get them: from a request, through the outbox and the folder of .eml files, to the link that works.

use futures_util::future::join;
use serde_json::json;
use steward_testkit::http::{Api, Response};

use crate::support::{Deployment, Mail, Shape, mail_to, mails};

in_every_shape!(
    a_forgotten_password_is_reset_by_the_link_of_the_mail,
    a_new_user_confirms_the_address_by_the_link_of_the_mail,
    an_invited_person_creates_the_account_by_the_link_of_the_mail,
    a_created_user_sets_the_first_password_by_the_link_of_the_mail,
    an_administrator_mails_a_link_to_set_a_password,
    an_address_that_an_administrator_sets_is_confirmed_by_the_link_of_the_mail,
    a_forgotten_password_restores_a_deleted_account,
    a_request_for_an_unknown_account_sends_no_mail,
    a_link_in_two_browsers_counts_once,
);

const NEW: &str = "battery staple";

/// Headers by which a client could name another host.
const FORGED: [(&str, &str); 4] = [
    ("host", "evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("forwarded", "host=evil.example"),
    ("origin", "https://evil.example"),
];

async fn post(api: &Api, path: &str, body: serde_json::Value) -> Response {
    api.post(path).json(body).send().await
}

/// As [`post`], with headers that name another host.
async fn post_forged(api: &Api, path: &str, body: serde_json::Value) -> Response {
    let call = FORGED.iter().fold(api.post(path), |call, (name, value)| call.header(name, value));
    call.json(body).send().await
}

/// Checks that the mail is about no other host.
fn assert_not_forged(mail: &Mail) {
    assert!(!mail.text.contains("evil.example") && !mail.html.contains("evil.example"), "{mail:?}");
}

async fn a_forgotten_password_is_reset_by_the_link_of_the_mail(deployment: Deployment) {
    let api = &deployment.api;
    let alice = api.signed_in("alice", "test123").await;
    post_forged(api, "/api/auth/forgot-password", json!({"user_id": "ALICE"})).await.expect(202);
    let address = alice.get("/api/auth/me").send().await.expect(200).text("email").to_owned();
    let mail = mail_to(&deployment, &address, "reset-password").await;
    assert!(!mail.subject.is_empty());
    assert_not_forged(&mail);

    let token = mail.token("reset-password");
    let reset = json!({"token": token, "new_password": NEW});
    post(api, "/api/auth/reset-password", reset.clone()).await.expect(204);
    assert_eq!(alice.get("/api/auth/me").send().await.status(), 401, "every session has ended");
    assert_eq!(api.login("alice", "test123").await.status(), 401);
    assert_eq!(api.login("alice", NEW).await.status(), 200);
    let again = post(api, "/api/auth/reset-password", reset).await.problem(400, "The link was used before");
    assert!(again.text("type").ends_with("invalid-or-expired-token"), "{}", again.text("type"));
    assert_eq!(again.text("reason"), "used");
}

async fn a_new_user_confirms_the_address_by_the_link_of_the_mail(deployment: Deployment) {
    let api = &deployment.api;
    let body = json!({
        "user_id": "gildong", "email": "gildong@example.com", "name": "홍길동 <b>", "password": "correct horse"
    });
    assert!(post_forged(api, "/api/auth/register", body).await.expect(201).json()["email_verified_at"].is_null());
    let mail = mail_to(&deployment, "gildong@example.com", "verify-email").await;
    assert_not_forged(&mail);
    let token = mail.token("verify-email");
    post(api, "/api/auth/verify-email", json!({"token": token})).await.expect(204);
    let gildong = api.signed_in("gildong", "correct horse").await;
    assert!(gildong.get("/api/auth/me").send().await.expect(200).json()["email_verified_at"].is_string());
}

async fn an_invited_person_creates_the_account_by_the_link_of_the_mail(deployment: Deployment) {
    let (api, manager) = (&deployment.api, deployment.manager().await);
    let invitation = json!({"email": "invited@example.com", "role": "user", "locale": "ko"});
    post_forged(&manager, "/api/admin/invitations", invitation).await.expect(201);
    let mail = mail_to(&deployment, "invited@example.com", "accept-invitation").await;
    assert_not_forged(&mail);
    assert!(mail.subject.contains("초대"), "{}", mail.subject);
    let token = mail.token("accept-invitation");
    let account = json!({"token": token, "user_id": "invited", "name": "Invited", "password": NEW});
    let created = post(api, "/api/auth/accept-invitation", account).await.expect(201);
    assert_eq!((created.text("email"), created.text("role")), ("invited@example.com", "user"));
    assert_eq!(created.text("locale"), "ko");
    assert_eq!(api.login("invited", NEW).await.status(), 200);
}

async fn a_created_user_sets_the_first_password_by_the_link_of_the_mail(deployment: Deployment) {
    let (api, manager) = (&deployment.api, deployment.manager().await);
    let user = json!({"user_id": "kim", "email": "kim@example.com", "name": "김민서", "invite": true});
    let created = post(&manager, "/api/admin/users", user).await.expect(201);
    assert_eq!(created.json().get("temporary_password"), None);
    let token = mail_to(&deployment, "kim@example.com", "reset-password").await.token("reset-password");
    let reset = json!({"token": token, "new_password": NEW});
    post(api, "/api/auth/reset-password", reset).await.expect(204);
    let kim = api.signed_in("kim", NEW).await;
    assert!(kim.get("/api/auth/me").send().await.expect(200).json()["email_verified_at"].is_string());
    let sent: Vec<_> = mails(&deployment).into_iter().filter(|mail| mail.to == "kim@example.com").collect();
    assert_eq!(sent.len(), 1, "neither a welcome nor a link that confirms the address");
}

async fn an_administrator_mails_a_link_to_set_a_password(deployment: Deployment) {
    const RESET: &str = "/api/admin/users/alice/reset-password";
    let (api, manager) = (&deployment.api, deployment.manager().await);
    let both = json!({"delivery": "link", "new_password": NEW});
    post(&manager, RESET, both).await.expect(400);
    let alice = api.signed_in("alice", "test123").await;
    let sent = post(&manager, RESET, json!({"delivery": "link"})).await.expect(200);
    assert_eq!((sent.text("user_id"), &sent.json()["temporary_password"]), ("alice", &json!(null)));
    assert_eq!(alice.get("/api/auth/me").send().await.status(), 401, "every session has ended");
    assert_eq!(api.login("alice", "test123").await.status(), 401);
    let token = mail_to(&deployment, sent.text("recipient"), "reset-password").await.token("reset-password");
    let reset = json!({"token": token, "new_password": NEW});
    post(api, "/api/auth/reset-password", reset).await.expect(204);
    assert_eq!(api.login("alice", NEW).await.expect(200).json()["must_change_password"], false);
    let inactive = "/api/admin/users/inactive_user/reset-password";
    let refused = post(&manager, inactive, json!({"delivery": "link"})).await.expect(409);
    assert!(refused.text("type").ends_with("user-inactive"), "{}", refused.text("type"));
}

async fn an_address_that_an_administrator_sets_is_confirmed_by_the_link_of_the_mail(deployment: Deployment) {
    let (api, manager) = (&deployment.api, deployment.manager().await);
    let change = json!({"email": "alice@new.example"});
    manager.put("/api/admin/users/alice").json(change).send().await.expect(200);
    let token = mail_to(&deployment, "alice@new.example", "verify-email").await.token("verify-email");
    post(api, "/api/auth/verify-email", json!({"token": token})).await.expect(204);
    let alice = manager.get("/api/admin/users/alice").send().await.expect(200);
    assert!(alice.json()["email_verified_at"].is_string());
}

/// A thief may have changed the password and deleted the account.
async fn a_forgotten_password_restores_a_deleted_account(deployment: Deployment) {
    let (api, alice) = (&deployment.api, deployment.api.signed_in("alice", "test123").await);
    let address = alice.get("/api/auth/me").send().await.expect(200).text("email").to_owned();
    alice.delete("/api/auth/me").json(json!({"password": "test123"})).send().await.expect(202);
    post(api, "/api/auth/forgot-password", json!({"user_id": "alice"})).await.expect(202);
    let token = mail_to(&deployment, &address, "reset-password").await.token("reset-password");
    post(api, "/api/auth/reset-password", json!({"token": token, "new_password": NEW})).await.expect(204);
    assert_eq!(api.login("alice", NEW).await.status(), 200);
}

/// Requests are resolved in order, so the mail of a later one shows that the earlier ones are resolved.
async fn a_request_for_an_unknown_account_sends_no_mail(deployment: Deployment) {
    let api = &deployment.api;
    for body in [
        json!({"user_id": "unknown"}),
        json!({"email": "unknown@example.com"}),
        json!({"user_id": "inactive_user"}),
        json!({"user_id": "bob"}),
    ] {
        post(api, "/api/auth/forgot-password", body).await.expect(202);
    }
    let bob = api.signed_in("bob", "test123").await;
    let address = bob.get("/api/auth/me").send().await.expect(200).text("email").to_owned();
    mail_to(&deployment, &address, "reset-password").await;
    let resets: Vec<_> = mails(&deployment)
        .into_iter()
        .filter(|mail| mail.text.contains("/reset-password?"))
        .map(|mail| mail.to)
        .collect();
    assert_eq!(resets, [address]);
}

async fn a_link_in_two_browsers_counts_once(deployment: Deployment) {
    let api = &deployment.api;
    post(api, "/api/auth/forgot-password", json!({"user_id": "alice"})).await.expect(202);
    let token = mail_to(&deployment, "alice@example.com", "reset-password").await.token("reset-password");
    let passwords = ["first browser's own", "other browser's own"];
    let reset = |password: &str| {
        post_owned(api.reconnected(), "/api/auth/reset-password", json!({"token": token, "new_password": password}))
    };
    let (first, other) = join(reset(passwords[0]), reset(passwords[1])).await;
    let (winner, loser) = if first.status() == 204 { (0, other) } else { (1, first) };
    loser.problem(400, "The link was used before");
    assert_eq!(api.login("alice", passwords[winner]).await.status(), 200);
    assert_eq!(api.login("alice", passwords[1 - winner]).await.status(), 401);
    let admin = deployment.super_admin().await;
    let entries =
        admin.get("/api/admin/audit-logs?target=alice&action=PASSWORD_RESET_BY_LINK").send().await.expect(200);
    assert_eq!(entries.json()["total"], 1);
}

async fn post_owned(api: Api, path: &'static str, body: serde_json::Value) -> Response {
    post(&api, path, body).await
}

#[tokio::test]
async fn a_hostile_name_is_refused_or_stays_one_line_of_text() {
    let deployment = Deployment::start(Shape::Postgres).await;
    let api = &deployment.api;
    let register = async |user_id: &str, name: &str| {
        let email = format!("{user_id}@example.com");
        let body = json!({"user_id": user_id, "email": email, "name": name, "password": "correct horse"});
        post(api, "/api/auth/register", body).await
    };
    for name in ["Eve\r\nBcc: mallory@evil.example", "Eve\0", "Eve\u{202E}nimda", "Eve\u{2066}", "Eve\u{2028}x"] {
        assert_eq!(register("eve-l", name).await.expect(422).invalid_fields(), ["name"], "{name:?}");
    }
    let accepted =
        [("four-bytes", "𐍈 👩\u{200D}👧 𠮷野家"), ("from-the-right", "שלום עולם"), ("in-arabic", "مرحبا ١٢٣")];
    for (user_id, name) in accepted {
        register(user_id, name).await.expect(201);
    }
    // A name of an earlier release, which no rule checked.
    let stored = "Eve\r\nBcc: mallory@evil.example\r\n\r\n<b>\u{202E}=?utf-8?q?Admin?=";
    let literal = stored.replace('\r', "\\r").replace('\n', "\\n");
    deployment.database.execute(&format!("UPDATE users SET name = E'{literal}' WHERE user_id = 'bob'"));
    post(api, "/api/auth/forgot-password", json!({"user_id": "bob"})).await.expect(202);

    let plain = mail_to(&deployment, "four-bytes@example.com", "verify-email").await.headers;
    for (user_id, name) in accepted {
        let mail = mail_to(&deployment, &format!("{user_id}@example.com"), "verify-email").await;
        assert_eq!((mail.name.as_deref(), &mail.headers), (Some(name), &plain));
        assert!(mail.text.contains(name) && mail.html.contains(name), "{mail:?}");
        let isolated = format!("\u{2068}{name}\u{2069}");
        assert_eq!(mail.text.contains(&isolated) && mail.html.contains(&isolated), user_id != "four-bytes", "{mail:?}");
    }
    let mail = mail_to(&deployment, "bob@example.com", "reset-password").await;
    assert_eq!(mail.headers, plain);
    assert!(mail.name.as_deref().is_none_or(|name| !name.contains(['\r', '\n', '\u{202E}'])), "{mail:?}");
    assert!(!mail.html.contains("<b>") && !mail.text.contains('\u{202E}'), "{mail:?}");
    assert!(mails(&deployment).iter().all(|mail| !mail.to.contains("mallory")));
}
