//! Tests of the browser driver, and of its clean-up.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

mod site;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use steward_testkit::browser::{Browser, BrowserSettings, Key, Theme};

const FORM: &str = r#"<!doctype html><html lang="en"><head><title>Form</title>
    <meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
    <style>body { background: white } @media (prefers-color-scheme: dark) { body { background: black; color: white } }
    .once { opacity: 0; position: absolute }</style></head><body><main><h1>Form</h1>
    <p>LANGUAGES</p>
    <form action="/sent"><label for="name">User ID</label><input id="name" name="name" value="old">
    <label>Role <select name="role"><option>user</option><option>admin</option></select></label>
    <label>From <input type="date" name="from"></label>
    <label><input class="once" type="checkbox" name="active" value="yes"> Active</label>
    <button>Send</button></form>
    <table><tbody><tr id="a"><td>a</td><td><a href="/sent?row=a">Open</a></td></tr>
    <tr id="b"><td>b</td><td><a href="/sent?row=b">Open</a></td></tr></tbody></table>
    <button hidden>Hidden</button><noscript>No scripts here</noscript></main></body></html>"#;

const LATE: &str = r#"<!doctype html><html lang="en"><head><title>Late</title><script src="/late.js" defer></script></head>
    <body><main><h1>Late</h1><p id="soon">soon</p><p>below</p></main></body></html>"#;

const LATE_SCRIPT: &str = "setTimeout(() => {
    const soon = document.getElementById('soon');
    soon.textContent = 'here at last';
    soon.style.height = '300px';
    const button = document.body.appendChild(document.createElement('button'));
    button.ariaLabel = 'Go on';
    button.onclick = () => history.pushState(null, '', '/sent?late');
}, 300)";

const FAULTY: &str = r#"<!doctype html><html lang="en"><head><title>Faulty</title><script src="/faulty.js"></script>
    <script src="/lost.js"></script><script>window.inline = true</script></head><body><h1>Faulty</h1></body></html>"#;

const INACCESSIBLE: &str = r#"<!doctype html><html><head></head><body><input><img src="data:,">
    <p style="color: #ccc; background: #fff">pale</p></body></html>"#;

const WIDE: &str = r#"<!doctype html><html lang="en"><head><meta name="viewport" content="width=device-width">
    </head><body><p style="width: 500px">wide</p></body></html>"#;

const PAGES: &[(&str, &str)] = &[
    ("/form", FORM),
    ("/sent", "<!doctype html><title>Sent</title><p>Thank   you"),
    ("/refused", "<!doctype html><title>Refused</title><p>No"),
    ("/late", LATE),
    ("/late.js", LATE_SCRIPT),
    ("/faulty", FAULTY),
    ("/faulty.js", "nowhere.to.be.found()"),
    ("/inaccessible", INACCESSIBLE),
    ("/wide", WIDE),
    ("/favicon.ico", ""),
];

async fn at(path: &str, settings: BrowserSettings) -> Browser {
    let browser = Browser::open(&site::serve(PAGES), settings).await;
    browser.goto(path).await;
    browser
}

fn impatient() -> BrowserSettings {
    BrowserSettings { patience: Duration::from_millis(500), ..BrowserSettings::default() }
}

#[tokio::test]
async fn a_form_is_filled_in_by_its_labels_and_sent() {
    let browser = at("/form", BrowserSettings::default()).await;
    assert_eq!(browser.value("User ID").await, "old");
    browser.fill("User ID", "홍길동").await;
    browser.choose("Role", "admin").await;
    browser.fill("From", "2026-11-23").await;
    browser.click("Active").await;
    browser.click("Send").await;
    browser.wait_for("Thank you").await;
    let sent = "/sent?name=%ED%99%8D%EA%B8%B8%EB%8F%99&role=admin&from=2026-11-23&active=yes";
    assert_eq!((browser.path().await.as_str(), browser.title().await.as_str()), (sent, "Sent"));
    browser.back().await;
    browser.wait_for_path("/form").await;
    assert_eq!(browser.count("option").await, 2);
    browser.click_within("tr:has([href$=b])", "Open").await;
    browser.wait_for_path("/sent").await;
    assert_eq!(browser.path().await, "/sent?row=b");
}

#[tokio::test]
async fn keys_reach_the_focused_element() {
    let browser = at("/form", BrowserSettings::default()).await;
    browser.press(&[Key::Tab]).await;
    browser.press(&[Key::Tab]).await;
    browser.press(&[Key::Shift, Key::Tab]).await;
    browser.type_text("new").await;
    assert_eq!(browser.value("User ID").await, "new");
    browser.press(&[Key::Enter]).await;
    browser.wait_for_path("/sent").await;
}

#[tokio::test]
async fn late_elements_are_waited_for_and_their_shift_is_measured() {
    let browser = at("/late", BrowserSettings::default()).await;
    browser.wait_for("here at last").await;
    browser.wait_until_gone("soon").await;
    assert!(browser.layout_shift().await > 0.0);
    browser.click("Go on").await;
    browser.wait_for_path("/sent").await;
    browser.goto("/form").await;
    assert_eq!(browser.layout_shift().await.to_bits(), 0);
}

#[tokio::test]
#[should_panic(expected = "there are 2 of that name")]
async fn an_ambiguous_name_is_rejected() {
    at("/form", impatient()).await.click("Open").await;
}

