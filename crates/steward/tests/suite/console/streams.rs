//! "Recent Activity" in many windows: a browser has six connections to a host for all of them.

use std::time::Duration;

use serde_json::json;
use steward_testkit::browser::{Browser, BrowserSettings};

use super::looking::{wait_for_heading, wait_for_texts};
use super::wire::Visitor;
use crate::support::{Console, Shape, until};

/// The newest line of the activity that a dashboard shows.
const NEWEST: &str = ".feed li:first-child > p";

/// How many event streams the console has open.
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
async fn seven_tabs_open_and_those_that_nobody_sees_hold_no_stream() {
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

    // What happened meanwhile is there when one looks again, and what happens then arrives.
    api.post("/api/admin/users/alice/deactivate").send().await.expect(200);
    browser.look_at(&first).await;
    wait_for_texts(&browser, NEWEST, &["admin deactivated alice"]).await;
    api.post("/api/admin/users/alice/activate").send().await.expect(200);
    wait_for_texts(&browser, NEWEST, &["admin activated alice"]).await;
    wait_for_streams(&console, 1).await;
    // Nor does a page that was left, even if the browser keeps it.
    browser.goto("/users").await;
    wait_for_heading(&browser, "User Management").await;
    wait_for_streams(&console, 0).await;
    browser.back().await;
    wait_for_heading(&browser, "Dashboard").await;
    wait_for_streams(&console, 1).await;
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test]
async fn windows_that_are_seen_share_one_stream() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    dashboard(&browser).await;
    let mut windows = vec![browser.tab().await];
    for _ in 0..2 {
        windows.push(browser.open_window().await);
        dashboard(&browser).await;
    }
    let is_seen = "return document.visibilityState === 'visible'";
    let everybody_sees = async |text: &str| {
        for window in &windows {
            browser.look_at(window).await;
            browser.wait_until("the window is seen", is_seen).await;
            wait_for_texts(&browser, NEWEST, &[text]).await;
        }
    };
    api.post("/api/admin/users/alice/deactivate").send().await.expect(200);
    everybody_sees("admin deactivated alice").await;
    wait_for_streams(&console, 1).await;
    // The one that has the stream is closed: another one takes over.
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
async fn windows_that_cannot_share_leave_connections_free_and_ask_from_time_to_time() {
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
    // Browsers say that they leave this header aside where there is no TLS.
    let errors = browser.errors().await;
    assert!(errors.iter().all(|error| error.contains("Cross-Origin-Opener-Policy")), "{errors:?}");
}

#[tokio::test]
async fn a_session_has_three_streams_and_the_next_is_an_answer() {
    let console = Console::start(Shape::Sqlite).await;
    let mut visitor = Visitor::new(&console.url);
    visitor.sign_in("admin", "admin123");
    let streams: Vec<_> = (0..3).map(|_| visitor.watch("/events")).collect();
    wait_for_streams(&console, 3).await;
    let page = visitor.get("/events");
    assert!(page.body.contains("retry: 10000") && page.body.contains("id: "), "{page:?}");
    assert_eq!(open_streams(&console).await, 3);
    // Another session has its own.
    let mut another = Visitor::new(&console.url);
    another.sign_in("manager", "admin123");
    let _other = another.watch("/events");
    wait_for_streams(&console, 4).await;
    drop(streams);
    wait_for_streams(&console, 1).await;
}

#[tokio::test]
async fn streams_end_when_the_process_is_asked_to_stop() {
    let mut console = Console::start(Shape::Sqlite).await;
    let mut visitor = Visitor::new(&console.url);
    visitor.sign_in("admin", "admin123");
    let mut stream = visitor.watch("/events");
    wait_for_streams(&console, 1).await;
    let process = console.deployment.processes.last_mut().unwrap();
    process.signal("TERM");
    let told = stream.answer().unwrap();
    // The last chunk: the answer is complete, and says when the browser must reconnect.
    assert!(told.ends_with("0\r\n\r\n") && told.contains("retry: 2000"), "{told}");
    assert_eq!(process.ended().0.code(), Some(0), "no request was cut");
}
