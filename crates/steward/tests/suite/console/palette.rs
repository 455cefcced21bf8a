//! Finding by keyboard, by hands that are quicker than the network, and in a language that is composed.

use serde_json::json;
use steward_testkit::browser::{Browser, BrowserSettings, Key};

use super::looking::{find_anything, wait_for_count, wait_for_heading, wait_for_texts};
use crate::support::{Console, Shape};

/// Searches wait until they are let go, by the words that they are for.
const HOLD: &str = "window.held = {}; const real = window.fetch;
    window.fetch = (url, options) => {
        const words = new URL(url, location.href).searchParams.get('q');
        if (!String(url).startsWith('/find')) return real(url, options);
        return new Promise((resolve, reject) => {
            held[words] = () => real(url, { ...options, signal: undefined }).then(resolve, reject);
        });
    };";

async fn wait_for_search(browser: &Browser, words: &str) {
    browser.wait_until("it is searched", &format!("return {} in window.held", json!(words))).await;
}

async fn let_go(browser: &Browser, words: &str) {
    browser.execute("window.held[arguments[0]]()", vec![json!(words)]).await;
}

/// A key as the browser has it from an input method that has taken it.
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
async fn enter_opens_what_the_words_in_the_field_find_however_quick_it_is() {
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
async fn late_lists_are_no_lists_and_a_search_that_fails_says_so() {
    let console = Console::start(Shape::Sqlite).await;
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    wait_for_heading(&browser, "Dashboard").await;
    browser.execute(HOLD, Vec::new()).await;
    find_anything(&browser).await;
    browser.wait_for("Searching…").await;
    let_go(&browser, "").await;
    wait_for_count(&browser, "#palette-list a", 5).await;
    browser.wait_until_gone("Searching…").await;

    // Enter for words whose list is to come; then the words are others, and Enter was for none of these.
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

    // What is chosen in an old list is not what the words find.
    browser.type_text("x").await;
    browser.press(&[Key::Enter]).await;
    wait_for_search(&browser, "alicex").await;
    let_go(&browser, "alicex").await;
    browser.wait_for("Nobody and nothing of that name.").await;
    assert_eq!(browser.path().await, "/dashboard");

    // Nothing is opened once the palette is closed.
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
async fn keys_that_compose_a_text_do_nothing_else() {
    let console = Console::start(Shape::Sqlite).await;
    let settings = BrowserSettings::default().in_language("ko");
    let browser = console.browser(settings).await;
    browser.goto("/sign-in").await;
    // A form is not sent by the Enter that ends a composition.
    browser.fill("비밀번호", "admin123").await;
    browser.fill("아이디", "admi").await;
    compose(&browser, "n").await;
    for key in ["Enter", "Enter"] {
        press_while_composing(&browser, key).await;
    }
    // The Enter whose composition is over, told late.
    browser.devtools("Input.insertText", json!({"text": "n"})).await;
    press_while_composing(&browser, "Enter").await;
    assert_eq!((browser.path().await, browser.value("아이디").await), ("/sign-in".to_owned(), "admin".to_owned()));
    browser.press(&[Key::Enter]).await;
    browser.wait_for_path("/dashboard").await;

    // Nor is a user opened, or the palette closed.
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

    // Shortcuts wait, too.
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
