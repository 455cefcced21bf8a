//! Mails as users get them: from a request, through the outbox and the folder of .eml files, to the link that works.

use std::fs;

use mail_parser::MessageParser;
use serde_json::json;
use steward_testkit::http::{Api, Response};

use crate::support::{Deployment, until};

in_every_shape!(
    a_forgotten_password_is_reset_by_the_link_of_the_mail,
    a_new_user_confirms_the_address_by_the_link_of_the_mail,
    an_invited_person_creates_the_account_by_the_link_of_the_mail,
    a_request_for_an_unknown_account_sends_no_mail,
);

const NEW: &str = "battery staple";

/// A mail in the folder.
struct Mail {
    to: String,
    subject: String,
    text: String,
}

impl Mail {
    /// The token of the link that leads to this page.
    fn token(&self, page: &str) -> String {
        let (_, rest) = self.text.split_once(&format!("/{page}?token=")).unwrap();
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
    }
}

fn mails(deployment: &Deployment) -> Vec<Mail> {
    let Ok(folder) = fs::read_dir(deployment.folder.path().join("data/mail")) else { return Vec::new() };
    let files = folder.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "eml"));
    files
        .map(|file| {
            let bytes = fs::read(file).unwrap();
            let mail = MessageParser::default().parse(&bytes).unwrap();
            Mail {
                to: mail.to().unwrap().first().unwrap().address().unwrap().to_owned(),
                subject: mail.subject().unwrap().to_owned(),
                text: mail.body_text(0).unwrap().into_owned(),
            }
        })
        .collect()
}

/// Waits for a mail to this address with a link to this page.
async fn mail_to(deployment: &Deployment, address: &str, page: &str) -> Mail {
    let mut found = None;
    until("the mail is in the folder", async || {
        let is_it = |mail: &Mail| mail.to == address && mail.text.contains(&format!("/{page}?token="));
        found = mails(deployment).into_iter().find(is_it);
        found.is_some()
    })
    .await;
    found.unwrap()
}

async fn post(api: &Api, path: &str, body: serde_json::Value) -> Response {
    api.post(path).json(body).send().await
}

async fn a_forgotten_password_is_reset_by_the_link_of_the_mail(deployment: Deployment) {
    let api = &deployment.api;
    let alice = api.signed_in("alice", "test123").await;
    let call = api.post("/api/auth/forgot-password").header("X-Forwarded-Host", "evil.example");
    call.json(json!({"user_id": "ALICE"})).send().await.expect(202);
    let address = alice.get("/api/auth/me").send().await.expect(200).text("email").to_owned();
    let mail = mail_to(&deployment, &address, "reset-password").await;
    assert!(!mail.subject.is_empty() && !mail.text.contains("evil.example"), "{}", mail.text);

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
    assert!(post(api, "/api/auth/register", body).await.expect(201).json()["email_verified_at"].is_null());
    let token = mail_to(&deployment, "gildong@example.com", "verify-email").await.token("verify-email");
    post(api, "/api/auth/verify-email", json!({"token": token})).await.expect(204);
    let gildong = api.signed_in("gildong", "correct horse").await;
    assert!(gildong.get("/api/auth/me").send().await.expect(200).json()["email_verified_at"].is_string());
}

async fn an_invited_person_creates_the_account_by_the_link_of_the_mail(deployment: Deployment) {
    let (api, manager) = (&deployment.api, deployment.manager().await);
    let invitation = json!({"email": "invited@example.com", "role": "user"});
    post(&manager, "/api/admin/invitations", invitation).await.expect(201);
    let token = mail_to(&deployment, "invited@example.com", "accept-invitation").await.token("accept-invitation");
    let account = json!({"token": token, "user_id": "invited", "name": "Invited", "password": NEW});
    let created = post(api, "/api/auth/accept-invitation", account).await.expect(201);
    assert_eq!((created.text("email"), created.text("role")), ("invited@example.com", "user"));
    assert_eq!(api.login("invited", NEW).await.status(), 200);
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
