//! Accessibility: axe-core finds no problem in either theme, no page is wider than a phone, no layout shifts, and no
//! errors in the background.

use serde_json::json;
use steward_testkit::browser::{Browser, BrowserSettings, Theme};

use super::helpers::{find_anything, wait_for_count, wait_for_heading};
use super::language::Language;
use crate::support::{Console, Launch, SECRET_KEY, Shape, sign_in};

/// A larger layout shift is noticeable.
const SHIFT: f64 = 0.02;

#[tokio::test]
async fn administrator_pages_are_accessible() {
    let console = Console::start(Shape::Sqlite).await;
    fill(&console).await;
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    for page in [
        "/dashboard",
        "/users",
        "/users?search=a&role=user&status=active&last_login=never&open=alice",
        "/users?search=unknown-user",
        "/new-user",
        "/users/alice",
        "/users/admin",
        "/users/alice/delete?back=/users",
        "/users/alice/reset-password?back=/users",
        "/users/eve/reset-password",
        "/audit",
        "/audit?who=admin&action=USER_UPDATED",
        "/audit?who=unknown-user",
        "/sign-ins",
        "/sign-ins?outcome=failure&user=alice&device=firefox",
        "/sessions",
        "/sessions?address=192.0.2.0/24",
        "/outbox",
        "/outbox?state=failed",
        "/analytics",
        "/analytics?from=2026-02-30",
        "/invitations",
        "/invitations?state=expired",
        "/account",
        "/account/profile",
        "/find?q=al",
        "/find?q=unknown-user",
        "/nowhere",
    ] {
        browser.goto(page).await;
        assert_accessible(&browser, page).await;
    }
    let lost = browser.errors().await;
    assert!(lost.iter().all(|error| error.contains("/nowhere") && error.contains("404")), "{lost:?}");
}

#[tokio::test]
async fn form_results_are_accessible() {
    let console = Console::start(Shape::Sqlite).await;
    fill(&console).await;
    let api = console.deployment.super_admin().await;
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;

    browser.goto("/users/alice").await;
    browser.fill("E-mail", "nothing").await;
    browser.click("Save changes").await;
    wait_for_count(&browser, "#email-error", 1).await;
    assert_accessible(&browser, "an edit error").await;

    browser.goto("/users/alice").await;
    api.put("/api/admin/users/alice").json(json!({"name": "Theirs"})).send().await.expect(200);
    browser.fill("Name", "Mine").await;
    browser.click("Save changes").await;
    wait_for_count(&browser, ".compare", 1).await;
    assert_accessible(&browser, "an edit conflict").await;

    browser.goto("/users/alice").await;
    browser.click("Reset password").await;
    browser.wait_for("Reset the password of Theirs?").await;
    assert_accessible(&browser, "a question").await;
    browser.click("Show a temporary password").await;
    browser.click("Reset password").await;
    wait_for_heading(&browser, "Temporary password").await;
    assert_accessible(&browser, "a temporary password").await;

    browser.goto("/users").await;
    browser.click("Select Bob Wilson").await;
    assert_accessible(&browser, "picked users").await;
    browser.click_within("#bulk", "Delete…").await;
    wait_for_heading(&browser, "Delete 1 user?").await;
    assert_accessible(&browser, "a question about many").await;

    browser.goto("/account").await;
    browser.fill("Current password", "wrong").await;
    browser.fill("New password", "short").await;
    browser.wait_for("Very weak").await;
    browser.fill("New password again", "other").await;
    browser.click("Change password").await;
    wait_for_count(&browser, ".field-error", 1).await;
    assert_accessible(&browser, "a password error").await;

    browser.goto("/dashboard").await;
    find_anything(&browser).await;
    browser.type_text("al").await;
    browser
        .wait_until(
            "users are found",
            "return document.querySelector('#palette-list a[href=\"/users/alice\"]') !== null",
        )
        .await;
    assert_accessible(&browser, "the palette").await;
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test]
async fn sign_in_and_error_pages_are_accessible() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    let reset = api.post("/api/admin/users/alice/reset-password").json(json!({})).send().await.expect(200);
    let browser = console.browser(BrowserSettings::default()).await;
    browser.goto("/sign-in").await;
    assert_accessible(&browser, "/sign-in").await;
    sign_in(&browser, "alice", "wrong").await;
    browser.wait_for("Invalid user ID or password.").await;
    assert_accessible(&browser, "a sign-in that failed").await;
    sign_in(&browser, "alice", reset.text("temporary_password")).await;
    wait_for_heading(&browser, "Choose a new password").await;
    browser.goto("/password").await;
    assert_accessible(&browser, "/password").await;
    assert_eq!(browser.errors().await, [""; 0]);

    for language in Language::ALL {
        let plain = language.signed_in(&console, "user123", "password123", BrowserSettings::default()).await;
        for page in ["/account", "/users"] {
            plain.goto(page).await;
            assert_accessible(&plain, page).await;
        }
        assert_eq!(plain.errors().await, [""; 0]);
    }

    // The same session at a console whose API is unreachable: cookies are not bound to a port.
    let folder = console.deployment.folder.path();
    let launch = Launch::new(folder, &["serve", "--only", "console"]).with("SECRET_KEY", SECRET_KEY);
    let mut process = launch.with("STEWARD_API_URL", "http://127.0.0.1:9").start();
    let lonely = process.address_of("console");
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    for page in ["/users", "/dashboard"] {
        browser.execute("location.href = arguments[0]", vec![json!(format!("{lonely}{page}"))]).await;
        browser.wait_for_path(page).await;
        browser.wait_for("The server cannot be reached").await;
        assert_accessible(&browser, page).await;
    }
}

/// Creates data for the pages to show.
async fn fill(console: &Console) {
    let api = console.deployment.super_admin().await;
    for change in [json!({"name": "Alice Johnson"}), json!({"email": "alice.j@example.com", "role": "admin"})] {
        api.put("/api/admin/users/alice").json(change).send().await.expect(200);
    }
    api.put("/api/admin/users/alice").json(json!({"role": "user"})).send().await.expect(200);
    api.post("/api/admin/users/bob/deactivate").send().await.expect(200);
    for _ in 0..6 {
        console.deployment.api.login("diana", "wrong").await;
    }
    console.deployment.api.signed_in("alice", "test123").await;
}

/// Checks the current page: in both themes, on a phone, without layout shifts.
pub(super) async fn assert_accessible(browser: &Browser, page: &str) {
    let shift = browser.layout_shift().await;
    assert!(shift < SHIFT, "{page} shifts by {shift}");
    for theme in [Theme::Light, Theme::Dark] {
        browser.prefer(theme).await;
        // During a transition, colours have no defined contrast.
        browser.wait_until("animations have ended", "return document.getAnimations().length === 0").await;
        assert_eq!(browser.axe().await, [], "{page} in {theme:?}");
    }
    browser.prefer(Theme::Light).await;
    browser.resize(360, 740).await;
    assert!(!browser.is_too_wide().await, "{page} is wider than a phone");
    assert_eq!(browser.axe().await, [], "{page} on a phone");
    browser.resize(1280, 800).await;
}
