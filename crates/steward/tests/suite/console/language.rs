//! The console's texts in its languages, read from its catalogues.

use std::fmt;

use steward_testkit::browser::{Browser, BrowserSettings};

use crate::support::Console;

macro_rules! catalogues {
    ($language:literal: $($area:literal),+ $(,)?) => {
        [$(include_str!(concat!("../../../../console/locales/", $language, "/", $area, ".ftl"))),+]
    };
}

const ENGLISH: &[&str] = &catalogues!("en": "account", "analytics", "audit", "common", "dashboard", "invitations", "links", "outbox", "profile", "sign-in", "sign-ins", "user", "users");
const KOREAN: &[&str] = &catalogues!("ko": "account", "analytics", "audit", "common", "dashboard", "invitations", "links", "outbox", "profile", "sign-in", "sign-ins", "user", "users");

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Korean,
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

impl Language {
    pub(super) const ALL: [Self; 2] = [Self::English, Self::Korean];

    /// The language tag, as browsers send it.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
        }
    }

    /// The text with this id.
    pub(super) fn t(self, id: &str) -> String {
        let catalogues = if self == Self::English { ENGLISH } else { KOREAN };
        let text = catalogues.iter().flat_map(|catalogue| catalogue.lines()).find_map(|line| {
            let (name, text) = line.split_once(" = ")?;
            (name == id).then(|| text.trim().to_owned())
        });
        text.filter(|text| !text.ends_with("->")).unwrap_or_else(|| panic!("no plain text {id} in {self}"))
    }

    /// The text with this id and these values.
    pub(super) fn tw(self, id: &str, values: &[(&str, &str)]) -> String {
        let text = values.iter().fold(self.t(id), |text, (name, value)| text.replace(&format!("{{ ${name} }}"), value));
        assert!(!text.contains("{ $"), "{id} has more variables: {text}");
        text
    }

    /// A browser with a new session, in this language.
    pub(super) async fn signed_in(
        self,
        console: &Console,
        user_id: &str,
        password: &str,
        settings: BrowserSettings,
    ) -> Browser {
        let browser = console.browser(settings.in_language(self.tag())).await;
        browser.goto("/sign-in").await;
        self.sign_in(&browser, user_id, password).await;
        browser.wait_until("the user is signed in", "return location.pathname !== '/sign-in'").await;
        browser
    }

    /// Fills in and sends the sign-in form.
    pub(super) async fn sign_in(self, browser: &Browser, user_id: &str, password: &str) {
        browser.fill(&self.t("user-id"), user_id).await;
        browser.fill(&self.t("password"), password).await;
        browser.click(&self.t("sign-in-button")).await;
    }
}
