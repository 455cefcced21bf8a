//! Users' own settings: account, theme, language, and keyboard navigation.

use serde_json::json;
use steward_testkit::browser::{Browser, BrowserSettings, Key};

use super::super::helpers::{
    attribute, fetched, find_anything, texts, toast, wait_for_count, wait_for_heading, wait_for_texts,
};
use super::super::language::Language;
use super::change_password;
use crate::support::{Console, Shape};

#[tokio::test]
async fn users_manage_their_own_account() {
    const OWN: &str = "correct horse 4711";
    let console = Console::start(Shape::Sqlite).await;
    for (language, user_id) in [(Language::English, "alice"), (Language::Korean, "bob")] {
        let t = |id: &str| language.t(id);
        let sessions = "section[aria-labelledby=sessions-title] tbody tr";
        let elsewhere = console.deployment.api.signed_in(user_id, "test123").await;
        let further = console.deployment.api.signed_in(user_id, "test123").await;
        let browser = language.signed_in(&console, user_id, "test123", BrowserSettings::default()).await;
        wait_for_heading(&browser, &t("my-account")).await;
        wait_for_count(&browser, sessions, 3).await;
        assert_eq!(texts(&browser, &format!("{sessions}:first-child .pill")).await, [t("account-this-session")]);

        let end = attribute(&browser, &format!("{sessions} button"), "aria-label").await;
        browser.click_within(&format!("{sessions}:nth-child(2)"), &end).await;
        toast(&browser, &t("user-session-revoked")).await;
        wait_for_count(&browser, sessions, 2).await;
        browser.click(&t("account-sign-out-elsewhere")).await;
        wait_for_count(&browser, sessions, 1).await;
        for other in [elsewhere, further] {
            other.get("/api/auth/me").send().await.expect(401);
        }

        // The strength of a new password is shown while typing.
        let (current, new) = (t("account-current-password"), t("account-new-password"));
        for (typed, strength) in [("abc", "very-weak"), (OWN, "strong")] {
            browser.fill(&new, typed).await;
            wait_for_texts(&browser, ".strength b", &[&t(&format!("account-strength-{strength}"))]).await;
        }
        wait_for_count(&browser, ".rules li", 0).await;
        let change = t("account-change-password");
        change_password(&browser, language, &current, "wrong", OWN).await;
        browser.click(&change).await;
        wait_for_texts(&browser, ".field-error", &[&t("account-current-wrong")]).await;
        change_password(&browser, language, &current, "test123", OWN).await;
        browser.fill(&t("account-repeated-password"), "another").await;
        browser.click(&change).await;
        wait_for_texts(&browser, ".field-error", &[&t("account-repeated-differs")]).await;
        change_password(&browser, language, &current, "test123", "password").await;
        browser.click(&change).await;
        wait_for_texts(&browser, "#new_password-error .field-error", &[&t("account-weak-breached")]).await;
        change_password(&browser, language, &current, "test123", OWN).await;
        browser.click(&change).await;
        toast(&browser, &t("account-password-changed")).await;
        console.deployment.api.login(user_id, "test123").await.expect(401);
        let elsewhere = console.deployment.api.signed_in(user_id, OWN).await;
        assert!(texts(&browser, "#timeline p").await.contains(&t("user-event-password-changed")));

        browser.click(&t("account-sign-out-everywhere")).await;
        browser.wait_for(&t("account-everywhere-question")).await;
        browser.click_within("dialog", &t("account-sign-out-everywhere")).await;
        browser.wait_for_path("/sign-in").await;
        toast(&browser, &t("account-signed-out-everywhere")).await;
        elsewhere.get("/api/auth/me").send().await.expect(401);
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn theme_and_language_are_remembered() {
    let console = Console::start(Shape::Sqlite).await;
    let look = async |browser: &Browser| {
        let script = "return [document.documentElement.lang, document.documentElement.dataset.theme ?? '', \
                      getComputedStyle(document.body).backgroundColor]";
        let look = browser.execute(script, Vec::new()).await;
        [0, 1, 2].map(|at| look[at].as_str().unwrap_or_default().to_owned())
    };
    for settings in [BrowserSettings::default(), BrowserSettings::default().without_javascript()] {
        // The browser's preferences apply until the user chooses.
        let browser = console.browser(settings.clone().dark().in_language("ko,en")).await;
        browser.goto("/sign-in").await;
        let [language, theme, dark] = look(&browser).await;
        assert_eq!((language.as_str(), theme.as_str()), ("ko", ""));
        browser.click("밝게").await;
        browser.wait_until("it is light", "return document.documentElement.dataset.theme === 'light'").await;
        let light = look(&browser).await[2].clone();
        assert_ne!(light, dark);
        browser.click("English").await;
        browser.wait_for("Sign in to manage user accounts.").await;
        browser.fill("User ID", "alice").await;
        browser.fill("Password", "test123").await;
        browser.click("Sign in").await;
        browser.wait_for_path("/account").await;
        assert_eq!(look(&browser).await, ["en", "light", &light]);
        browser.click_within("header", "Alice Cooper User").await;
        browser.click_within("header", "Dark").await;
        browser.wait_until("it is dark", "return document.documentElement.dataset.theme === 'dark'").await;
        assert_eq!(look(&browser).await, ["en", "dark", &dark]);
        browser.goto("/account").await;
        assert_eq!(look(&browser).await, ["en", "dark", &dark]);
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn all_navigation_works_by_keyboard() {
    let console = Console::start(Shape::Sqlite).await;
    for language in Language::ALL {
        let t = |id: &str| language.t(id);
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        let focused = async |what: &str, selector: &str| {
            browser.wait_until(what, &format!("return document.activeElement.matches({})", json!(selector))).await;
        };
        // Tab reaches the skip link first.
        browser.goto("/users?sort=user_id").await;
        browser.press(&[Key::Tab]).await;
        focused("the skip link has the focus", ".skip-link").await;
        // j and k move between rows, Enter opens a row.
        for (key, user_id) in [("j", "admin"), ("j", "alice"), ("j", "bob"), ("k", "alice")] {
            browser.type_text(key).await;
            focused(&format!("{user_id} has the focus"), &format!("tr[data-row] a[href='/users/{user_id}']")).await;
        }
        browser.press(&[Key::Enter]).await;
        browser.wait_for_path("/users/alice").await;
        wait_for_heading(&browser, "Alice Cooper").await;
        browser.back().await;
        browser.wait_for_path("/users").await;
        wait_for_count(&browser, "tr[data-row]", 10).await;
        // A slash focuses the search.
        browser.type_text("/").await;
        focused("the search has the focus", "#search").await;
        browser.type_text("jk/").await;
        assert_eq!(browser.value(&t("users-search")).await, "jk/");

        // The palette finds pages by their names in this language, and users.
        find_anything(&browser).await;
        let audit = t("nav-audit");
        browser.type_text(&audit).await;
        wait_for_texts(&browser, "#palette-list a", &[&audit]).await;
        browser.press(&[Key::Enter]).await;
        browser.wait_for_path("/audit").await;
        wait_for_heading(&browser, &audit).await;
        find_anything(&browser).await;
        browser.type_text("example.com").await;
        wait_for_count(&browser, "#palette-list a[href^='/users/']", 7).await;
        browser.press(&[Key::Down]).await;
        browser.press(&[Key::Down]).await;
        browser.press(&[Key::Up]).await;
        let chosen = attribute(&browser, "#palette-list a:nth-of-type(2)", "href").await;
        wait_for_count(&browser, &format!("#palette-list a[href='{chosen}'][aria-selected=true]"), 1).await;
        browser.press(&[Key::Enter]).await;
        browser.wait_for_path(&chosen).await;
        find_anything(&browser).await;
        browser.press(&[Key::Escape]).await;
        wait_for_count(&browser, "dialog[open]", 0).await;
        assert_eq!(browser.errors().await, [""; 0]);
    }
    // Without scripts the button is a link to a page with the same function.
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default().without_javascript()).await;
    browser.click("Find users, pages… Ctrl K").await;
    browser.wait_for_path("/find").await;
    browser.fill("Find users and pages", "john").await;
    browser.click("Find").await;
    browser.wait_for("John Doe").await;
    browser.click_within("main", "John Doe user123").await;
    browser.wait_for_path("/users/user123").await;
}

#[tokio::test]
async fn users_download_their_data_delete_their_account_and_restore_it() {
    let console = Console::start(Shape::Sqlite).await;
    for (language, user_id) in [(Language::English, "alice"), (Language::Korean, "bob")] {
        let t = |id: &str| language.t(id);
        let browser = language.signed_in(&console, user_id, "test123", BrowserSettings::default()).await;
        wait_for_heading(&browser, &t("my-account")).await;
        let (status, content_type, disposition, body) = fetched(&browser, "/account/export").await;
        assert_eq!((status, content_type.as_str()), (200, "application/json"));
        assert!(disposition.starts_with(&format!("attachment; filename=\"steward-export-{user_id}-")), "{disposition}");
        assert!(body.contains("\"sign_ins\"") && body.contains(user_id), "{body}");
        for _ in 0..2 {
            fetched(&browser, "/account/export").await;
        }
        browser.click(&t("account-export")).await;
        wait_for_count(&browser, ".toast", 1).await;

        browser.click(&t("account-delete-link")).await;
        browser.wait_for_path("/account/delete").await;
        wait_for_heading(&browser, &t("account-delete-question")).await;
        assert_eq!(browser.axe().await, []);
        let confirm = language.tw("account-delete-id", &[("id", user_id)]);
        let (password, delete) = (t("account-current-password"), t("account-delete"));
        for (typed, typed_password, error) in
            [("someone", "test123", "account-delete-id-wrong"), (user_id, "wrong", "account-current-wrong")]
        {
            browser.fill(&confirm, typed).await;
            browser.fill(&password, typed_password).await;
            browser.click(&delete).await;
            wait_for_texts(&browser, ".field-error", &[&t(error)]).await;
        }
        browser.fill(&confirm, user_id).await;
        browser.fill(&password, "test123").await;
        browser.click(&delete).await;
        browser.wait_for_path("/sign-in").await;
        wait_for_count(&browser, ".toast", 1).await;
        console.deployment.api.login(user_id, "test123").await.expect(403);

        let (id, password) = (t("user-id"), t("password"));
        browser.fill(&id, user_id).await;
        browser.fill(&password, "test123").await;
        browser.click(&t("sign-in-button")).await;
        wait_for_heading(&browser, &t("restore")).await;
        assert_eq!(browser.axe().await, []);
        assert_eq!(browser.value(&id).await, user_id);
        browser.fill(&t("restore-password"), "test123").await;
        browser.click(&t("restore-button")).await;
        browser.wait_for_path("/account").await;
        assert!(texts(&browser, "#timeline p").await.contains(&t("user-event-restored")));
        assert_eq!(browser.errors().await, [""; 0]);
    }
}
