//! Signing in and out.

use steward_testkit::browser::BrowserSettings;

use crate::support::{Console, Shape, sign_in};

#[tokio::test]
async fn an_administrator_signs_in_and_out() {
    let console = Console::start(Shape::Sqlite).await;
    let browser = console.browser(BrowserSettings::default()).await;
    browser.goto("/users").await;
    assert!(browser.path().await.starts_with("/sign-in"), "{}", browser.path().await);
    assert_eq!(browser.axe().await, []);
    sign_in(&browser, "admin", "admin123").await;
    browser.wait_for_path("/dashboard").await;
    browser.wait_for("System Administrator").await;
    browser.click_within("header", "System Administrator Super admin").await;
    browser.click("Log out").await;
    browser.wait_for_path("/sign-in").await;
    browser.goto("/dashboard").await;
    assert!(browser.path().await.starts_with("/sign-in"), "{}", browser.path().await);
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test]
async fn signing_in_works_without_javascript_in_separate_processes() {
    let console = Console::start(Shape::Split).await;
    let browser = console.browser(BrowserSettings::phone().without_javascript()).await;
    sign_in(&browser, "admin", "wrong").await;
    browser.wait_for("Invalid user ID or password").await;
    assert_eq!(browser.value("User ID").await, "admin");
    browser.fill("Password", "admin123").await;
    browser.click("Sign in").await;
    browser.wait_for_path("/dashboard").await;
    assert!(!browser.is_too_wide().await);
}

#[tokio::test]
async fn a_plain_user_is_redirected_to_their_own_account() {
    let console = Console::start(Shape::Sqlite).await;
    let browser = console.signed_in("user123", "password123", BrowserSettings::default()).await;
    assert_eq!(browser.path().await, "/account");
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test]
async fn a_deactivated_user_must_sign_in_at_the_next_page() {
    let console = Console::start(Shape::Sqlite).await;
    let browser = console.signed_in("alice", "test123", BrowserSettings::default()).await;
    let admin = console.deployment.super_admin().await;
    admin.post("/api/admin/users/alice/deactivate").send().await.expect(200);
    browser.goto("/account").await;
    assert!(browser.path().await.starts_with("/sign-in"), "{}", browser.path().await);
}
