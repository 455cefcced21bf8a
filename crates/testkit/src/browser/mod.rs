//! A headless Chromium for tests of pages. Each test has its own.
//!
//! - [`Browser`]: opens pages, finds controls by their visible names, clicks, fills in, presses keys, and reads the
//!   visible text. A condition that is not met in time fails the test with the text of the page.
//! - [`BrowserSettings`]: language, light or dark, with or without JavaScript, size.
//! - [`Tab`]: one of several tabs and windows.
//! - [`Violation`]: an accessibility problem that axe-core finds; axe-core comes with Chromium.
//!
//! No function sleeps for a fixed time: each repeats its check until it succeeds or the deadline passes.

mod axe;
mod command;
mod controls;
mod page;
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

/// A browser with its own profile, at a site. It ends when dropped.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    session: String,
    base: String,
    settings: BrowserSettings,
}

impl Browser {
    /// Opens a browser for the site at `base` (`http://HOST:PORT`), without a page.
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

    /// Applies the settings to the current tab.
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

    /// Resizes the window, in CSS pixels. Narrow windows emulate a phone, whose layout follows the viewport's `<meta>`.
    pub async fn resize(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Sets the preferred colour scheme.
    pub async fn prefer(&self, theme: Theme) {
        let features = json!([{"name": "prefers-color-scheme", "value": theme.name()}]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features})).await;
    }

    /// Presses keys together, for example Shift and Tab.
    pub async fn press(&self, keys: &[Key]) {
        let down = keys.iter().map(|key| KeyAction::Down { value: (*key).into() });
        let up = keys.iter().rev().map(|key| KeyAction::Up { value: (*key).into() });
        let actions = down.chain(up).fold(KeyActions::new("keyboard".into()), KeyActions::then);
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Types a text into the focused element.
    pub async fn type_text(&self, text: &str) {
        let actions = text.chars().fold(KeyActions::new("keyboard".into()), |actions, value| {
            actions.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Runs a function body in the page with these `arguments`, and waits if it returns a promise. The page's
    /// Content-Security-Policy does not apply.
    pub async fn execute(&self, script: &str, arguments: Vec<Value>) -> Value {
        let result = self.client.execute(script, arguments).await;
        result.unwrap_or_else(|error| panic!("a script failed: {error}\n{script:.400}"))
    }

    /// Sends a `DevTools` command: `Network.getCookies`, …
    pub async fn devtools(&self, method: &str, parameters: Value) -> Value {
        let body = json!({"cmd": method, "params": parameters});
        let result = self.client.issue_cmd(Command { path: "goog/cdp/execute", body }).await;
        result.unwrap_or_else(|error| panic!("{method} failed: {error}"))
    }

    /// Finishes all finite animations, so that no element is between two states.
    async fn settle(&self) {
        let script = "for (const one of document.getAnimations()) try { one.finish(); } catch { }";
        self.execute(script, Vec::new()).await;
    }

    async fn let_scripts_run(&self, run: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({"value": !run})).await;
    }

    /// Writes a screenshot as PNG, once all animations have finished.
    pub async fn screenshot(&self, file: &Path) {
        self.settle().await;
        let image = self.client.screenshot().await.unwrap();
        std::fs::write(file, image).unwrap_or_else(|error| panic!("{} is not written: {error}", file.display()));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A browser that does not end here ends with the driver.
        let _ = shared::chromedriver().end(&self.session);
    }
}
