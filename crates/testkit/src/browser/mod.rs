//! Pages as people meet them: a headless Chromium, its own for each test.
//!
//! - [`Browser`]: opens pages, finds what is on them by its words, clicks, fills in, presses keys, and tells what is to
//!   be seen. What does not happen in time fails the test, with what the page said instead.
//! - [`BrowserSettings`]: language, light or dark, with or without JavaScript, size.
//! - [`Tab`]: one of several tabs and windows.
//! - [`Violation`]: what axe-core has to say against a page; it comes with Chromium.
//!
//! Nothing sleeps: what is asked for is looked for again and again, until it is there or patience is over.

mod axe;
mod command;
mod finding;
mod looking;
mod settings;
mod tabs;

use std::path::Path;

pub use axe::Violation;
pub use fantoccini::key::Key;
pub use settings::{BrowserSettings, Theme};
pub use tabs::Tab;

use fantoccini::Client;
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::servers::shared;
use command::Command;

/// A browser with a profile of its own, at a site. Gone when dropped.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    session: String,
    base: String,
    settings: BrowserSettings,
}

impl Browser {
    /// Opens a browser for the site at `base` (`http://HOST:PORT`). No page is open yet.
    pub async fn open(base: &str, settings: BrowserSettings) -> Self {
        let driver = shared::chromedriver().url();
        let asked = settings.capabilities();
        let client = Client::with_capabilities_and_connector(&driver, &asked, HttpConnector::new()).await;
        let client = client.unwrap_or_else(|error| panic!("no browser: {error}"));
        let session = client.session_id().await.unwrap().unwrap();
        let browser = Self { client, session, base: base.to_owned(), settings };
        browser.prepare().await;
        browser
    }

    /// Makes a tab what the settings say.
    async fn prepare(&self) {
        let settings = &self.settings;
        self.resize(settings.width, settings.height).await;
        self.prefer(settings.theme).await;
        self.let_scripts_run(settings.javascript).await;
    }

    /// Opens a page of the site.
    pub async fn goto(&self, path: &str) {
        self.goto_elsewhere(&format!("{}{path}", self.base)).await;
    }

    /// Opens a page of another site.
    pub async fn goto_elsewhere(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url} does not open: {error}"));
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    /// Goes back by one page.
    pub async fn back(&self) {
        self.client.back().await.unwrap();
    }

    /// Makes the window this large, in CSS pixels. Narrow ones are those of a phone: their pages are laid out as the
    /// viewport's `<meta>` says.
    pub async fn resize(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// From now on the person prefers these colours.
    pub async fn prefer(&self, theme: Theme) {
        let features = json!([{"name": "prefers-color-scheme", "value": theme.name()}]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features})).await;
    }

    /// Presses keys together, such as Shift and Tab.
    pub async fn press(&self, keys: &[Key]) {
        let down = keys.iter().map(|key| KeyAction::Down { value: (*key).into() });
        let up = keys.iter().rev().map(|key| KeyAction::Up { value: (*key).into() });
        let actions = down.chain(up).fold(KeyActions::new("keyboard".into()), KeyActions::then);
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Types a text into whatever has the focus.
    pub async fn type_text(&self, text: &str) {
        let actions = text.chars().fold(KeyActions::new("keyboard".into()), |actions, value| {
            actions.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Runs a function's body in the page, with these `arguments`, and waits for its promise if it returns one. The
    /// page's Content-Security-Policy has no say in it.
    pub async fn execute(&self, script: &str, arguments: Vec<Value>) -> Value {
        let result = self.client.execute(script, arguments).await;
        result.unwrap_or_else(|error| panic!("a script failed: {error}\n{script:.400}"))
    }

    /// Calls the browser as its developer tools do: `Network.getCookies`, …
    pub async fn devtools(&self, method: &str, parameters: Value) -> Value {
        let body = json!({"cmd": method, "params": parameters});
        let result = self.client.issue_cmd(Command { path: "goog/cdp/execute", body }).await;
        result.unwrap_or_else(|error| panic!("{method} failed: {error}"))
    }

    /// Brings what moves to its end, but for what moves for ever: colours in between are none of the page's.
    async fn settle(&self) {
        let script = "for (const one of document.getAnimations()) try { one.finish(); } catch { }";
        self.execute(script, Vec::new()).await;
    }

    async fn let_scripts_run(&self, run: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({"value": !run})).await;
    }

    /// Writes what the window shows into a PNG file, once nothing fades or slides any more.
    pub async fn screenshot(&self, file: &Path) {
        self.settle().await;
        let image = self.client.screenshot().await.unwrap();
        std::fs::write(file, image).unwrap_or_else(|error| panic!("{} is not written: {error}", file.display()));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // One that does not end goes with the driver.
        let _ = shared::chromedriver().end(&self.session);
    }
}
