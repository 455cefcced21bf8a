//! Unicode in forms and pages: international domain names, and names with bidirectional text.

use serde_json::json;
use steward_testkit::browser::BrowserSettings;

use super::super::helpers::{attribute, texts, toast, wait_for_heading, wait_for_texts};
use super::super::language::Language;
use crate::support::{Console, Shape};

/// Browsers convert the domain in a field of type `email` by rules that turn this domain into another one.
#[tokio::test]
async fn saving_a_name_keeps_an_international_address() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    let settings = BrowserSettings::default;
    for (user_id, settings) in [("alice", settings()), ("bob", settings().without_javascript())] {
        let email = format!("{user_id}@maßanfertigung.example");
        let path = format!("/api/admin/users/{user_id}");
        api.put(&path).json(json!({"email": email})).send().await.expect(200);
        let browser = console.signed_in("admin", "admin123", settings).await;
        browser.goto(&format!("/users/{user_id}")).await;
        browser.fill("Name", "Someone Else").await;
        browser.click("Save changes").await;
        toast(&browser, "Someone Else was saved.").await;
        let user = api.get(&path).send().await.expect(200);
        assert_eq!((user.text("name"), user.text("email")), ("Someone Else", &*email));
        browser.goto(&format!("/audit?target={user_id}&action=USER_UPDATED")).await;
        wait_for_texts(&browser, ".log li[data-row]:nth-child(2) .changes dt", &["Name"]).await;

        // As typed, and in either form.
        browser.goto(&format!("/users/{user_id}")).await;
        browser.fill("E-mail", &format!("{user_id}@xn--maanfertigung-cdb.example")).await;
        browser.click("Save changes").await;
        toast(&browser, "Nothing was changed").await;
        browser.fill("E-mail", &format!("{user_id}@straße.example")).await;
        browser.click("Save changes").await;
        toast(&browser, "Someone Else was saved.").await;
        assert_eq!(api.get(&path).send().await.expect(200).text("email"), format!("{user_id}@straße.example"));
    }
}

/// A hundred characters, each of which is two UTF-16 code units in JavaScript.
#[tokio::test]
async fn a_name_has_the_same_maximum_length_in_the_form_and_the_api() {
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

/// A stored name with a bidirectional control, and a name in a right-to-left script.
#[tokio::test]
async fn a_right_to_left_name_does_not_affect_other_text() {
    let console = Console::start(Shape::Postgres).await;
    console.deployment.database.run("UPDATE users SET name = 'nimda\u{202E}gnp.exe' WHERE user_id = 'alice'").unwrap();
    console.deployment.database.run("UPDATE users SET name = 'שלום (1)' WHERE user_id = 'bob'").unwrap();
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    // The text after the name must be to its right, from left to right.
    let order = "const [name, next] = ['h1 bdi', 'h1 .pill'].map((one) => document.querySelector(one));
        const range = document.createRange();
        range.selectNodeContents(next);
        return [getComputedStyle(name).unicodeBidi, name.getBoundingClientRect().right <= range.getBoundingClientRect().left]";
    for user_id in ["alice", "bob"] {
        // A page asks before it ends the sessions of the user.
        console.deployment.api.login(user_id, "test123").await.expect(200);
    }
    for (user_id, title) in [("alice", "nimdagnp.exe · Steward"), ("bob", "\u{2068}שלום (1)\u{2069} · Steward")] {
        browser.goto(&format!("/users/{user_id}")).await;
        browser.wait_for("Active").await;
        assert_eq!(browser.execute(order, Vec::new()).await, json!(["isolate", true]), "{user_id}");
        assert_eq!(browser.title().await, title);
        let question = attribute(&browser, "[data-confirm]", "data-confirm").await;
        assert!(!question.contains('\u{202E}') && question.ends_with("out everywhere?"), "{question}");
    }
    browser.goto("/users?search=bob").await;
    wait_for_heading(&browser, &Language::English.t("user-management")).await;
    assert_eq!(texts(&browser, "td .who bdi").await, ["שלום (1)"]);
    assert_eq!(attribute(&browser, ".pick", "aria-label").await, "Select \u{2068}שלום (1)\u{2069}");
    assert_eq!(browser.errors().await, [""; 0]);
}
