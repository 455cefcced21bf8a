//! All actions without the script.

use serde_json::json;
use steward_testkit::browser::BrowserSettings;

use super::super::helpers::{texts, toast, wait_for_count, wait_for_heading, wait_for_texts};
use super::super::language::Language;
use super::change_password;
use crate::support::{Console, Shape};

#[tokio::test]
async fn all_actions_work_without_javascript() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default().without_javascript()).await;

    // One user: fields, a conflict, a password, deletion.
    browser.goto("/users/alice").await;
    browser.fill("E-mail", "no address").await;
    browser.click("Save changes").await;
    wait_for_count(&browser, "#email-error", 1).await;
    browser.goto("/users/alice").await;
    api.put("/api/admin/users/alice").json(json!({"name": "Theirs"})).send().await.expect(200);
    browser.fill("Name", "Mine").await;
    browser.click("Save changes").await;
    browser.click_within(".compare", "Theirs").await;
    browser.click("Save the chosen").await;
    browser.wait_for("Nothing was changed").await;
    browser.click("Reset password").await;
    browser.click("Show a temporary password").await;
    browser.click("Reset password").await;
    wait_for_heading(&browser, "Temporary password").await;
    let temporary = texts(&browser, "#temporary-password").await.remove(0);
    browser.goto("/users/bob").await;
    browser.click("Delete").await;
    wait_for_heading(&browser, "Delete Bob Wilson?").await;
    browser.click("Delete").await;
    toast(&browser, "bob was deleted.").await;
    api.get("/api/admin/users/bob").send().await.expect(404);

    // Bulk actions, and a saved view.
    browser.goto("/users?search=test").await;
    browser.click("Select Test User").await;
    browser.click_within("#bulk", "Deactivate").await;
    toast(&browser, "1 user was deactivated.").await;
    browser.click("Save view").await;
    browser.fill("Name of the view", "Tests").await;
    browser.click("Save").await;
    toast(&browser, "The view “Tests” is saved.").await;
    wait_for_texts(&browser, ".segments [aria-current=page]", &["Tests"]).await;
    browser.goto("/audit").await;
    browser.fill("Who", "admin").await;
    browser.choose("Action", "Account deleted").await;
    browser.click_within("form[role=search]", "Apply").await;
    wait_for_texts(&browser, ".log li[data-row] div > p:first-child", &["admin deleted bob"]).await;

    // The user's own account.
    let settings = BrowserSettings::default().without_javascript();
    let alice = console.signed_in("alice", &temporary, settings).await;
    alice.wait_for_path("/password").await;
    change_password(&alice, Language::English, "Temporary password", &temporary, "correct horse 4711").await;
    alice.click("Save and continue").await;
    alice.wait_for_path("/account").await;
    alice.click_within("main", "Sign out everywhere").await;
    alice.wait_for_path("/sign-in").await;
    for browser in [browser, alice] {
        assert_eq!(browser.errors().await, [""; 0]);
    }
}
