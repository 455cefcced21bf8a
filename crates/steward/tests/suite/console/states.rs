//! Pages for failures: the API is unreachable, too slow or too busy, or the session has ended.

use std::path::Path;

use steward_testkit::browser::{Browser, BrowserSettings};

use super::faulty_proxy::FaultyProxy;
use super::helpers::{attribute, texts, toast, wait_for_count, wait_for_heading, wait_for_texts};
use super::language::Language;
use super::visitor::Visitor;
use crate::support::{Console, Launch, Process, SECRET_KEY, Shape, sign_in, until};

#[tokio::test]
async fn an_unreachable_or_slow_api_has_its_own_pages() {
    let product = Console::start(Shape::Sqlite).await;
    let proxy = FaultyProxy::to(product.deployment.api.base());
    let (mut process, url) = console_at(&proxy.url, &product);
    let browser = Browser::open(&url, BrowserSettings::default()).await;
    sign_in(&browser, "admin", "admin123").await;
    browser.wait_for_path("/dashboard").await;
    wait_for_count(&browser, "[role=alert]", 0).await;

    proxy.close();
    browser.click_within("header", "Users").await;
    wait_for_heading(&browser, "The server cannot be reached").await;
    assert_eq!(texts(&browser, ".code").await, ["502"]);
    // A page with panels is shown, and each panel reports the failure.
    browser.goto("/dashboard").await;
    wait_for_count(&browser, "[role=alert]", 4).await;
    browser.goto("/users/alice").await;
    wait_for_heading(&browser, "The server cannot be reached").await;
    let errors = browser.errors().await;
    assert!(errors.iter().all(|error| error.contains("status of 502")), "{errors:?}");
    proxy.forward();
    browser.click("Try again").await;
    wait_for_heading(&browser, "Alice Cooper").await;

    // Both pages wait for the time-out at the same time.
    let stranger = Browser::open(&url, BrowserSettings::default()).await;
    stranger.goto("/sign-in").await;
    stranger.fill("User ID", "alice").await;
    stranger.fill("Password", "test123").await;
    browser.goto("/users").await;
    proxy.hold();
    tokio::join!(
        async {
            browser.click_within("main", "John Doe").await;
            wait_for_heading(&browser, "The server takes too long").await;
        },
        async {
            stranger.click("Sign in").await;
            stranger.wait_for("The server took too long to answer.").await;
            assert_eq!(stranger.value("User ID").await, "alice");
        }
    );
    assert_eq!(texts(&browser, ".code").await, ["504"]);
    proxy.close();
    stranger.fill("Password", "test123").await;
    stranger.click("Sign in").await;
    stranger.wait_for("The server cannot be reached.").await;

    // The console itself is unreachable: the page stays, and a banner explains it.
    proxy.forward();
    browser.goto("/users").await;
    browser.fill("Search users", "alice").await;
    wait_for_count(&browser, "tr[data-row]", 1).await;
    process.kill();
    browser.click_within("header", "Dashboard").await;
    browser.wait_for("You are offline.").await;
    assert_eq!(browser.value("Search users").await, "alice");
}

#[tokio::test]
async fn sign_in_failures_are_shown_in_both_languages_without_javascript() {
    let folder = tempfile::tempdir().unwrap();
    let (_process, url) = console_in(folder.path(), "http://127.0.0.1:9");
    for (language, text) in [(Language::English, "The server cannot be reached."), (Language::Korean, "서버 연결 실패")]
    {
        let settings = BrowserSettings::default().in_language(language.tag()).without_javascript();
        let browser = Browser::open(&url, settings).await;
        browser.goto("/users").await;
        language.sign_in(&browser, "admin", "admin123").await;
        wait_for_texts(&browser, "[role=alert]", &[text]).await;
        assert_eq!(browser.value(&language.t("user-id")).await, "admin");
        assert!(!browser.is_too_wide().await);
    }
}

