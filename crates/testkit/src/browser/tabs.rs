//! Several tabs and windows of one browser, which share its cookies.

use fantoccini::Locator;
use fantoccini::wd::WindowHandle;
use serde_json::json;

use super::Browser;

/// A tab or a window of a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab(WindowHandle);

impl Browser {
    /// The current tab.
    pub async fn tab(&self) -> Tab {
        Tab(self.client.window().await.unwrap())
    }

    /// Opens a tab in the same window and switches to it. No page is open there yet.
    pub async fn open_tab(&self) -> Tab {
        self.open_target(true).await
    }

    /// Opens a window and switches to it. No page is open there yet.
    pub async fn open_window(&self) -> Tab {
        self.open_target(false).await
    }

    /// Switches to a tab and brings it to the front of its window.
    pub async fn look_at(&self, tab: &Tab) {
        self.client.switch_to_window(tab.0.clone()).await.unwrap();
        self.devtools("Page.bringToFront", json!({})).await;
    }

    /// Clicks the element that a CSS selector matches in the page's only frame.
    pub async fn click_in_frame(&self, selector: &str) {
        let tab = self.tab().await;
        self.client.enter_frame(0).await.unwrap();
        self.client.find(Locator::Css(selector)).await.unwrap().click().await.unwrap();
        // The click may have replaced the whole page, including the frame.
        self.look_at(&tab).await;
    }

    async fn open_target(&self, is_tab: bool) -> Tab {
        let opened = self.client.new_window(is_tab).await.unwrap();
        let tab = Tab(opened.handle);
        self.look_at(&tab).await;
        self.prepare().await;
        tab
    }
}
