//! Reads the visible text of a page, and its errors.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Browser;
use super::command::Command;

/// Pause between two checks: a page does not report its changes.
const PAUSE: Duration = Duration::from_millis(20);

/// The visible text of the page, in one line.
const TEXT: &str = "return (document.body?.innerText ?? '').replace(/\\s+/g, ' ').trim()";

/// The sum of all unexpected layout shifts since the page was opened, once the latest change is drawn.
const LAYOUT_SHIFT: &str = "
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    await frame(); await frame();
    const observer = new PerformanceObserver(() => {});
    observer.observe({ type: 'layout-shift', buffered: true });
    const shifts = observer.takeRecords().filter((shift) => !shift.hadRecentInput);
    observer.disconnect();
    return shifts.reduce((sum, shift) => sum + shift.value, 0);";

/// Statuses of expected error pages, which the browser logs as errors.
const EXPECTED: [&str; 7] = ["400", "401", "403", "409", "412", "422", "429"];

/// Why a try failed and must be repeated.
#[derive(Debug)]
pub(super) struct Again(pub(super) String);

/// When to stop trying.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Browser {
    /// The visible text, in one line.
    pub async fn text(&self) -> String {
        self.execute(TEXT, Vec::new()).await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until a text is visible.
    pub async fn wait_for(&self, text: &str) {
        self.wait_until(&format!("{text:?} is shown"), &format!("{TEXT}.includes({})", json!(text))).await;
    }

    /// Waits until a text is no longer visible.
    pub async fn wait_until_gone(&self, text: &str) {
        self.wait_until(&format!("{text:?} is gone"), &format!("{TEXT}.includes({}) === false", json!(text))).await;
    }

    /// Waits until the page at this path is open, whatever its query.
    pub async fn wait_for_path(&self, path: &str) {
        let script = format!("return location.pathname === {} && document.readyState === 'complete'", json!(path));
        self.wait_until(&format!("{path} is open"), &script).await;
    }

    /// Waits until the script, a function body, returns `true` in the page.
    pub async fn wait_until(&self, what: &str, script: &str) {
        let deadline = self.deadline();
        loop {
            let again = match self.client.execute(script, Vec::new()).await {
                Ok(Value::Bool(true)) => return,
                Ok(_) => Again("the condition is false".into()),
                Err(error) => error.into(),
            };
            self.wait_or_fail(deadline, what, again).await;
        }
    }

    /// The number of elements that a CSS selector matches.
    pub async fn count(&self, selector: &str) -> u64 {
        let script = "return document.querySelectorAll(arguments[0]).length";
        self.execute(script, vec![json!(selector)]).await.as_u64().unwrap_or_default()
    }

    /// The path and query of the current page.
    pub async fn path(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// The page's title.
    pub async fn title(&self) -> String {
        self.client.title().await.unwrap()
    }

    /// Whether the page is wider than the window, so that it scrolls sideways.
    pub async fn is_too_wide(&self) -> bool {
        let script = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
        self.execute(script, Vec::new()).await == json!(true)
    }

    /// The cumulative layout shift since the page was opened; up to 0.1 counts as good. Shifts within half a second
    /// after an input are not included. Requires scripts.
    pub async fn layout_shift(&self) -> f64 {
        let script = format!("return (async () => {{ {LAYOUT_SHIFT} }})()");
        self.execute(&script, Vec::new()).await.as_f64().unwrap_or_default()
    }

    /// The errors since the last call: exceptions of scripts, violations of the Content-Security-Policy, files that
    /// failed to load. Expected error pages (401, 422 and the like, 404 of the page itself) are not included.
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

    /// Waits a moment, or fails if the deadline has passed.
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
    fn error_pages_are_expected_and_missing_files_are_not() {
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
