use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::servers::programs;

/// What Chromium is started with. Tests run as root in containers, where its sandbox and shared memory do not work;
/// the rest keeps it from talking to anybody but the site.
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

/// Who looks, and at what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserSettings {
    /// The languages that pages are asked for, as a person would list them: `ko`, `ko,en`.
    pub language: String,
    /// Whether pages may run scripts.
    pub javascript: bool,
    /// The colours that are preferred.
    pub theme: Theme,
    /// How wide the window is that pages are shown in, in CSS pixels.
    pub width: u32,
    /// How high that window is, in CSS pixels.
    pub height: u32,
    /// For how long what is asked for is looked for.
    pub patience: Duration,
    /// Host names that lead to this machine, besides its own.
    pub hosts: Vec<String>,
}

/// The colours that a person prefers (`prefers-color-scheme`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// As style sheets call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Default for BrowserSettings {
    /// English, with scripts, light, on a laptop, and longer than any page of ours takes.
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
    /// A phone, of the narrowest that are sold.
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

    /// With this host name for this machine. Unlike its own names it is no secure context without TLS.
    #[must_use]
    pub fn with_host(mut self, name: &str) -> Self {
        self.hosts.push(name.to_owned());
        self
    }

    /// What a session is asked for with.
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
