//! The pages of links with the real endpoints. The test stores the links, since no mail is sent.

use steward_testkit::browser::{Browser, BrowserSettings};

use super::super::helpers::{texts, wait_for_heading, wait_for_texts};
use super::super::language::Language;
use super::NEW;
use crate::support::{Console, Shape};

/// The address that the sample user `alice` has at first.
const ADDRESS: &str = "alice@example.com";

/// Stores a link of alice, and returns its token. Every seed is another token.
fn link(console: &Console, seed: u8, purpose: &str, address: &str, validity: &str) -> String {
    let database = &console.deployment.database;
    let bytes = format!("decode(repeat('{seed:02x}', 32), 'hex')");
    let insert = format!(
        "INSERT INTO account_links (link_id, purpose, user_id, address, token_hash, created_at, expires_at)
         SELECT decode(repeat('{seed:02x}', 16), 'hex'), '{purpose}', id, '{address}', sha256({bytes}),
             now() - interval '1 day', now() + interval '{validity}' FROM users WHERE user_id = 'alice'"
    );
    database.run(&insert).unwrap();
    let token = database.run(&format!("SELECT translate(encode({bytes}, 'base64'), '+/=', '-_')")).unwrap();
    token.trim().to_owned()
}

async fn set_password(browser: &Browser, language: Language, token: &str) {
    browser.goto(&format!("/reset-password?token={token}")).await;
    browser.fill(&language.t("account-new-password"), NEW).await;
    browser.fill(&language.t("account-repeated-password"), NEW).await;
    browser.click(&language.t("reset-password-button")).await;
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_once() {
    let language = Language::English;
    let console = Console::start(Shape::Postgres).await;
    let browser = console.browser(BrowserSettings::default()).await;
    for account in ["alice", ADDRESS, "unknown-user", "x"] {
        browser.goto("/forgot-password").await;
        browser.fill(&language.t("forgot-account"), account).await;
        browser.click(&language.t("forgot-button")).await;
        wait_for_heading(&browser, &language.t("forgot-sent")).await;
    }
    let tokens = [(1, "1 hour"), (2, "-1 hour")]
        .map(|(seed, validity)| link(&console, seed, "reset_password", ADDRESS, validity));
    set_password(&browser, language, &tokens[1]).await;
    wait_for_heading(&browser, &language.t("link-expired")).await;
    set_password(&browser, language, "no-token").await;
    wait_for_heading(&browser, &language.t("link-unknown")).await;

    // The session of this browser ends, too.
    browser.goto("/sign-in").await;
    language.sign_in(&browser, "alice", "test123").await;
    browser.wait_for_path("/account").await;
    set_password(&browser, language, &tokens[0]).await;
    wait_for_heading(&browser, &language.t("reset-password-done")).await;
    set_password(&browser, language, &tokens[0]).await;
    wait_for_heading(&browser, &language.t("link-used")).await;
    browser.goto("/sign-in").await;
    language.sign_in(&browser, "alice", NEW).await;
    browser.wait_for_path("/account").await;
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test]
async fn an_address_is_confirmed_changed_and_restored() {
    const OTHER: &str = "alice@new.example";
    let console = Console::start(Shape::Postgres).await;
    let language = Language::Korean;
    let settings = BrowserSettings::default().without_javascript();
    let browser = language.signed_in(&console, "alice", "test123", settings).await;
    let confirm = async |path: &str, token: &str, button: &str, title: &str| {
        browser.goto(&format!("{path}?token={token}")).await;
        browser.click(&language.t(button)).await;
        wait_for_heading(&browser, &language.t(title)).await;
    };
    let pill = language.t("account-email-confirmed");

    let token = link(&console, 1, "verify_email", ADDRESS, "1 hour");
    confirm("/verify-email", &token, "confirm-address", "verify-email-done").await;
    confirm("/verify-email", &token, "confirm-address", "link-used").await;
    browser.goto("/account").await;
    wait_for_texts(&browser, "#email .pill, #email .address", &[&pill, ADDRESS]).await;

    let token = link(&console, 2, "change_email", OTHER, "1 hour");
    confirm("/change-email", &token, "confirm-address", "change-email-done").await;
    browser.click(&language.t("link-account")).await;
    wait_for_texts(&browser, "#email .pill, #email .address", &[&pill, OTHER]).await;
    let token = link(&console, 3, "change_email", "bob@example.com", "1 hour");
    confirm("/change-email", &token, "confirm-address", "link-taken").await;

    let token = link(&console, 4, "undo_email_change", ADDRESS, "1 hour");
    confirm("/undo-email-change", &token, "undo-email-change-button", "undo-email-change-done").await;
    browser.click(&language.t("sign-in")).await;
    language.sign_in(&browser, "alice", "test123").await;
    browser.wait_for(&language.t("sign-in-wrong")).await;
    let token = link(&console, 5, "reset_password", ADDRESS, "1 hour");
    set_password(&browser, language, &token).await;
    wait_for_heading(&browser, &language.t("reset-password-done")).await;
    browser.goto("/sign-in").await;
    language.sign_in(&browser, "alice", NEW).await;
    browser.wait_for_path("/account").await;
    assert_eq!(texts(&browser, "#email .address").await, [ADDRESS]);
    assert_eq!(browser.errors().await, [""; 0]);
}
