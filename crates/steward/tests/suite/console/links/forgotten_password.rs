use serde_json::{Value, json};

use super::super::helpers::{attribute, wait_for_count, wait_for_heading, wait_for_texts};
use super::super::language::Language;
use super::{FORGOT, NEW, RESET, Stubbed, TOKEN, link_to, settings, wait_for_focus};

#[tokio::test]
async fn a_forgotten_password_has_one_response_for_every_account() {
    let console = Stubbed::start().await;
    for (language, settings) in settings() {
        let t = |id: &str| language.t(id);
        let has_scripts = settings.javascript;
        let browser = console.browser(language, settings).await;
        for (account, sent) in [
            ("alice", json!({"user_id": "alice"})),
            (" Alice@Example.com ", json!({"email": "Alice@Example.com"})),
            ("x7", json!({"user_id": "x7"})),
        ] {
            console.api.stub(FORGOT, 202, Value::Null);
            if account == "x7" {
                console.api.invalidate(FORGOT, &[("user_id", "must be at least 3 characters")]);
            }
            browser.goto("/sign-in").await;
            if has_scripts {
                browser.click(&t("show")).await;
                browser.click(&t("hide")).await;
                assert_eq!(attribute(&browser, "#password", "type").await, "password");
            }
            browser.click(&t("forgot-password")).await;
            wait_for_heading(&browser, &t("forgot-title")).await;
            wait_for_focus(&browser, "account").await;
            browser.fill(&t("forgot-account"), account).await;
            browser.click(&t("forgot-button")).await;
            browser.wait_for_path("/forgot-password/sent").await;
            browser.wait_for(&t("forgot-sent-text")).await;
            assert!(!browser.text().await.contains(account.trim()), "{account}");
            assert_eq!(console.api.calls(), [(FORGOT.to_owned(), sent)]);
        }
        browser.click(&t("forgot-again")).await;
        browser.wait_for_path("/forgot-password").await;

        // A failed call keeps the typed text.
        console.api.refuse(FORGOT, 429, "too-many-requests", "Too many requests");
        browser.fill(&t("forgot-account"), "alice").await;
        browser.click(&t("forgot-button")).await;
        wait_for_texts(&browser, "[role=alert]", &[&language.tw("sign-in-too-many", &[("seconds", "30")])]).await;
        assert_eq!(browser.value(&t("forgot-account")).await, "alice");
        assert_eq!(console.api.calls(), [(FORGOT.to_owned(), json!({"user_id": "alice"}))]);
        wait_for_focus(&browser, "account").await;
        browser.click(&t("back-to-sign-in")).await;
        browser.wait_for_path("/sign-in").await;
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_link_sets_a_new_password() {
    let console = Stubbed::start().await;
    console.api.stub(RESET, 204, Value::Null);
    for (language, settings) in settings() {
        let t = |id: &str| language.t(id);
        let has_scripts = settings.javascript;
        let browser = console.browser(language, settings).await;
        browser.goto(&link_to("/reset-password")).await;
        wait_for_heading(&browser, &t("account-must-change")).await;
        let (new, repeated) = (t("account-new-password"), t("account-repeated-password"));
        let save = t("reset-password-button");
        if has_scripts {
            browser.fill(&new, "abc").await;
            wait_for_texts(&browser, ".strength b", &[&t("account-strength-very-weak")]).await;
            wait_for_count(&browser, ".rules li", 2).await;
        }
        for id in ["new_password", "repeated_password"] {
            assert_eq!(attribute(&browser, &format!("#{id}"), "autocomplete").await, "new-password");
        }
        browser.fill(&new, NEW).await;
        browser.fill(&repeated, "another").await;
        browser.click(&save).await;
        wait_for_texts(&browser, ".field-error", &[&t("account-repeated-differs")]).await;
        wait_for_focus(&browser, "repeated_password").await;
        assert_eq!((browser.value(&new).await, console.api.calls()), (String::new(), Vec::new()));

        // A password that the policy rejects, and one that only the API can reject.
        for (password, weaknesses, text) in [
            ("password", json!([]), "account-weak-breached"),
            (NEW, json!([{"code": "contains_user_id", "message": "must not"}]), "account-weak-contains-user-id"),
        ] {
            let errors = json!([{"field": "new_password", "message": "must not"}]);
            let members = json!({"errors": errors, "weaknesses": weaknesses});
            console.api.refuse_with(RESET, 422, "validation", members);
            browser.fill(&new, password).await;
            browser.fill(&repeated, password).await;
            browser.click(&save).await;
            browser.wait_for(&t(text)).await;
            wait_for_focus(&browser, "new_password").await;
        }
        console.api.calls();
        console.api.stub(RESET, 204, Value::Null);
        browser.fill(&new, NEW).await;
        browser.fill(&repeated, NEW).await;
        browser.click(&save).await;
        browser.wait_for_path("/reset-password/done").await;
        wait_for_heading(&browser, &t("reset-password-done")).await;
        assert_eq!(console.api.calls(), [(RESET.to_owned(), json!({"token": TOKEN, "new_password": NEW}))]);
        browser.click(&t("sign-in")).await;
        browser.wait_for_path("/sign-in").await;
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_change_that_ends_the_session_signs_this_browser_out() {
    let console = Stubbed::start().await;
    console.api.stub(RESET, 204, Value::Null);
    let language = Language::English;
    for ends in [true, false] {
        let mut visitor = console.visitor(language);
        visitor.sign_in("alice", "test123");
        let csrf = visitor.get(&link_to("/reset-password")).csrf();
        if ends {
            console
                .product
                .deployment
                .api
                .signed_in("alice", "test123")
                .await
                .post("/api/auth/logout-all")
                .send()
                .await
                .expect(200);
        }
        let fields = [("csrf", csrf.as_str()), ("token", TOKEN), ("new_password", NEW), ("repeated_password", NEW)];
        let page = visitor.post("/reset-password", &fields);
        assert_eq!((page.status, page.location()), (303, "/reset-password/done"));
        // The session of another user in this browser stays.
        assert_eq!(visitor.get("/sign-in").status, if ends { 200 } else { 303 });
    }
}
