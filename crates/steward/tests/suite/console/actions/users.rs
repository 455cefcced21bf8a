//! Actions on one user.

use serde_json::json;
use steward_testkit::browser::BrowserSettings;
use steward_testkit::http::Api;

use super::super::helpers::{attribute, texts, toast, wait_for_count, wait_for_heading, wait_for_texts};
use super::super::language::Language;
use super::change_password;
use crate::support::{Console, Shape};

#[tokio::test]
async fn concurrent_edits_are_merged_without_overwriting() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    for (language, user_id, name) in
        [(Language::English, "alice", "Alice Cooper"), (Language::Korean, "bob", "Bob Wilson")]
    {
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        let (t, save) = (|id: &str| language.t(id), language.t("user-save"));
        browser.goto(&format!("/users/{user_id}")).await;
        wait_for_heading(&browser, name).await;

        // An error is shown at its field, and the input is kept.
        browser.fill(&t("user-email"), "no address").await;
        browser.fill(&t("user-name"), "Someone Else").await;
        browser.click(&save).await;
        wait_for_texts(&browser, ".field-error", &[&t("user-email-wrong")]).await;
        assert_eq!(attribute(&browser, "#email", "aria-describedby").await, "email-error");
        assert_eq!(browser.value(&t("user-name")).await, "Someone Else");
        browser.fill(&t("user-email"), "charlie@example.com").await;
        browser.click(&save).await;
        wait_for_texts(&browser, ".field-error", &[&t("user-email-taken")]).await;
        let user = user_of(&api, user_id).await;
        assert_eq!(user["name"], name, "no field was saved");

        // Each changed field is saved, and the message links to its audit entry.
        let email = format!("{user_id}.new@example.com");
        browser.fill(&t("user-email"), &email).await;
        browser.choose(&t("user-role"), &t("role-admin")).await;
        browser.click(&save).await;
        let entry = toast(&browser, &language.tw("user-saved", &[("name", "Someone Else")])).await;
        assert_eq!(entry, format!("/audit?target={user_id}&action=USER_UPDATED"));
        let user = user_of(&api, user_id).await;
        assert_eq!(
            (&user["name"], &user["email"], &user["role"]),
            (&json!("Someone Else"), &json!(email), &json!("admin"))
        );
        browser.click_within(".toast", &t("user-audit-entry")).await;
        browser.wait_for_path("/audit").await;
        wait_for_texts(&browser, ".changes dt", &[&t("user-email"), &t("user-name"), &t("user-role")]).await;
        wait_for_texts(&browser, ".changes del", &[&format!("{user_id}@example.com"), name, &t("role-user")]).await;
        wait_for_texts(&browser, ".changes ins", &[&email, "Someone Else", &t("role-admin")]).await;
        browser.back().await;
        browser.wait_for_path(&format!("/users/{user_id}")).await;
        wait_for_heading(&browser, "Someone Else").await;

        // Two administrators change the same name: both values are shown, one is chosen, and other fields are kept.
        let theirs = json!({"name": "Theirs", "email": format!("theirs.{user_id}@example.com")});
        api.put(&format!("/api/admin/users/{user_id}")).json(theirs.clone()).send().await.expect(200);
        browser.fill(&t("user-name"), "Mine").await;
        browser.click(&save).await;
        browser.wait_for(&t("user-conflict")).await;
        assert_eq!(user_of(&api, user_id).await["name"], "Theirs");
        assert!(
            texts(&browser, ".compare").await[0].contains("Theirs Mine"),
            "{:?}",
            texts(&browser, ".compare").await
        );
        assert_eq!(browser.value(&t("user-name")).await, "Mine", "the input is kept");
        browser.click_within(".compare", "Mine").await;
        browser.click_within(".compare", &format!("theirs.{user_id}@example.com")).await;
        browser.click(&t("user-conflict-save")).await;
        toast(&browser, &language.tw("user-saved", &[("name", "Mine")])).await;
        let user = user_of(&api, user_id).await;
        assert_eq!((&user["name"], &user["email"]), (&json!("Mine"), &theirs["email"]));

        browser.click(&save).await;
        toast(&browser, &t("user-unchanged")).await;
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_user_is_deactivated_unlocked_signed_out_and_deleted() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    for (language, user_id, name) in
        [(Language::English, "alice", "Alice Cooper"), (Language::Korean, "bob", "Bob Wilson")]
    {
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        let (t, page) = (|id: &str| language.t(id), format!("/users/{user_id}"));
        let message = |id: &str| language.tw(id, &[("name", name)]);
        let sign_in = async || console.deployment.api.login(user_id, "test123").await.status();

        // Sessions: one is revoked, then all others.
        let mut people = Vec::new();
        for _ in 0..3 {
            people.push(console.deployment.api.signed_in(user_id, "test123").await);
        }
        let signed_in = async || {
            let mut count = 0;
            for person in &people {
                count += usize::from(person.get("/api/auth/me").send().await.status() == 200);
            }
            count
        };
        browser.goto(&page).await;
        wait_for_count(&browser, "#sessions tbody tr", 3).await;
        let revoke = attribute(&browser, "#sessions tbody button", "aria-label").await;
        browser.click_within("#sessions tbody tr:first-child", &revoke).await;
        let entry = toast(&browser, &t("user-session-revoked")).await;
        assert_eq!(entry, format!("/audit?target={user_id}&action=SESSIONS_REVOKED"));
        wait_for_count(&browser, "#sessions tbody tr", 2).await;
        assert_eq!(signed_in().await, 2);
        browser.click(&t("user-revoke-all")).await;
        browser.wait_for(&message("user-revoke-question")).await;
        browser.click_within("dialog", &t("cancel")).await;
        assert_eq!(signed_in().await, 2);
        browser.click(&t("user-revoke-all")).await;
        browser.click_within("dialog", &t("user-revoke-all")).await;
        browser.wait_for(&t("user-no-sessions")).await;
        assert_eq!(signed_in().await, 0);

        browser.click(&t("user-deactivate")).await;
        toast(&browser, &message("user-deactivated")).await;
        assert_eq!(sign_in().await, 403);
        browser.click(&t("user-activate")).await;
        toast(&browser, &message("user-activated")).await;
        assert_eq!(sign_in().await, 200);

        // A locked-out user is unlocked.
        for _ in 0..5 {
            console.deployment.api.login(user_id, "a guess").await;
        }
        assert_eq!(sign_in().await, 429);
        browser.goto(&page).await;
        browser.wait_for(&t("user-locked")).await;
        browser.click(&t("user-unlock")).await;
        toast(&browser, &message("user-unlocked")).await;
        assert_eq!(sign_in().await, 200);
        assert_eq!(browser.count(".pill.bad").await, 0);

        // The timeline shows the events, newest first.
        let timeline = texts(&browser, "#timeline .timeline > li > p:first-of-type").await;
        for happened in
            ["user-event-unlocked", "user-event-wrong-password", "user-event-activated", "user-event-deactivated"]
        {
            assert!(timeline.contains(&t(happened)), "{happened} in {timeline:?}");
        }

        // Deletion is confirmed on a separate page, and can be cancelled.
        browser.click(&t("user-delete")).await;
        wait_for_heading(&browser, &message("user-delete-question")).await;
        browser.click(&t("user-cancel")).await;
        browser.wait_for_path(&page).await;
        browser.goto(&format!("/users?search={user_id}&open={user_id}")).await;
        browser.click_within(".row-detail", &t("users-delete")).await;
        wait_for_heading(&browser, &message("user-delete-question")).await;
        browser.click(&t("user-delete")).await;
        let entry = toast(&browser, &language.tw("user-deleted", &[("id", user_id)])).await;
        assert_eq!(entry, format!("/audit?target={user_id}&action=USER_DELETED"));
        // Back in the list with its filters.
        assert!(browser.path().await.starts_with(&format!("/users?search={user_id}")), "{}", browser.path().await);
        browser.wait_for(&t("users-no-match")).await;
        api.get(&format!("/api/admin{page}")).send().await.expect(404);
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_temporary_password_is_shown_once_and_must_be_changed() {
    let console = Console::start(Shape::Sqlite).await;
    for (language, user_id, own) in
        [(Language::English, "alice", "correct horse 4711"), (Language::Korean, "bob", "batterie staple 4711")]
    {
        let t = |id: &str| language.t(id);
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        browser.goto(&format!("/users/{user_id}")).await;
        browser.click(&t("user-reset-password")).await;
        browser.wait_for_path(&format!("/users/{user_id}/reset-password")).await;
        browser.click(&t("user-reset-password-choice")).await;
        browser.click(&t("user-reset-password")).await;
        wait_for_heading(&browser, &t("user-temporary-password")).await;
        browser.wait_for(&t("user-temporary-once")).await;
        let temporary = texts(&browser, "#temporary-password").await.remove(0);
        assert!(temporary.len() >= 8, "{temporary}");
        browser.click(&t("user-copy")).await;
        // The address leads to the question, which changes nothing.
        browser.reload().await;
        browser.wait_for(&t("user-reset-text")).await;
        assert!(!browser.text().await.contains(&temporary));

        console.deployment.api.login(user_id, "test123").await.expect(401);
        let person = language.signed_in(&console, user_id, &temporary, BrowserSettings::default()).await;
        person.wait_for_path("/password").await;
        wait_for_heading(&person, &t("account-must-change")).await;
        // No other page is reachable.
        person.goto("/account").await;
        person.wait_for_path("/password").await;
        change_password(&person, language, &t("account-temporary-password"), &temporary, own).await;
        person.click(&t("account-save-and-go-on")).await;
        person.wait_for_path("/account").await;
        toast(&person, &t("account-password-changed")).await;
        console.deployment.api.login(user_id, own).await.expect(200);
        console.deployment.api.login(user_id, &temporary).await.expect(401);
        for one in [browser, person] {
            assert_eq!(one.errors().await, [""; 0]);
        }
    }
}

/// The default where mail is on. Works with and without the script.
#[tokio::test]
async fn a_link_to_set_a_password_is_mailed() {
    let console = Console::start(Shape::Sqlite).await;
    for (language, user_id, settings) in [
        (Language::English, "alice", BrowserSettings::default().without_javascript()),
        (Language::Korean, "bob", BrowserSettings::default()),
    ] {
        let t = |id: &str| language.t(id);
        let browser = language.signed_in(&console, "admin", "admin123", settings).await;
        browser.goto(&format!("/users/{user_id}")).await;
        browser.click(&t("user-reset-password")).await;
        browser.wait_for(&t("user-reset-link")).await;
        browser.click(&t("user-reset-password")).await;
        browser.wait_for_path(&format!("/users/{user_id}")).await;
        let api = console.deployment.super_admin().await;
        let user = api.get(&format!("/api/admin/users/{user_id}")).send().await.expect(200);
        toast(&browser, &language.tw("user-link-sent", &[("email", user.text("email"))])).await;
        console.deployment.api.login(user_id, "test123").await.expect(401);
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

/// Only a temporary password is offered.
#[tokio::test]
async fn no_link_is_offered_for_an_inactive_account() {
    let console = Console::start(Shape::Sqlite).await;
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    browser.goto("/users/eve/reset-password").await;
    browser.wait_for("The account is inactive, so no link can be mailed.").await;
    assert_eq!(browser.count("input[name=delivery]").await, 0);
    browser.click("Reset password").await;
    wait_for_heading(&browser, "Temporary password").await;
    assert_eq!(browser.errors().await, [""; 0]);
}

/// The page of a user who deleted the account has both buttons.
#[tokio::test]
async fn a_deleted_account_is_deactivated_for_good() {
    let console = Console::start(Shape::Sqlite).await;
    let user = console.deployment.user().await;
    user.delete("/api/auth/me").json(json!({"password": "password123"})).send().await.expect(202);
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    browser.goto("/users/user123").await;
    browser.wait_for("Until it is erased, a sign-in restores it.").await;
    browser.click("Deactivate").await;
    browser.wait_for("A sign-in does not restore it.").await;
    assert_eq!(browser.count("form[action$='/deactivate']").await, 0);
    assert_eq!(browser.count("form[action$='/activate']").await, 1);
    assert_eq!(browser.errors().await, [""; 0]);
}

/// A user as the API returns it.
async fn user_of(api: &Api, user_id: &str) -> serde_json::Value {
    api.get(&format!("/api/admin/users/{user_id}")).send().await.expect(200).json().clone()
}
