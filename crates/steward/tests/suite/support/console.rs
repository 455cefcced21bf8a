use steward_testkit::browser::{Browser, BrowserSettings};

use super::deployment::launch;
use super::{Deployment, Shape};

/// A deployment with its console, for tests in a browser.
pub(crate) struct Console {
    /// The URL of the console.
    pub(crate) url: String,
    /// The deployment that the console belongs to.
    pub(crate) deployment: Deployment,
}

impl Console {
    pub(crate) async fn start(shape: Shape) -> Self {
        Self::start_with(shape, &[]).await
    }

    /// Starts it with these settings.
    pub(crate) async fn start_with(shape: Shape, settings: &[(&str, &str)]) -> Self {
        let mut deployment = Deployment::start_with(shape, settings).await;
        if shape == Shape::Split {
            let (folder, database) = (deployment.folder.path(), deployment.database.url());
            let console = launch(folder, &database, &["serve", "--only", "console"]).with_all(settings);
            deployment.processes.push(console.with("STEWARD_API_URL", deployment.api.base()).start());
        }
        let url = deployment.processes.last_mut().unwrap().address_of("console");
        Self { url, deployment }
    }

    /// A browser without an open page and without a session.
    pub(crate) async fn browser(&self, settings: BrowserSettings) -> Browser {
        Browser::open(&self.url, settings).await
    }

    /// A browser with a new session, at its first page.
    pub(crate) async fn signed_in(&self, user_id: &str, password: &str, settings: BrowserSettings) -> Browser {
        let browser = self.browser(settings.in_language("en")).await;
        sign_in(&browser, user_id, password).await;
        browser.wait_until("the user is signed in", "return location.pathname !== '/sign-in'").await;
        browser
    }
}

/// Signs in with the English form.
pub(crate) async fn sign_in(browser: &Browser, user_id: &str, password: &str) {
    browser.goto("/sign-in").await;
    browser.fill("User ID", user_id).await;
    browser.fill("Password", password).await;
    browser.click("Sign in").await;
}
