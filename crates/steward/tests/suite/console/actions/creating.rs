//! The page that creates users.

use serde_json::json;
use steward_testkit::browser::BrowserSettings;

use super::super::helpers::{attribute, find_anything, texts, toast, wait_for_count, wait_for_heading, wait_for_texts};
use super::super::language::Language;
use super::super::visitor::Visitor;
use crate::support::{Console, Shape};

const SCRIPTS: [bool; 2] = [true, false];

#[tokio::test]
async fn users_are_created_in_each_way() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    for (language, has_script) in Language::ALL.into_iter().zip(SCRIPTS) {
        let settings = BrowserSettings::default();
        let settings = if has_script { settings } else { settings.without_javascript() };
        let browser = language.signed_in(&console, "admin", "admin123", settings).await;
        let t = |id: &str| language.t(id);
        let id = |name: &str| format!("{name}.{}", language.tag());
        browser.goto("/users").await;
        browser.click_within(".page-head", &t("user-new")).await;
        wait_for_heading(&browser, &t("user-new")).await;
        let fill = async |user_id: &str, email: &str, way: &str| {
            browser.fill(&t("user-id"), user_id).await;
            browser.fill(&t("user-email"), email).await;
            browser.fill(&t("user-name"), "김민서").await;
            browser.click(&t(way)).await;
            browser.click(&t("user-new-create")).await;
        };

        // Errors are beside their fields, and what was typed stays.
        browser.choose(&t("user-role"), &t("role-admin")).await;
        fill("alice", "no address", "user-new-temporary").await;
        wait_for_texts(&browser, ".field-error", &[&t("user-email-wrong")]).await;
        assert_eq!(attribute(&browser, "#email", "aria-describedby").await, "email-error");
        fill("ALICE", &format!("{}@example.com", id("kim")), "user-new-temporary").await;
        wait_for_texts(&browser, ".field-error", &[&t("accept-invitation-user-id-taken")]).await;
        fill(&id("kim"), "alice@example.com", "user-new-temporary").await;
        wait_for_texts(&browser, ".field-error", &[&t("user-email-taken")]).await;
        assert_eq!(browser.value(&t("user-name")).await, "김민서");
        assert_eq!(browser.value(&t("user-role")).await, "admin");

        // A temporary password is shown once.
        fill(&id("kim"), &format!("{}@example.com", id("kim")), "user-new-temporary").await;
        wait_for_heading(&browser, &t("user-temporary-password")).await;
        let password = texts(&browser, "#temporary-password").await.remove(0);
        assert_eq!(browser.count("[data-copy]:not([hidden])").await, u64::from(has_script));
        console.deployment.api.login(&id("kim"), &password).await.expect(200);
        let kim = api.get(&format!("/api/admin/users/{}", id("kim"))).send().await.expect(200);
        assert_eq!(kim.text("role"), "admin");

        // A set password is checked by the policy; its field is there only for this way.
        browser.goto("/new-user").await;
        browser.click(&t("user-new-set")).await;
        browser.fill(&t("user-new-password"), "password123").await;
        fill(&id("lee"), &format!("{}@example.com", id("lee")), "user-new-set").await;
        wait_for_texts(&browser, ".field-error", &[&t("account-weak-breached")]).await;
        assert_eq!(browser.value(&t("user-new-password")).await, "");
        browser.fill(&t("user-new-password"), "battery staple 4711").await;
        browser.click(&t("user-new-create")).await;
        let entry = toast(&browser, &language.tw("user-new-created", &[("name", "김민서")])).await;
        assert_eq!(entry, format!("/audit?target={}&action=USER_CREATED", id("lee")));
        browser.wait_for_path(&format!("/users/{}", id("lee"))).await;
        console.deployment.api.login(&id("lee"), "battery staple 4711").await.expect(200);

        // An invitation needs an active account.
        browser.goto("/new-user").await;
        browser.click(&t("user-active")).await;
        fill(&id("park"), &format!("{}@example.com", id("park")), "user-new-by-mail").await;
        wait_for_texts(&browser, ".field-error", &[&t("user-new-inactive-mail")]).await;
        browser.click(&t("user-active")).await;
        browser.click(&t("user-new-create")).await;
        toast(&browser, &language.tw("user-new-invited", &[("name", "김민서")])).await;
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn an_admin_creates_only_users() {
    let console = Console::start(Shape::Sqlite).await;
    let browser = console.signed_in("manager", "admin123", BrowserSettings::default()).await;
    wait_for_heading(&browser, "Dashboard").await;
    find_anything(&browser).await;
    browser.type_text("new us").await;
    wait_for_count(&browser, "dialog a[href='/new-user']", 1).await;
    browser.click_within("dialog", "New user").await;
    wait_for_heading(&browser, "New user").await;
    wait_for_texts(&browser, "#role option", &["User"]).await;
}

#[tokio::test]
async fn a_double_click_creates_one_user() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    for has_script in SCRIPTS {
        let settings = BrowserSettings::default();
        let settings = if has_script { settings } else { settings.without_javascript() };
        let browser = console.signed_in("admin", "admin123", settings).await;
        let id = format!("twice-{has_script}");
        browser.goto("/new-user").await;
        browser.fill("User ID", &id).await;
        browser.fill("E-mail", &format!("{id}@example.com")).await;
        browser.fill("Name", "Twice").await;
        browser.click("Temporary password").await;
        browser.double_click("Create user").await;
        wait_for_heading(&browser, "Temporary password").await;
        let password = texts(&browser, "#temporary-password").await.remove(0);
        console.deployment.api.login(&id, &password).await.expect(200);
        let log = api.get(&format!("/api/admin/audit-logs?target={id}&action=USER_CREATED")).send().await.expect(200);
        assert_eq!(log.json()["items"].as_array().unwrap().len(), 1);
    }
}

/// As if another console process had received the second request, or the browser had repeated it later.
#[tokio::test]
async fn the_key_of_the_form_makes_a_later_repetition_harmless() {
    let console = Console::start(Shape::Sqlite).await;
    let mut visitor = Visitor::new(&console.url);
    visitor.sign_in("admin", "admin123");
    let page = visitor.get("/new-user");
    let key = page.body.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let csrf = page.csrf();
    let mut submit = |once: &str, name: &str| {
        let fields = [
            ("csrf", csrf.as_str()),
            ("once", once),
            ("key", &key),
            ("user_id", "kim"),
            ("email", "kim@example.com"),
            ("name", name),
            ("role", "user"),
            ("is_active", "yes"),
            ("way", "temporary"),
        ];
        visitor.post("/new-user", &fields)
    };
    let password = |body: &str| body.split("id=\"temporary-password\">").nth(1).map(|rest| rest[..19].to_owned());
    let (first, again) = (submit("1", "Kim"), submit("2", "Kim"));
    assert_eq!((first.status, again.status), (200, 200));
    assert!(password(&first.body).is_some());
    assert_eq!(password(&first.body), password(&again.body));
    let other = submit("3", "Another");
    assert!(other.status == 422 && other.body.contains("An earlier attempt with other values"), "{other:?}");
    assert!(!other.body.contains(&key), "the next attempt has a new key");
    let api = console.deployment.super_admin().await;
    let found = api.get("/api/admin/users?search=kim").send().await.expect(200);
    assert_eq!(found.json()["total"], json!(1));
}
