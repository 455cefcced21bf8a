//! axe-core, the judge of accessibility that most others ask. Nobody has to install it: Chromium's own developer tools
//! hold it, within Lighthouse.

use std::fmt;

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{Browser, BrowserSettings};

/// The developer tools are pages of the browser.
const DEVELOPER_TOOLS: &str = "devtools://devtools/bundled";

/// Where they keep Lighthouse, in which axe-core is a string.
const LIGHTHOUSE: &str = "/third_party/lighthouse/lighthouse-dt-bundle.js";

/// Cuts the string out, from the quote before axe-core's first line to the next that is not escaped.
const CUT_OUT: &str = r"
    return fetch(location.href).then((answer) => answer.text()).then((text) => {
        const begin = text.indexOf('/*! axe v') - 1;
        if (begin < 0) return null;
        const quote = text[begin];
        let end = begin + 1;
        while (end < text.length && text[end] !== quote) end += text[end] === '\\' ? 2 : 1;
        return text.slice(begin, end + 1);
    });";

/// Asks for what every page has to keep and for best practices, not for experiments.
const RUN: &str = "
    return axe.run(document, { resultTypes: ['violations'] }).then((results) => results.violations.flatMap(
        ({ id, impact, help, nodes }) => nodes.map(({ target }) => ({ id, impact, help, target: target.join(' ') }))));";

/// Something on a page that somebody cannot see, hear, reach or understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule: `color-contrast`, `label`, …
    pub id: String,
    /// `minor`, `moderate`, `serious` or `critical`.
    pub impact: String,
    /// Where, as a CSS selector.
    pub selector: String,
    /// What is to be the case.
    pub help: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, impact, selector, help } = self;
        write!(f, "{selector}: {help} ({id}, {impact})")
    }
}

impl Browser {
    /// What axe-core finds wrong with the page as it is now, by its rules for WCAG and good practice.
    pub async fn axe(&self) -> Vec<Violation> {
        static AXE: OnceCell<String> = OnceCell::const_new();
        let source = AXE.get_or_init(cut_out).await;
        self.settle().await;
        // It sets timers. The page's own scripts were passed over when it was read.
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
        found.as_array().unwrap_or_else(|| panic!("axe-core said {found}")).iter().map(violation).collect()
    }
}

/// The source of axe-core.
async fn cut_out() -> String {
    let browser = Browser::open(DEVELOPER_TOOLS, BrowserSettings::default()).await;
    browser.goto(LIGHTHOUSE).await;
    let literal = browser.execute(CUT_OUT, Vec::new()).await;
    let version = browser.client.capabilities().and_then(|capabilities| capabilities.get("browserVersion"));
    let Some(literal) = literal.as_str() else { panic!("Chromium {version:?} has no axe-core at {LIGHTHOUSE}") };
    let source = browser.execute(&format!("return {literal}"), Vec::new()).await;
    source.as_str().unwrap_or_default().to_owned()
}
