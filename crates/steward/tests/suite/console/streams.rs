//! "Recent Activity" in many windows: browsers open at most six connections to a host.

use std::time::Duration;

use serde_json::json;
use steward_testkit::browser::{Browser, BrowserSettings};

use super::helpers::{wait_for_heading, wait_for_texts};
use super::visitor::Visitor;
use crate::support::{Console, Shape, until};

/// The newest activity on a dashboard.
const NEWEST: &str = ".feed li:first-child > p";

/// The number of open event streams of the console.
async fn open_streams(console: &Console) -> usize {
    let metrics = console.deployment.api.get("/metrics").send().await.expect(200);
    let text = String::from_utf8_lossy(metrics.bytes()).into_owned();
    let line = text.lines().find(|line| line.starts_with("steward_console_event_streams ")).map(str::to_owned);
    line.unwrap_or_else(|| panic!("no gauge in {text}")).rsplit(' ').next().unwrap().parse().unwrap()
}

async fn wait_for_streams(console: &Console, count: usize) {
    until(&format!("{count} streams are open"), async || open_streams(console).await == count).await;
}

async fn dashboard(browser: &Browser) {
    browser.goto("/dashboard").await;
    wait_for_heading(browser, "Dashboard").await;
}

#[tokio::test]
async fn hidden_tabs_hold_no_event_stream() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    dashboard(&browser).await;
    wait_for_streams(&console, 1).await;
    let first = browser.tab().await;
    for _ in 2..=7 {
        browser.open_tab().await;
        dashboard(&browser).await;
    }
    wait_for_streams(&console, 1).await;
    browser.open_tab().await;
    browser.goto("/users").await;
    wait_for_heading(&browser, "User Management").await;
    wait_for_streams(&console, 0).await;

    // Earlier events are shown when the tab becomes visible, and new ones arrive.
    api.post("/api/admin/users/alice/deactivate").send().await.expect(200);
    browser.look_at(&first).await;
    wait_for_texts(&browser, NEWEST, &["admin deactivated alice"]).await;
    api.post("/api/admin/users/alice/activate").send().await.expect(200);
    wait_for_texts(&browser, NEWEST, &["admin activated alice"]).await;
    wait_for_streams(&console, 1).await;
    // A page in the browser's back/forward cache holds no stream either.
    browser.goto("/users").await;
    wait_for_heading(&browser, "User Management").await;
    wait_for_streams(&console, 0).await;
    browser.back().await;
    wait_for_heading(&browser, "Dashboard").await;
    wait_for_streams(&console, 1).await;
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test]
async fn visible_windows_share_one_event_stream() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    dashboard(&browser).await;
    let mut windows = vec![browser.tab().await];
    for _ in 0..2 {
        windows.push(browser.open_window().await);
        dashboard(&browser).await;
    }
    let is_visible = "return document.visibilityState === 'visible'";
    let everybody_sees = async |text: &str| {
        for window in &windows {
            browser.look_at(window).await;
            browser.wait_until("the window is visible", is_visible).await;
            wait_for_texts(&browser, NEWEST, &[text]).await;
        }
    };
    api.post("/api/admin/users/alice/deactivate").send().await.expect(200);
    everybody_sees("admin deactivated alice").await;
    wait_for_streams(&console, 1).await;
    // The window with the stream is closed: another one takes over.
    browser.look_at(&windows[0]).await;
    browser.goto("/users").await;
    wait_for_heading(&browser, "User Management").await;
    let windows = windows.split_off(1);
    api.post("/api/admin/users/alice/activate").send().await.expect(200);
    for window in &windows {
        browser.look_at(window).await;
        wait_for_texts(&browser, NEWEST, &["admin activated alice"]).await;
    }
    wait_for_streams(&console, 1).await;
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test]
async fn windows_without_web_locks_fall_back_to_polling() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    let url = console.url.replace("127.0.0.1", "console.test");
    let settings = BrowserSettings { patience: Duration::from_secs(30), ..BrowserSettings::default() };
    let browser = Browser::open(&url, settings.with_host("console.test")).await;
    crate::support::sign_in(&browser, "admin", "admin123").await;
    wait_for_heading(&browser, "Dashboard").await;
    assert_eq!(browser.execute("return 'locks' in navigator", Vec::new()).await, json!(false));
    for _ in 2..=7 {
        browser.open_window().await;
        dashboard(&browser).await;
    }
    assert!((1..=3).contains(&open_streams(&console).await));
    api.post("/api/admin/users/alice/deactivate").send().await.expect(200);
    wait_for_texts(&browser, NEWEST, &["admin deactivated alice"]).await;
    // Browsers warn that they ignore this header without TLS.
    let errors = browser.errors().await;
    assert!(errors.iter().all(|error| error.contains("Cross-Origin-Opener-Policy")), "{errors:?}");
}

#[tokio::test]
async fn a_session_has_at_most_three_event_streams() {
    let console = Console::start(Shape::Sqlite).await;
    let mut visitor = Visitor::new(&console.url);
    visitor.sign_in("admin", "admin123");
    let streams: Vec<_> = (0..3).map(|_| visitor.watch("/events")).collect();
    wait_for_streams(&console, 3).await;
    let page = visitor.get("/events");
    assert!(page.body.contains("retry: 10000") && page.body.contains("id: "), "{page:?}");
    assert_eq!(open_streams(&console).await, 3);
    // Another session has its own streams.
    let mut another = Visitor::new(&console.url);
    another.sign_in("manager", "admin123");
    let _other = another.watch("/events");
    wait_for_streams(&console, 4).await;
    drop(streams);
    wait_for_streams(&console, 1).await;
}

#[tokio::test]
async fn event_streams_end_when_the_process_stops() {
    let mut console = Console::start(Shape::Sqlite).await;
    let mut visitor = Visitor::new(&console.url);
    visitor.sign_in("admin", "admin123");
    let mut stream = visitor.watch("/events");
    wait_for_streams(&console, 1).await;
    let process = console.deployment.processes.last_mut().unwrap();
    process.signal("TERM");
    let rest = stream.answer().unwrap();
    // The last chunk: the response is complete, and contains the reconnection time.
    assert!(rest.ends_with("0\r\n\r\n") && rest.contains("retry: 2000"), "{rest}");
    assert_eq!(process.ended().0.code(), Some(0), "no request was cut");
}