#[tokio::test]
async fn a_rate_limited_page_counts_down_and_reloads() {
    let console = Console::start_with(Shape::Sqlite, &[("STEWARD_LIMIT_API_TOKEN", "12/min:8")]).await;
    for language in Language::ALL {
        let browser = console.browser(BrowserSettings::default().in_language(language.tag())).await;
        browser.goto("/sign-in?next=%2Faudit").await;
        language.sign_in(&browser, "admin", "admin123").await;
        wait_for_heading(&browser, &language.t("nav-audit")).await;
        let mut asked = 0;
        while attribute(&browser, ".countdown", "role").await != "timer" {
            asked += 1;
            assert!(asked < 50, "no request was rejected");
            browser.goto("/audit").await;
        }
        wait_for_heading(&browser, &language.t("too-many")).await;
        assert_eq!(texts(&browser, ".code").await, ["429"]);
        browser
            .wait_until("it counts down", "return /^0:0\\d$/.test(document.querySelector('.countdown').textContent)")
            .await;
        // The page reloads without a click.
        wait_for_heading(&browser, &language.t("nav-audit")).await;
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_missing_page_has_links_to_continue() {
    let console = Console::start(Shape::Sqlite).await;
    for language in Language::ALL {
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        for page in ["/nowhere", "/users/unknown-user", "/users/unknown-user/delete", "/analytics/nothing.csv"] {
            browser.goto(page).await;
            wait_for_heading(&browser, &language.t("not-found")).await;
            assert_eq!(texts(&browser, ".code").await, ["404"], "{page}");
        }
        browser.click(&language.t("to-the-start")).await;
        browser.wait_for_path("/dashboard").await;
        // An empty result is not a failure.
        browser.goto("/users?search=unknown-user").await;
        browser.wait_for(&language.t("users-no-match")).await;
        browser.goto("/audit?who=unknown-user").await;
        browser.wait_for(&language.t("audit-no-match")).await;
        let errors = browser.errors().await;
        assert!(errors.iter().all(|error| error.contains("status of 404")), "{errors:?}");
    }
}

#[tokio::test]
async fn a_session_that_ends_during_a_form_keeps_the_input() {
    let console = Console::start(Shape::Sqlite).await;
    for (language, user_id, javascript) in
        [(Language::English, "alice", true), (Language::Korean, "bob", true), (Language::English, "diana", false)]
    {
        let settings =
            if javascript { BrowserSettings::default() } else { BrowserSettings::default().without_javascript() };
        let browser = language.signed_in(&console, "admin", "admin123", settings).await;
        browser.goto(&format!("/users/{user_id}")).await;
        browser.fill(&language.t("user-name"), "Typed Before").await;
        browser.fill(&language.t("user-email"), &format!("typed.{user_id}@example.com")).await;
        let api = console.deployment.super_admin().await;
        api.post("/api/auth/logout-all").send().await.expect(200);
        browser.click(&language.t("user-save")).await;
        browser.wait_for_path("/sign-in").await;
        browser.wait_for(&language.t("session-over")).await;
        language.sign_in(&browser, "admin", "admin123").await;
        browser.wait_for_path(&format!("/users/{user_id}")).await;
        browser.wait_for(&language.t("user-kept")).await;
        assert_eq!(browser.value(&language.t("user-name")).await, "Typed Before");
        assert_eq!(browser.value(&language.t("user-email")).await, format!("typed.{user_id}@example.com"));
        browser.click(&language.t("user-save")).await;
        toast(&browser, &language.tw("user-saved", &[("name", "Typed Before")])).await;
        let api = console.deployment.super_admin().await;
        let user = api.get(&format!("/api/admin/users/{user_id}")).send().await.expect(200);
        assert_eq!((user.text("name"), user.text("email")), ("Typed Before", &*format!("typed.{user_id}@example.com")));
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn sessions_are_refreshed_silently() {
    let console = Console::start_with(Shape::Sqlite, &[("STEWARD_ACCESS_TOKEN_TTL", "4")]).await;
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    // Wait until every token that was issued so far has expired.
    let later = async || {
        let bystander = console.deployment.api.signed_in("bob", "test123").await;
        until("the tokens have expired", async || bystander.get("/api/auth/me").send().await.status() == 401).await;
    };
    later().await;
    for page in ["/dashboard", "/users", "/audit", "/analytics", "/account", "/users/alice"] {
        browser.goto(page).await;
        assert_eq!(browser.path().await, page);
        wait_for_count(&browser, "[role=alert]", 0).await;
    }
    // A form that stayed open is still valid, and all requests belonged to one session.
    browser.fill("Name", "Alice Refreshed").await;
    later().await;
    browser.click("Save changes").await;
    toast(&browser, "Alice Refreshed was saved.").await;
    browser.goto("/account").await;
    wait_for_count(&browser, "section[aria-labelledby=sessions-title] tbody tr", 1).await;
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test]
async fn signing_out_ends_the_session_at_the_api_too() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    let open = async || {
        let sessions = api.get("/api/admin/users/alice/sessions").send().await.expect(200);
        sessions.json()["items"].as_array().unwrap().len()
    };
    for language in Language::ALL {
        let browser = language.signed_in(&console, "alice", "test123", BrowserSettings::default()).await;
        assert_eq!(open().await, 1);
        browser.click_within("header", &format!("Alice Cooper {}", language.t("role-user"))).await;
        browser.click_within("header", &language.t("log-out")).await;
        browser.wait_for_path("/sign-in").await;
        toast(&browser, &language.t("signed-out")).await;
        assert_eq!(open().await, 0);
        assert_eq!(browser.errors().await, [""; 0]);
    }
    // A stolen copy of the cookie is not usable.
    let mut visitor = Visitor::new(&console.url);
    visitor.sign_in("alice", "test123");
    let mut thief = visitor.clone();
    assert_eq!(thief.get("/account").status, 200);
    let csrf = visitor.get("/account").csrf();
    assert_eq!(visitor.post("/sign-out", &[("csrf", &csrf)]).location(), "/sign-in");
    assert_eq!(thief.get("/account").location(), "/sign-in?next=%2Faccount&over=1");
}

/// The console in a separate process, with the sessions of `product`, and its API at `api`.
pub(super) fn console_at(api: &str, product: &Console) -> (Process, String) {
    console_in(product.deployment.folder.path(), api)
}

fn console_in(folder: &Path, api: &str) -> (Process, String) {
    let launch = Launch::new(folder, &["serve", "--only", "console"]).with("SECRET_KEY", SECRET_KEY);
    let mut process = launch.with("STEWARD_API_URL", api).start();
    let url = process.address_of("console");
    (process, url)
}
