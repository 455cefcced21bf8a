use serde_json::{Value, json};

use super::super::helpers::{texts, toast, wait_for_count, wait_for_texts};
use super::{Stubbed, settings, wait_for_focus};

const RESEND: &str = "POST /api/auth/verify-email/resend";
const CHANGE: &str = "POST /api/auth/change-email";
const ME: &str = "/api/auth/me";

#[tokio::test]
async fn users_change_and_confirm_their_address() {
    let console = Stubbed::start().await;
    for (language, settings) in settings() {
        let t = |id: &str| language.t(id);
        let browser = console.browser(language, settings).await;
        browser.goto("/sign-in").await;
        language.sign_in(&browser, "alice", "test123").await;
        browser.wait_for_path("/account").await;
        assert_eq!(
            texts(&browser, "#email .address, #email .pill").await,
            [t("account-email-unconfirmed"), "alice@example.com".to_owned()]
        );
        for (status, code, text) in [
            (202, "", t("account-email-resent")),
            (409, "mail-off", t("account-mail-off")),
            (429, "too-many-requests", language.tw("sign-in-too-many", &[("seconds", "30")])),
        ] {
            if status == 202 {
                console.api.stub(RESEND, status, Value::Null);
            } else {
                console.api.refuse(RESEND, status, code, "No");
            }
            browser.click(&t("account-email-resend")).await;
            toast(&browser, &text).await;
        }

        let (address, password) = (t("account-email-new"), t("password"));
        let send = async |typed: &str, secret: &str| {
            browser.fill(&address, typed).await;
            browser.fill(&password, secret).await;
            browser.click(&t("account-email-change-button")).await;
        };
        send("new@", "secret").await;
        wait_for_texts(&browser, ".field-error", &[&t("user-email-wrong")]).await;
        wait_for_focus(&browser, "new_email").await;
        assert_eq!((browser.value(&address).await, browser.value(&password).await), ("new@".to_owned(), String::new()));
        console.api.refuse(CHANGE, 409, "mail-off", "This deployment sends no mails");
        send("new@example.com", "secret").await;
        wait_for_texts(&browser, ".field-error", &[&t("account-mail-off")]).await;
        console.api.invalidate(CHANGE, &[("password", "is not the password")]);
        send("new@example.com", "wrong").await;
        wait_for_texts(&browser, ".field-error", &[&t("account-email-password-wrong")]).await;
        wait_for_focus(&browser, "password").await;
        console.api.calls();
        console.api.stub(CHANGE, 202, Value::Null);
        send("new@example.com", "test123").await;
        toast(&browser, &language.tw("account-email-change-sent", &[("email", "new@example.com")])).await;
        let expected = json!({"new_email": "new@example.com", "password": "test123"});
        assert_eq!(console.api.calls(), [(CHANGE.to_owned(), expected)]);

        let alice = console.product.deployment.api.signed_in("alice", "test123").await;
        let mut me = alice.get(ME).send().await.expect(200).json().clone();
        me["email_verified_at"] = json!("2026-01-02T03:04:05Z");
        console.api.stub(&format!("GET {ME}"), 200, me);
        browser.goto("/account").await;
        assert_eq!(texts(&browser, "#email .pill").await, [t("account-email-confirmed")]);
        wait_for_count(&browser, "#email form", 1).await;
        console.api.remove(&format!("GET {ME}"));

        // The typed address outlasts the session.
        browser.fill(&address, "kept@example.com").await;
        browser.fill(&password, "test123").await;
        console.api.refuse(CHANGE, 401, "unauthenticated", "Could not validate credentials");
        browser.click(&t("account-email-change-button")).await;
        browser.wait_for_path("/sign-in").await;
        language.sign_in(&browser, "alice", "test123").await;
        browser.wait_for_path("/account").await;
        assert_eq!(browser.value(&address).await, "kept@example.com");
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn the_sign_in_page_asks_for_an_unconfirmed_address() {
    let console = Stubbed::start().await;
    console.api.refuse("POST /api/auth/login", 403, "email-unverified", "Confirm your e-mail address");
    for (language, settings) in settings() {
        let browser = console.browser(language, settings).await;
        browser.goto("/sign-in").await;
        language.sign_in(&browser, "alice", "test123").await;
        wait_for_texts(&browser, "[role=alert]", &[&language.t("sign-in-unverified")]).await;
        wait_for_focus(&browser, "password").await;
        assert_eq!(browser.errors().await, [""; 0]);
    }
}