#[tokio::test]
#[should_panic(expected = "/form shows Form en")]
async fn invisible_controls_cannot_be_clicked() {
    at("/form", impatient()).await.click("Hidden").await;
}

#[tokio::test]
async fn script_errors_blocked_scripts_and_missing_files_are_reported() {
    let browser = at("/form", BrowserSettings::default()).await;
    browser.goto("/refused").await;
    assert_eq!(browser.errors().await, [""; 0]);
    browser.goto("/faulty").await;
    let errors = browser.errors().await;
    for expected in ["nowhere is not defined", "Content Security Policy", "lost.js"] {
        assert!(errors.iter().any(|error| error.contains(expected)), "{expected}: {errors:#?}");
    }
    assert_eq!((errors.len(), browser.errors().await.len()), (3, 0));
}

#[tokio::test]
async fn language_colours_and_size_follow_the_settings() {
    let browser = at("/form", BrowserSettings::phone().in_language("ko").dark()).await;
    assert!(browser.text().await.contains(" ko"), "{}", browser.text().await);
    let look = "return [getComputedStyle(document.body).backgroundColor, innerWidth, innerHeight, navigator.language]";
    assert_eq!(browser.execute(look, Vec::new()).await, json!(["rgb(0, 0, 0)", 360, 740, "ko"]));
    assert!(!browser.is_too_wide().await);
    browser.goto("/wide").await;
    assert!(browser.is_too_wide().await);
    browser.resize(1440, 900).await;
    browser.prefer(Theme::Light).await;
    browser.goto("/form").await;
    assert_eq!(browser.execute(look, Vec::new()).await, json!(["rgb(255, 255, 255)", 1440, 900, "ko"]));
    let folder = tempfile::tempdir().unwrap();
    browser.screenshot(&folder.path().join("form.png")).await;
    let image = std::fs::read(folder.path().join("form.png")).unwrap();
    // In a PNG, width and height start at byte 16.
    assert_eq!(image[16..24], [0, 0, 5, 160, 0, 0, 3, 132]);
}

#[tokio::test]
async fn without_javascript_pages_run_no_script_and_forms_work() {
    let browser = at("/form", BrowserSettings::default().without_javascript()).await;
    assert!(browser.text().await.contains("No scripts here"));
    browser.fill("User ID", "bob").await;
    browser.click("Send").await;
    browser.wait_for_path("/sent").await;
    assert_eq!(browser.path().await, "/sent?name=bob&role=user&from=");
    browser.goto("/late").await;
    browser.wait_for("soon").await;
    assert_eq!(browser.count("button").await, 0);
    browser.goto("/faulty").await;
    assert_eq!(browser.execute("return typeof inline", Vec::new()).await, "undefined");
}

#[tokio::test]
async fn each_browser_has_its_own_profile() {
    let base = site::serve(PAGES);
    let open = async || {
        let browser = Browser::open(&base, BrowserSettings::default()).await;
        browser.goto("/form").await;
        browser
    };
    let (one, other) = (open().await, open().await);
    one.execute("document.cookie = 'who=one'", Vec::new()).await;
    let cookies = async |browser: &Browser| browser.devtools("Network.getCookies", json!({})).await["cookies"].clone();
    assert_eq!(cookies(&one).await[0]["value"], "one");
    assert_eq!(cookies(&other).await, json!([]));
}

#[tokio::test]
async fn axe_reports_the_problems_of_a_page_and_only_those() {
    let browser = at("/form", BrowserSettings::default()).await;
    assert_eq!(browser.axe().await, []);
    browser.goto("/inaccessible").await;
    let violations = browser.axe().await;
    for (id, selector) in [("html-has-lang", "html"), ("label", "input"), ("image-alt", "img"), ("color-contrast", "p")]
    {
        let found = violations.iter().find(|violation| violation.id == id).unwrap();
        assert_eq!(found.selector, selector, "{found}");
        assert!(!found.help.is_empty() && !found.impact.is_empty(), "{found:?}");
    }
    // The page's own scripts do not run, but axe-core does.
    let browser = at("/form", BrowserSettings::default().without_javascript()).await;
    assert_eq!(browser.axe().await, []);
    browser.goto("/faulty").await;
    assert_eq!(browser.errors().await, [""; 0]);
}

#[test]
fn nothing_outlives_a_killed_owner() {
    let mut owner = Command::new(env!("CARGO_BIN_EXE_owner_of_browser"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines().map_while(Result::ok);
    let folder = lines.find_map(|line| line.strip_prefix("folder ").map(PathBuf::from)).unwrap();
    assert!(folder.exists() && processes_in(&folder) > 0);
    owner.kill().unwrap();
    owner.wait().unwrap();
    let patience = Instant::now();
    while folder.exists() || processes_in(&folder) > 0 {
        assert!(patience.elapsed() < Duration::from_secs(20), "left behind: {}", folder.display());
        std::thread::yield_now();
    }
}

/// The number of processes with an argument in this folder.
fn processes_in(folder: &Path) -> usize {
    let output = Command::new("ps").args(["-A", "-ww", "-o", "args="]).output().unwrap();
    let folder = folder.display().to_string();
    String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.contains(&folder)).count()
}
