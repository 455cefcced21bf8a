//! The console's host names, and the origins that may send its forms.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use serde_json::json;
use steward_testkit::browser::{Browser, BrowserSettings};

use super::helpers::{toast, wait_for_heading};
use super::language::Language;
use super::visitor::Visitor;
use crate::support::{Console, Shape, sign_in};

/// The console's URL with a host name that browsers do not treat as a secure context.
fn at_a_host_name(console: &Console) -> String {
    console.url.replace("127.0.0.1", "console.test")
}

#[tokio::test]
async fn forms_work_on_a_host_name_without_tls() {
    let console = Console::start(Shape::Sqlite).await;
    for (settings, action, done) in [
        (BrowserSettings::default().without_javascript(), "Deactivate", "was deactivated"),
        (BrowserSettings::default(), "Activate", "was activated"),
    ] {
        let browser = Browser::open(&at_a_host_name(&console), settings.with_host("console.test")).await;
        sign_in(&browser, "admin", "admin123").await;
        browser.wait_for_path("/dashboard").await;
        browser.goto("/users/alice").await;
        browser.click(action).await;
        toast(&browser, &format!("Alice Cooper {done}")).await;
        browser.click_within("header", "System Administrator Super admin").await;
        browser.click_within("header", "Dark").await;
        browser.wait_until("it is dark", "return document.documentElement.dataset.theme === 'dark'").await;
        assert_eq!(browser.execute("return isSecureContext", Vec::new()).await, json!(false));
    }
}

#[tokio::test]
async fn forms_of_other_origins_are_rejected() {
    let console = Console::start(Shape::Sqlite).await;
    let url = at_a_host_name(&console);
    let form = format!(
        "<form method=post action='{url}/preferences' target=_top>\
         <input name=theme value=dark><button>Win a prize</button></form>"
    );
    let hidden = form.replace('\'', "&quot;");
    let page = format!("<title>x</title>{form}<iframe sandbox='allow-forms allow-top-navigation' srcdoc='{hidden}'>");
    let evil = site(page);
    let settings = BrowserSettings::default().without_javascript();
    // Another site, and a same-site origin, whose forms send the console's cookies.
    for host in ["evil.test", "evil.console.test"] {
        let settings = settings.clone().with_host("console.test").with_host(host);
        let browser = Browser::open(&url, settings).await;
        sign_in(&browser, "alice", "test123").await;
        browser.wait_for_path("/account").await;
        for is_framed in [false, true] {
            browser.goto_elsewhere(&evil.replace("127.0.0.1", host)).await;
            if is_framed {
                browser.click_in_frame("button").await;
            } else {
                browser.click("Win a prize").await;
            }
            wait_for_heading(&browser, "This form came from another address").await;
            browser.wait_for("For your safety nothing was changed.").await;
            browser.goto("/account").await;
            assert_eq!(browser.count("html[data-theme]").await, 0, "{host}");
        }
    }
}

#[tokio::test]
async fn a_rejected_form_behind_a_proxy_names_the_settings_to_change() {
    let mut console = Console::start(Shape::Sqlite).await;
    let inner = console.url.clone();
    for language in Language::ALL {
        let mut visitor =
            Visitor::new(&console.url).with("origin", "http://console.example").with("accept-language", language.tag());
        let csrf = visitor.get("/sign-in").csrf();
        let fields = [("csrf", csrf.as_str()), ("user_id", "admin"), ("password", "admin123")];
        let page = visitor.post("/sign-in", &fields);
        assert_eq!(page.status, 403);
        let values = [("origin", "http://console.example"), ("own", inner.as_str())];
        assert!(page.body.contains(&language.tw("foreign-form-origin-text", &values)), "{page:?}");
        for hint in ["X-Forwarded-Host", "STEWARD_TRUSTED_PROXIES"] {
            assert!(page.body.contains(hint), "{hint} in {page:?}");
        }
    }
    // The log shows it as well, but not for every form.
    let process = console.deployment.processes.last_mut().unwrap();
    process.wait_for("the origin is logged", |line| {
        (line.contains("http://console.example") && line.contains(&inner) && line.contains("WARN")).then_some(())
    });
    assert!(
        !process
            .output()
            .lines()
            .skip_while(|line| !line.contains("WARN"))
            .skip(1)
            .any(|line| { line.contains("http://console.example") })
    );
}

#[tokio::test]
async fn a_trusted_proxy_forwards_the_requested_host() {
    for (trusted, expected) in [("127.0.0.1", 303), ("198.51.100.1", 403)] {
        let console = Console::start_with(Shape::Sqlite, &[("STEWARD_TRUSTED_PROXIES", trusted)]).await;
        let proxied = |host: &str| {
            Visitor::new(&console.url).with("origin", "http://console.example").with("x-forwarded-host", host)
        };
        for (host, expected) in [
            ("console.example", expected),
            ("console.example:80", expected),
            ("console.example, inner:8501", expected),
            ("another.example", 403),
        ] {
            let mut visitor = proxied(host);
            let csrf = visitor.get("/sign-in").csrf();
            let fields = [("csrf", csrf.as_str()), ("user_id", "admin"), ("password", "admin123")];
            assert_eq!(visitor.post("/sign-in", &fields).status, expected, "{trusted} {host}");
        }
    }
}

#[tokio::test]
async fn the_referrer_is_not_sent_to_other_sites() {
    let console = Console::start(Shape::Sqlite).await;
    let mut visitor = Visitor::new(&console.url);
    for path in ["/sign-in", "/nowhere", "/users"] {
        assert_eq!(visitor.get(path).headers("referrer-policy"), ["same-origin"], "{path}");
    }
}

/// A site that returns this page for every request. Returns its URL.
fn site(page: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut caller in listener.incoming().map_while(Result::ok) {
            let page = page.clone();
            thread::spawn(move || {
                let _ = caller.read(&mut [0; 4096]);
                let length = page.len();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
                let _ = write!(caller, "{head}Content-Length: {length}\r\n\r\n{page}");
            });
        }
    });
    url
}
