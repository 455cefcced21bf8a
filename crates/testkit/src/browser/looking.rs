//! What is to be seen, and what went wrong behind it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Browser;
use super::command::Command;

/// Between two looks; nothing tells us what a page does.
const PAUSE: Duration = Duration::from_millis(20);

/// The text of the page as it is shown, in one line.
const TEXT: &str = "return (document.body?.innerText ?? '').replace(/\\s+/g, ' ').trim()";

/// The sum of all unexpected shifts since the page was opened, when what was asked of it last is drawn.
const LAYOUT_SHIFT: &str = "
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    await frame(); await frame();
    const observer = new PerformanceObserver(() => {});
    observer.observe({ type: 'layout-shift', buffered: true });
    const shifts = observer.takeRecords().filter((shift) => !shift.hadRecentInput);
    observer.disconnect();
    return shifts.reduce((sum, shift) => sum + shift.value, 0);";

/// Answers that a page is there to show, and that the browser logs all the same.
const EXPECTED: [&str; 7] = ["400", "401", "403", "409", "412", "422", "429"];

/// Why something has to be tried again.
#[derive(Debug)]
pub(super) struct Again(pub(super) String);

/// When it is too late to try again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Browser {
    /// All the text that is to be seen, in one line.
    pub async fn text(&self) -> String {
        self.execute(TEXT, Vec::new()).await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until a text is to be seen.
    pub async fn wait_for(&self, text: &str) {
        self.wait_until(&format!("{text:?} is shown"), &format!("{TEXT}.includes({})", json!(text))).await;
    }

    /// Waits until a text is not to be seen any more.
    pub async fn wait_until_gone(&self, text: &str) {
        self.wait_until(&format!("{text:?} is gone"), &format!("{TEXT}.includes({}) === false", json!(text))).await;
    }

    /// Waits until the page at this path is open, its query left aside.
    pub async fn wait_for_path(&self, path: &str) {
        let script = format!("return location.pathname === {} && document.readyState === 'complete'", json!(path));
        self.wait_until(&format!("{path} is open"), &script).await;
    }

    /// Waits until a function's body returns `true` in the page.
    pub async fn wait_until(&self, what: &str, script: &str) {
        let deadline = self.deadline();
        loop {
            let again = match self.client.execute(script, Vec::new()).await {
                Ok(Value::Bool(true)) => return,
                Ok(_) => Again("not so".into()),
                Err(error) => error.into(),
            };
            self.wait_or_fail(deadline, what, again).await;
        }
    }

    /// How many elements a CSS selector selects.
    pub async fn count(&self, selector: &str) -> u64 {
        let script = "return document.querySelectorAll(arguments[0]).length";
        self.execute(script, vec![json!(selector)]).await.as_u64().unwrap_or_default()
    }

    /// The path and query of the page that is open.
    pub async fn path(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// The page's title.
    pub async fn title(&self) -> String {
        self.client.title().await.unwrap()
    }

    /// Whether the page is wider than its window, so that one has to scroll sideways to read it.
    pub async fn is_too_wide(&self) -> bool {
        let script = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
        self.execute(script, Vec::new()).await == json!(true)
    }

    /// How much has moved under the reader's eyes since the page was opened: the cumulative layout shift, in which
    /// 0.1 is the most that is good. What follows an input within half a second does not count. Needs a browser with
    /// scripts.
    pub async fn layout_shift(&self) -> f64 {
        let script = format!("return (async () => {{ {LAYOUT_SHIFT} }})()");
        self.execute(&script, Vec::new()).await.as_f64().unwrap_or_default()
    }

    /// What has gone wrong since the last call: errors of scripts, what the Content-Security-Policy refused, files that
    /// did not load. Answers that pages are there to show (401, 422 and the like, 404 of the page itself) are none.
    pub async fn errors(&self) -> Vec<String> {
        let body = json!({"type": "browser"});
        let log = self.client.issue_cmd(Command { path: "se/log", body }).await.unwrap();
        let page = self.client.current_url().await.unwrap();
        let entries = log.as_array().map(Vec::as_slice).unwrap_or_default();
        entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE")
            .filter_map(|entry| entry["message"].as_str().map(str::to_owned))
            .filter(|message| !is_expected(message, page.as_str()))
            .collect()
    }

    pub(super) fn deadline(&self) -> Deadline {
        Deadline(Instant::now() + self.settings.patience)
    }

    /// Waits a moment, or fails if it is too late for that.
    pub(super) async fn wait_or_fail(&self, deadline: Deadline, what: &str, again: Again) {
        if Instant::now() < deadline.0 {
            return tokio::time::sleep(PAUSE).await;
        }
        let (path, text) = (self.path().await, self.text().await);
        panic!("not in time: {what}; {}\n{path} shows {text}\n{}", again.0, self.errors().await.join("\n"));
    }
}

fn is_expected(message: &str, page: &str) -> bool {
    let Some((file, status)) = message.split_once(" - Failed to load resource: the server responded with a status of ")
    else {
        return false;
    };
    EXPECTED.iter().any(|expected| status.starts_with(expected)) || (file == page && status.starts_with("404"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_no_error_of_the_page_and_a_lost_file_is() {
        let answer = |status: &str| {
            format!("http://h/users - Failed to load resource: the server responded with a status of {status}")
        };
        assert!(is_expected(&answer("422 (Unprocessable Content)"), "http://h/"));
        assert!(is_expected(&answer("404 (Not Found)"), "http://h/users"));
        assert!(!is_expected(&answer("404 (Not Found)"), "http://h/"));
        assert!(!is_expected(&answer("500 (Internal Server Error)"), "http://h/users"));
        assert!(!is_expected("http://h/a.js 1:7 Uncaught TypeError: 422", "http://h/a.js"));
    }
}
