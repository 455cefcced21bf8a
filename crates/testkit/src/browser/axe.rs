//! axe-core, a widely used checker of accessibility. It needs no installation: Chromium's developer tools contain it,
//! as part of Lighthouse.

use std::fmt;

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{Browser, BrowserSettings};

/// The developer tools are pages of the browser.
const DEVELOPER_TOOLS: &str = "devtools://devtools/bundled";

/// The Lighthouse bundle, which contains axe-core as a string.
const LIGHTHOUSE: &str = "/third_party/lighthouse/lighthouse-dt-bundle.js";

/// Extracts the string, from the quote before axe-core's first line to the next quote that is not escaped.
const EXTRACT: &str = r"
    return fetch(location.href).then((answer) => answer.text()).then((text) => {
        const begin = text.indexOf('/*! axe v') - 1;
        if (begin < 0) return null;
        const quote = text[begin];
        let end = begin + 1;
        while (end < text.length && text[end] !== quote) end += text[end] === '\\' ? 2 : 1;
        return text.slice(begin, end + 1);
    });";

/// Runs the rules for WCAG and best practices, without the experimental ones.
const RUN: &str = "
    return axe.run(document, { resultTypes: ['violations'] }).then((results) => results.violations.flatMap(
        ({ id, impact, help, nodes }) => nodes.map(({ target }) => ({ id, impact, help, target: target.join(' ') }))));";

/// An accessibility problem of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule: `color-contrast`, `label`, …
    pub id: String,
    /// `minor`, `moderate`, `serious` or `critical`.
    pub impact: String,
    /// The CSS selector of the element.
    pub selector: String,
    /// The requirement that is not met.
    pub help: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, impact, selector, help } = self;
        write!(f, "{selector}: {help} ({id}, {impact})")
    }
}

impl Browser {
    /// The problems that axe-core finds on the current page, by its rules for WCAG and best practices.
    pub async fn axe(&self) -> Vec<Violation> {
        static AXE: OnceCell<String> = OnceCell::const_new();
        let source = AXE.get_or_init(load_source).await;
        self.settle().await;
        // axe-core sets timers. The page's own scripts do not run again when it is loaded.
        self.let_scripts_run(true).await;
        if self.execute("return typeof axe", Vec::new()).await == json!("undefined") {
            self.execute(source, Vec::new()).await;
        }
        let found = self.execute(RUN, Vec::new()).await;
        self.let_scripts_run(self.settings.javascript).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let violation = |found: &Value| Violation {
            id: text(&found["id"]),
            impact: text(&found["impact"]),
            selector: text(&found["target"]),
            help: text(&found["help"]),
        };
        found.as_array().unwrap_or_else(|| panic!("axe-core returned {found}")).iter().map(violation).collect()
    }
}

/// Returns the source of axe-core.
async fn load_source() -> String {
    let browser = Browser::open(DEVELOPER_TOOLS, BrowserSettings::default()).await;
    browser.goto(LIGHTHOUSE).await;
    let literal = browser.execute(EXTRACT, Vec::new()).await;
    let version = browser.client.capabilities().and_then(|capabilities| capabilities.get("browserVersion"));
    let Some(literal) = literal.as_str() else { panic!("Chromium {version:?} has no axe-core at {LIGHTHOUSE}") };
    let source = browser.execute(&format!("return {literal}"), Vec::new()).await;
    source.as_str().unwrap_or_default().to_owned()
}
