//! Mailed links, with stubbed endpoints of the API, and in `with_api` with the real ones.
//!
//! - `forgotten_password`: requests a link, and sets a new password with it. `pages`: the pages to which links lead.
//! - `own_address`: confirms and changes the address of the own account.

mod forgotten_password;
mod own_address;
mod pages;
mod with_api;

use steward_testkit::browser::{Browser, BrowserSettings};

use super::language::Language;
use super::states::console_at;
use super::stub_api::StubApi;
use super::visitor::Visitor;
use crate::support::{Console, Process, Shape};

const TOKEN: &str = "JX1Ih5a2fJ0nJkzE1WZ7b8l3m0n8mJ1fQ2c9s7d6e5w";
const NEW: &str = "correct horse 4711";

const FORGOT: &str = "POST /api/auth/forgot-password";
const RESET: &str = "POST /api/auth/reset-password";

/// A console whose API has stubs.
struct Stubbed {
    product: Console,
    api: StubApi,
    url: String,
    _process: Process,
}

impl Stubbed {
    async fn start() -> Self {
        let product = Console::start(Shape::Sqlite).await;
        let api = StubApi::before(product.deployment.api.base());
        let (process, url) = console_at(&api.url, &product);
        Self { product, api, url, _process: process }
    }

    async fn browser(&self, language: Language, settings: BrowserSettings) -> Browser {
        Browser::open(&self.url, settings.in_language(language.tag())).await
    }

    fn visitor(&self, language: Language) -> Visitor {
        Visitor::new(&self.url).with("accept-language", language.tag())
    }
}

/// The path and query of a link to this page.
fn link_to(path: &str) -> String {
    format!("{path}?token={TOKEN}")
}

/// A language with scripts, and the other one without.
fn settings() -> [(Language, BrowserSettings); 2] {
    [
        (Language::English, BrowserSettings::default()),
        (Language::Korean, BrowserSettings::default().without_javascript()),
    ]
}

/// Waits until the element with this id has the focus.
async fn wait_for_focus(browser: &Browser, id: &str) {
    browser.wait_until(&format!("{id} has the focus"), &format!("return document.activeElement.id === '{id}'")).await;
}
