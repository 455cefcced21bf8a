//! The command palette: keyboard, slow networks, input methods.

use serde_json::json;
use steward_testkit::browser::{Browser, BrowserSettings, Key};

use super::helpers::{find_anything, wait_for_count, wait_for_heading, wait_for_texts};
use crate::support::{Console, Shape};

/// Holds each search back until it is released by its words.
const HOLD: &str = "window.held = {}; const real = window.fetch;
    window.fetch = (url, options) => {
        const words = new URL(url, location.href).searchParams.get('q');
        if (!String(url).startsWith('/find')) return real(url, options);
        return new Promise((resolve, reject) => {
            held[words] = () => real(url, { ...options, signal: undefined }).then(resolve, reject);
        });
    };";

async fn wait_for_search(browser: &Browser, words: &str) {
    browser.wait_until("the search is sent", &format!("return {} in window.held", json!(words))).await;
}

async fn let_go(browser: &Browser, words: &str) {
    browser.execute("window.held[arguments[0]]()", vec![json!(words)]).await;
}

/// A key event as the browser reports it during composition by an input method.
async fn press_while_composing(browser: &Browser, key: &str) {
    for kind in ["rawKeyDown", "keyUp"] {
        let event = json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": 229});
        browser.devtools("Input.dispatchKeyEvent", event).await;
    }
}

async fn compose(browser: &Browser, text: &str) {
    let length = text.chars().count();
    let parameters = json!({"text": text, "selectionStart": length, "selectionEnd": length});
    browser.devtools("Input.imeSetComposition", parameters).await;
}

#[tokio::test]
async fn enter_opens_the_result_of_the_typed_words() {
    let console = Console::start(Shape::Sqlite).await;
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    wait_for_heading(&browser, "Dashboard").await;
    find_anything(&browser).await;
    browser.type_text("diana").await;
    browser.press(&[Key::Enter]).await;
    browser.wait_for_path("/users/diana").await;
    wait_for_count(&browser, "dialog[open]", 0).await;
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test]
async fn late_results_are_ignored_and_a_failed_search_is_reported() {
    let console = Console::start(Shape::Sqlite).await;
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    wait_for_heading(&browser, "Dashboard").await;
    browser.execute(HOLD, Vec::new()).await;
    find_anything(&browser).await;
    browser.wait_for("Searching…").await;
    let_go(&browser, "").await;
    wait_for_count(&browser, "#palette-list a", 10).await;
    browser.wait_until_gone("Searching…").await;

    // Enter is pressed before the results arrive, and then the words change: Enter does not apply to the new words.
    browser.type_text("ali").await;
    browser.press(&[Key::Enter]).await;
    wait_for_search(&browser, "ali").await;
    browser.wait_for("Searching…").await;
    browser.type_text("ce").await;
    wait_for_search(&browser, "alice").await;
    let_go(&browser, "alice").await;
    wait_for_texts(&browser, "#palette-list a", &["Alice Cooper alice"]).await;
    let_go(&browser, "ali").await;
    browser.execute("return new Promise((done) => setTimeout(done))", Vec::new()).await;
    wait_for_texts(&browser, "#palette-list a", &["Alice Cooper alice"]).await;
    assert_eq!(browser.path().await, "/dashboard");

    // A selection in an outdated list is not opened.
    browser.type_text("x").await;
    browser.press(&[Key::Enter]).await;
    wait_for_search(&browser, "alicex").await;
    let_go(&browser, "alicex").await;
    browser.wait_for("No users or pages match.").await;
    assert_eq!(browser.path().await, "/dashboard");

    // No page is opened after the palette is closed.
    browser.type_text("y").await;
    browser.press(&[Key::Enter]).await;
    wait_for_search(&browser, "alicexy").await;
    browser.press(&[Key::Escape]).await;
    wait_for_count(&browser, "dialog[open]", 0).await;

    browser.execute("window.fetch = () => Promise.resolve(new Response('', { status: 502 }))", Vec::new()).await;
    find_anything(&browser).await;
    browser.wait_for("The search failed. Try again.").await;
    wait_for_count(&browser, "#palette-list a", 0).await;
    browser.press(&[Key::Enter]).await;
    browser.wait_for("The search failed. Try again.").await;
    assert_eq!(browser.path().await, "/dashboard");
    assert_eq!(browser.axe().await, []);
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test]
async fn keys_of_an_input_method_have_no_other_effect() {
    let console = Console::start(Shape::Sqlite).await;
    let settings = BrowserSettings::default().in_language("ko");
    let browser = console.browser(settings).await;
    browser.goto("/sign-in").await;
    // The Enter that ends a composition does not send a form.
    browser.fill("비밀번호", "admin123").await;
    browser.fill("아이디", "admi").await;
    compose(&browser, "n").await;
    for key in ["Enter", "Enter"] {
        press_while_composing(&browser, key).await;
    }
    // The Enter after the end of a composition, reported late.
    browser.devtools("Input.insertText", json!({"text": "n"})).await;
    press_while_composing(&browser, "Enter").await;
    assert_eq!((browser.path().await, browser.value("아이디").await), ("/sign-in".to_owned(), "admin".to_owned()));
    browser.press(&[Key::Enter]).await;
    browser.wait_for_path("/dashboard").await;

    // It does not open a user or close the palette either.
    wait_for_heading(&browser, "대시보드").await;
    find_anything(&browser).await;
    browser.type_text("dia").await;
    wait_for_texts(&browser, "#palette-list a", &["Diana Prince diana"]).await;
    compose(&browser, "n").await;
    for key in ["Enter", "ArrowDown", "k"] {
        press_while_composing(&browser, key).await;
    }
    assert_eq!(browser.count("#palette[open]").await, 1);
    assert_eq!(browser.path().await, "/dashboard");
    browser.devtools("Input.insertText", json!({"text": "na"})).await;
    let value = "return document.querySelector('#palette input').value";
    assert_eq!(browser.execute(value, Vec::new()).await, "diana");
    browser.press(&[Key::Enter]).await;
    browser.wait_for_path("/users/diana").await;

    // Shortcuts are ignored during composition, too.
    browser.goto("/users?sort=user_id").await;
    wait_for_count(&browser, "tr[data-row]", 10).await;
    for key in ["j", "/"] {
        press_while_composing(&browser, key).await;
    }
    let is_elsewhere = "return !document.activeElement.matches('tr a, #search')";
    assert_eq!(browser.execute(is_elsewhere, Vec::new()).await, json!(true));
    browser.type_text("j").await;
    browser.wait_until("a row has the focus", "return document.activeElement.matches('tr a')").await;
    assert_eq!(browser.errors().await, [""; 0]);
}
