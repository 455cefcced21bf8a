//! Helpers that read and check pages.

use serde_json::{Value, json};
use steward_testkit::browser::Browser;

/// A JavaScript function that returns the texts of the elements that match a CSS selector, each in one line.
const TEXTS: &str = "const texts = (selector) => [...document.querySelectorAll(selector)]
    .map((one) => one.textContent.replace(/\\s+/g, ' ').trim());";

/// The texts of all elements that match a CSS selector, including hidden ones.
pub(super) async fn texts(browser: &Browser, selector: &str) -> Vec<String> {
    let found = browser.execute(&format!("{TEXTS} return texts(arguments[0])"), vec![json!(selector)]).await;
    found.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Waits until the elements that match a CSS selector have these texts, in this order.
pub(super) async fn wait_for_texts(browser: &Browser, selector: &str, expected: &[&str]) {
    let script = format!("{TEXTS} return JSON.stringify(texts({})) === {}", json!(selector), quoted(expected));
    browser.wait_until(&format!("{selector} is {expected:?}"), &script).await;
}

/// Waits until the elements that match a CSS selector have these texts, in any order.
pub(super) async fn wait_for_set(browser: &Browser, selector: &str, expected: &[&str]) {
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    let script = format!("{TEXTS} return JSON.stringify(texts({}).sort()) === {}", json!(selector), quoted(&expected));
    browser.wait_until(&format!("{selector} is {expected:?} in any order"), &script).await;
}

/// Waits until a CSS selector matches this number of elements.
pub(super) async fn wait_for_count(browser: &Browser, selector: &str, count: usize) {
    let script = format!("return document.querySelectorAll({}).length === {count}", json!(selector));
    browser.wait_until(&format!("there are {count} of {selector}"), &script).await;
}

/// Waits until the page's heading is this text, possibly followed by badges.
pub(super) async fn wait_for_heading(browser: &Browser, heading: &str) {
    let script = format!("{TEXTS} return texts('h1').some((text) => text.startsWith({}))", json!(heading));
    browser.wait_until(&format!("the heading is {heading:?}"), &script).await;
}

/// Waits for a toast message, and returns the address of its link; empty if it has none.
pub(super) async fn toast(browser: &Browser, text: &str) -> String {
    let find = format!(
        "const toast = [...document.querySelectorAll('.toast')].find((one) => one.textContent.includes({}));",
        json!(text)
    );
    browser.wait_until(&format!("the message {text:?} is shown"), &format!("{find} return Boolean(toast)")).await;
    let link = format!("{find} return toast?.querySelector('a')?.getAttribute('href')");
    browser.execute(&link, Vec::new()).await.as_str().unwrap_or_default().to_owned()
}

/// Fetches an address from the page, with its cookies: status, content type, content disposition and body.
pub(super) async fn fetched(browser: &Browser, address: &str) -> (u64, String, String, String) {
    let script = "return fetch(arguments[0]).then(async (response) => [response.status, \
                  response.headers.get('content-type') ?? '', response.headers.get('content-disposition') ?? '', \
                  await response.text()])";
    let response = browser.execute(script, vec![json!(address)]).await;
    let text = |at: usize| response[at].as_str().unwrap_or_default().to_owned();
    (response[0].as_u64().unwrap_or_default(), text(1), text(2), text(3))
}

/// An attribute of the first element that matches a CSS selector; empty if there is none.
pub(super) async fn attribute(browser: &Browser, selector: &str, name: &str) -> String {
    let script = "return document.querySelector(arguments[0])?.getAttribute(arguments[1])";
    let value = browser.execute(script, vec![json!(selector), json!(name)]).await;
    value.as_str().unwrap_or_default().to_owned()
}

/// Texts as a JSON string, encoded as a JavaScript literal.
fn quoted(texts: &[&str]) -> Value {
    json!(json!(texts).to_string())
}

/// Opens the command palette with Ctrl and K, and waits until its field has the focus.
pub(super) async fn find_anything(browser: &Browser) {
    let key =
        |kind: &str| json!({"type": kind, "modifiers": 2, "key": "k", "code": "KeyK", "windowsVirtualKeyCode": 75});
    browser.devtools("Input.dispatchKeyEvent", key("rawKeyDown")).await;
    browser.devtools("Input.dispatchKeyEvent", key("keyUp")).await;
    browser.wait_until("the palette is open", "return document.activeElement.closest('#palette') !== null").await;
}
