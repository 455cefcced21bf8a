use steward_testkit::browser::{Browser, BrowserSettings};

use super::deployment::launch;
use super::{Deployment, Shape};

/// The product with its console, and browsers to look at it.
pub(crate) struct Console {
    /// Where the console is.
    pub(crate) url: String,
    /// What it is the console of.
    pub(crate) deployment: Deployment,
}

impl Console {
    pub(crate) async fn start(shape: Shape) -> Self {
        Self::start_with(shape, &[]).await
    }

    /// With these settings besides.
    pub(crate) async fn start_with(shape: Shape, settings: &[(&str, &str)]) -> Self {
        let mut deployment = Deployment::start_with(shape, settings).await;
        if shape == Shape::Apart {
            let (folder, database) = (deployment.folder.path(), deployment.database.url());
            let console = launch(folder, &database, &["serve", "--only", "console"]).with_all(settings);
            deployment.processes.push(console.with("STEWARD_API_URL", deployment.api.base()).start());
        }
        let url = deployment.processes.last_mut().unwrap().address_of("console");
        Self { url, deployment }
    }

    /// A browser in which no page is open yet, and nobody is signed in.
    pub(crate) async fn browser(&self, settings: BrowserSettings) -> Browser {
        Browser::open(&self.url, settings).await
    }

    /// A browser in which somebody has just signed in, and sees their first page.
    pub(crate) async fn signed_in(&self, user_id: &str, password: &str, settings: BrowserSettings) -> Browser {
        let browser = self.browser(settings.in_language("en")).await;
        sign_in(&browser, user_id, password).await;
        browser.wait_until("somebody is signed in", "return location.pathname !== '/sign-in'").await;
        browser
    }
}

/// Signs in as people do, in English.
pub(crate) async fn sign_in(browser: &Browser, user_id: &str, password: &str) {
    browser.goto("/sign-in").await;
    browser.fill("User ID", user_id).await;
    browser.fill("Password", password).await;
    browser.click("Sign in").await;
}
