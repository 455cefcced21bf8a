use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::servers::programs;

/// Chromium's arguments. Tests run as root in containers, where its sandbox and shared memory do not work. The other
/// arguments prevent connections to other hosts.
const ARGUMENTS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
];

/// Settings of a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserSettings {
    /// The preferred languages, as in Chromium's settings: `ko`, `ko,en`.
    pub language: String,
    /// Whether pages can run scripts.
    pub javascript: bool,
    /// The preferred colour scheme.
    pub theme: Theme,
    /// The width of the window, in CSS pixels.
    pub width: u32,
    /// The height of the window, in CSS pixels.
    pub height: u32,
    /// How long a check is repeated before it fails.
    pub patience: Duration,
    /// Host names that resolve to this machine, besides its own names.
    pub hosts: Vec<String>,
}

/// The preferred colour scheme (`prefers-color-scheme`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The name in CSS.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Default for BrowserSettings {
    /// English, with scripts, light, the size of a laptop, and more patience than any page needs.
    fn default() -> Self {
        Self {
            language: "en".to_owned(),
            javascript: true,
            theme: Theme::Light,
            width: 1280,
            height: 800,
            patience: Duration::from_secs(10),
            hosts: Vec::new(),
        }
    }
}

impl BrowserSettings {
    /// The narrowest common phone.
    pub fn phone() -> Self {
        Self { width: 360, height: 740, ..Self::default() }
    }

    /// With these languages.
    #[must_use]
    pub fn in_language(self, language: &str) -> Self {
        Self { language: language.to_owned(), ..self }
    }

    /// Preferring dark colours.
    #[must_use]
    pub fn dark(self) -> Self {
        Self { theme: Theme::Dark, ..self }
    }

    /// Without scripts.
    #[must_use]
    pub fn without_javascript(self) -> Self {
        Self { javascript: false, ..self }
    }

    /// With this host name for this machine. Unlike `localhost` it is not a secure context without TLS.
    #[must_use]
    pub fn with_host(mut self, name: &str) -> Self {
        self.hosts.push(name.to_owned());
        self
    }

    /// The capabilities of a new session.
    pub(super) fn capabilities(&self) -> Map<String, Value> {
        let chromium = programs::chromium().unwrap_or_else(|error| panic!("{error}"));
        let rules: Vec<_> = self.hosts.iter().map(|name| format!("MAP {name} 127.0.0.1")).collect();
        let resolver = (!rules.is_empty()).then(|| format!("--host-resolver-rules={}", rules.join(", ")));
        let arguments: Vec<&str> = ARGUMENTS.into_iter().chain(resolver.as_deref()).collect();
        let options = json!({
            "binary": chromium,
            "args": arguments,
            "prefs": {"intl.accept_languages": self.language},
        });
        let capabilities = [("goog:chromeOptions", options), ("goog:loggingPrefs", json!({"browser": "SEVERE"}))];
        capabilities.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
