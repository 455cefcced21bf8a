use serde_json::{Value, json};
use steward_testkit::browser::{Browser, BrowserSettings};

use super::super::accessibility::assert_accessible;
use super::super::helpers::{texts, wait_for_count, wait_for_heading};
use super::super::language::Language;
use super::super::visitor::Visitor;
use super::{FORGOT, NEW, RESET, Stubbed, TOKEN, link_to, settings};
use crate::support::{Console, Launch, SECRET_KEY, Shape};

/// The pages with one button: path, endpoint, text of the button, title, and title of the page that follows.
const CONFIRMATIONS: [[&str; 5]; 3] = [
    ["/verify-email", "POST /api/auth/verify-email", "confirm-address", "verify-email", "verify-email-done"],
    ["/change-email", "POST /api/auth/change-email/confirm", "confirm-address", "change-email", "change-email-done"],
    [
        "/undo-email-change",
        "POST /api/auth/change-email/undo",
        "undo-email-change-button",
        "undo-email-change",
        "undo-email-change-done",
    ],
];

#[tokio::test]
async fn only_the_form_of_a_link_has_an_effect() {
    let console = Stubbed::start().await;
    for (language, settings) in settings() {
        let t = |id: &str| language.t(id);
        let browser = console.browser(language, settings).await;
        for is_signed_in in [false, true] {
            if is_signed_in {
                browser.goto("/sign-in").await;
                language.sign_in(&browser, "alice", "test123").await;
                browser.wait_for_path("/account").await;
            }
            for [path, endpoint, button, title, done] in CONFIRMATIONS {
                console.api.stub(endpoint, 204, Value::Null);
                browser.goto(&link_to(path)).await;
                wait_for_heading(&browser, &t(title)).await;
                assert_eq!(console.api.calls(), []);
                browser.click(&t(button)).await;
                browser.wait_for_path(&format!("{path}/done")).await;
                wait_for_heading(&browser, &t(done)).await;
                assert_eq!(console.api.calls(), [(endpoint.to_owned(), json!({"token": TOKEN}))]);
                let is_account = is_signed_in && path != "/undo-email-change";
                let next = if is_account { "link-account" } else { "sign-in" };
                assert_eq!(texts(&browser, ".btn.primary").await, [t(next)], "{path}");
            }
        }
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn each_reason_of_a_rejected_link_is_explained() {
    let console = Stubbed::start().await;
    let endpoints =
        [["/reset-password", RESET]].into_iter().chain(CONFIRMATIONS.map(|[path, endpoint, ..]| [path, endpoint]));
    for [path, endpoint] in endpoints {
        for language in Language::ALL {
            let mut visitor = console.visitor(language);
            let csrf = visitor.get(&link_to(path)).csrf();
            let fields = [("csrf", csrf.as_str()), ("token", TOKEN), ("new_password", NEW), ("repeated_password", NEW)];
            for reason in ["unknown", "used", "superseded", "expired"] {
                console.api.refuse_with(endpoint, 400, "invalid-or-expired-token", json!({"reason": reason}));
                let page = visitor.post(path, &fields);
                assert_eq!(page.status, 400, "{path} {reason}");
                assert!(
                    page.body.contains(&format!("<h1>{}</h1>", language.t(&format!("link-{reason}")))),
                    "{path} {reason}: {page:?}"
                );
                assert!(!page.body.contains(TOKEN), "{path} {reason}");
                let next = match path {
                    "/reset-password" => r#"href="/forgot-password""#,
                    "/undo-email-change" => r#"href="/sign-in""#,
                    _ => r#"href="/account""#,
                };
                assert!(page.body.contains(next), "{path} {reason}");
            }
            console.api.refuse(endpoint, 409, "taken", "email is taken");
            let page = visitor.post(path, &fields);
            assert!(page.status == 409 && page.body.contains(&language.t("link-taken-text")), "{page:?}");

            for page in [visitor.get(path), visitor.post(path, &fields[..1])] {
                assert_eq!(page.status, 400, "{path}");
                assert!(page.body.contains(&language.t("link-incomplete-text")), "{path}");
            }
        }
    }
}

/// Also when the API does not respond: the form stays for another try.
#[tokio::test]
async fn a_token_is_in_no_referrer_cache_link_or_log() {
    let product = Console::start(Shape::Sqlite).await;
    let launch = Launch::new(product.deployment.folder.path(), &["serve", "--only", "console"]);
    let launch = launch.with("SECRET_KEY", SECRET_KEY).with("STEWARD_API_URL", "http://127.0.0.1:9");
    let mut process = launch.with("STEWARD_LOG", "trace").start();
    let mut visitor = Visitor::new(&process.address_of("console"));
    for path in ["/reset-password", "/verify-email", "/change-email", "/undo-email-change"] {
        let page = visitor.get(&link_to(path));
        let fields = [("token", TOKEN), ("new_password", NEW), ("repeated_password", NEW)];
        let retried = visitor.post(path, &[&[("csrf", page.csrf().as_str())][..], &fields].concat());
        assert_eq!((page.status, retried.status), (200, 502), "{path}");
        for page in [page, retried] {
            assert_eq!(page.headers("referrer-policy"), ["no-referrer"], "{path}");
            assert_eq!(page.headers("cache-control"), ["no-store"], "{path}");
            assert_eq!(page.hidden("token"), TOKEN, "{path}");
            assert!(!page.body.split("href=\"").skip(1).any(|link| link.split('"').next().unwrap().contains(TOKEN)));
            assert!(!page.body.contains(NEW), "{path}");
        }
        assert_eq!(visitor.get(&format!("{path}/done")).headers("referrer-policy"), ["same-origin"], "{path}");
    }
    process.wait_for("the last request is logged", |line| line.contains("/undo-email-change/done").then_some(()));
    let log = process.output();
    assert!(log.contains("/reset-password") && !log.contains(TOKEN) && !log.contains(NEW), "{log}");
}

/// Browsers send `Origin: null` with these forms, and no Fetch Metadata.
#[tokio::test]
async fn links_work_on_a_host_name_without_tls() {
    let console = Stubbed::start().await;
    for settings in [BrowserSettings::default().without_javascript(), BrowserSettings::default()] {
        let url = console.url.replace("127.0.0.1", "console.test");
        let browser = Browser::open(&url, settings.with_host("console.test")).await;
        for [path, endpoint, button, _, done] in CONFIRMATIONS {
            console.api.stub(endpoint, 204, Value::Null);
            browser.goto(&link_to(path)).await;
            browser.click(&Language::English.t(button)).await;
            wait_for_heading(&browser, &Language::English.t(done)).await;
        }
        assert_eq!(browser.execute("return isSecureContext", Vec::new()).await, json!(false));
    }
    // Only a form of the same browser has the CSRF token.
    let mut visitor = console.visitor(Language::English).with("origin", "null");
    assert_eq!(visitor.post("/verify-email", &[("csrf", "x"), ("token", TOKEN)]).status, 403);
}

#[tokio::test]
async fn pages_of_links_are_accessible() {
    let console = Stubbed::start().await;
    console.api.refuse_with(RESET, 400, "invalid-or-expired-token", json!({"reason": "expired"}));
    console.api.refuse(FORGOT, 503, "unavailable", "No");
    for language in Language::ALL {
        let browser = console.browser(language, BrowserSettings::default()).await;
        for path in ["/forgot-password", "/forgot-password/sent", "/reset-password", "/reset-password/done"] {
            browser.goto(path).await;
            assert_accessible(&browser, path).await;
        }
        for path in ["/reset-password", "/verify-email", "/change-email", "/undo-email-change"] {
            browser.goto(&link_to(path)).await;
            assert_accessible(&browser, path).await;
            assert_eq!(browser.count("h1").await, 1, "{path}");
            browser.goto(&format!("{path}/done")).await;
            assert_accessible(&browser, &format!("{path}/done")).await;
        }
        browser.goto(&link_to("/reset-password")).await;
        browser.fill(&language.t("account-new-password"), "abc").await;
        wait_for_count(&browser, ".rules li", 2).await;
        assert_accessible(&browser, "a weak password").await;
        browser.fill(&language.t("account-repeated-password"), "abd").await;
        browser.click(&language.t("reset-password-button")).await;
        wait_for_count(&browser, ".field-error", 1).await;
        assert_accessible(&browser, "a password error").await;
        browser.fill(&language.t("account-new-password"), NEW).await;
        browser.fill(&language.t("account-repeated-password"), NEW).await;
        browser.click(&language.t("reset-password-button")).await;
        wait_for_heading(&browser, &language.t("link-expired")).await;
        assert_accessible(&browser, "an expired link").await;
        browser.goto("/forgot-password").await;
        browser.fill(&language.t("forgot-account"), "alice").await;
        browser.click(&language.t("forgot-button")).await;
        browser.wait_for(&language.t("api-busy-text")).await;
        assert_accessible(&browser, "a busy API").await;
        let errors = browser.errors().await;
        assert!(errors.iter().all(|error| error.contains("status of 503")), "{errors:?}");
    }
}
