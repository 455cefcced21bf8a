//! Texts of people in forms and pages: addresses of international domains, and names that turn their surroundings round.

use serde_json::json;
use steward_testkit::browser::BrowserSettings;

use super::super::looking::{attribute, texts, toast, wait_for_heading, wait_for_texts};
use super::super::words::Language;
use crate::support::{Console, Shape};

/// Browsers convert the domain in a field of type `email` by rules that make another domain of this one.
#[tokio::test]
async fn saving_a_name_leaves_an_international_address_alone() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    let settings = BrowserSettings::default;
    for (user_id, settings) in [("alice", settings()), ("bob", settings().without_javascript())] {
        let email = format!("{user_id}@maßanfertigung.example");
        let path = format!("/api/admin/users/{user_id}");
        api.put(&path).json(json!({"email": email})).send().await.expect(200);
        let browser = console.signed_in("admin", "admin123", settings).await;
        browser.goto(&format!("/users/{user_id}")).await;
        browser.fill("Name", "Somebody Else").await;
        browser.click("Save changes").await;
        toast(&browser, "Somebody Else was saved.").await;
        let user = api.get(&path).send().await.expect(200);
        assert_eq!((user.text("name"), user.text("email")), ("Somebody Else", &*email));
        browser.goto(&format!("/audit?target={user_id}&action=USER_UPDATED")).await;
        wait_for_texts(&browser, ".log li[data-row]:nth-child(2) .changes dt", &["Name"]).await;

        // As it was typed, and in either form.
        browser.goto(&format!("/users/{user_id}")).await;
        browser.fill("E-mail", &format!("{user_id}@xn--maanfertigung-cdb.example")).await;
        browser.click("Save changes").await;
        toast(&browser, "Nothing was changed").await;
        browser.fill("E-mail", &format!("{user_id}@straße.example")).await;
        browser.click("Save changes").await;
        toast(&browser, "Somebody Else was saved.").await;
        assert_eq!(api.get(&path).send().await.expect(200).text("email"), format!("{user_id}@straße.example"));
    }
}

/// A hundred characters, of which each is two for JavaScript.
#[tokio::test]
async fn a_name_may_be_as_long_in_the_form_as_in_the_api() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    let name = "🦀".repeat(100);
    browser.goto("/users/alice").await;
    let type_in = "const field = document.querySelector('#name'); field.focus(); field.select();
        return document.execCommand('insertText', false, arguments[0])";
    browser.execute(type_in, vec![json!(name)]).await;
    browser.click("Save changes").await;
    toast(&browser, "was saved.").await;
    assert_eq!(api.get("/api/admin/users/alice").send().await.expect(200).text("name"), name);
}

/// One of an earlier version, with a control that turns round what follows it, and one of a script from right to left.
#[tokio::test]
async fn a_name_turns_nothing_round_but_itself() {
    let console = Console::start(Shape::Postgres).await;
    console.deployment.database.run("UPDATE users SET name = 'nimda\u{202E}gnp.exe' WHERE user_id = 'alice'").unwrap();
    console.deployment.database.run("UPDATE users SET name = 'שלום (1)' WHERE user_id = 'bob'").unwrap();
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    // Where the text after the name is: to the right of it, and from left to right.
    let order = "const [name, next] = ['h1 bdi', 'h1 .pill'].map((one) => document.querySelector(one));
        const range = document.createRange();
        range.selectNodeContents(next);
        return [getComputedStyle(name).unicodeBidi, name.getBoundingClientRect().right <= range.getBoundingClientRect().left]";
    for (user_id, title) in [("alice", "nimdagnp.exe · Steward"), ("bob", "\u{2068}שלום (1)\u{2069} · Steward")] {
        browser.goto(&format!("/users/{user_id}")).await;
        browser.wait_for("Active").await;
        assert_eq!(browser.execute(order, Vec::new()).await, json!(["isolate", true]), "{user_id}");
        assert_eq!(browser.title().await, title);
        let question = attribute(&browser, "[data-confirm]", "data-confirm").await;
        assert!(!question.contains('\u{202E}') && question.ends_with("every session ends."), "{question}");
    }
    browser.goto("/users?search=bob").await;
    wait_for_heading(&browser, &Language::English.t("user-management")).await;
    assert_eq!(texts(&browser, "td .who bdi").await, ["שלום (1)"]);
    assert_eq!(attribute(&browser, ".pick", "aria-label").await, "Select \u{2068}שלום (1)\u{2069}");
    assert_eq!(browser.errors().await, [""; 0]);
}
