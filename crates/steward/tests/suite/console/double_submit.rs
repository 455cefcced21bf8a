//! Double clicks: a duplicate submission is processed once, and its result is shown.

use std::thread;

use steward_testkit::browser::{Browser, BrowserSettings};

use super::helpers::{texts, toast, wait_for_count, wait_for_heading};
use super::visitor::{Page, Visitor};
use crate::support::{Console, Shape};

/// The number of audit entries of an action about a user.
async fn entries(console: &Console, user_id: &str, action: &str) -> usize {
    let api = console.deployment.super_admin().await;
    let logs = api.get(&format!("/api/admin/audit-logs?target={user_id}&action={action}")).send().await.expect(200);
    logs.json()["items"].as_array().unwrap().len()
}

/// The number of sessions of a user, without the one of the request.
async fn sessions(console: &Console, user_id: &str) -> usize {
    let api = console.deployment.super_admin().await;
    let list = api.get(&format!("/api/admin/users/{user_id}/sessions")).send().await.expect(200);
    list.json()["items"].as_array().unwrap().len()
}

fn both() -> [BrowserSettings; 2] {
    [BrowserSettings::default(), BrowserSettings::default().without_javascript()]
}

/// Checks that the page shows only this message.
async fn assert_message(browser: &Browser, text: &str) {
    toast(browser, text).await;
    let messages = texts(browser, ".toast p").await;
    assert!(messages.iter().all(|shown| shown.contains(text)), "{messages:?}");
}

#[tokio::test]
async fn a_double_click_saves_once() {
    let console = Console::start(Shape::Sqlite).await;
    for (settings, user_id) in both().into_iter().zip(["alice", "bob"]) {
        let browser = console.signed_in("admin", "admin123", settings).await;
        browser.goto(&format!("/users/{user_id}")).await;
        browser.fill("Name", "Twice Clicked").await;
        browser.double_click("Save changes").await;
        assert_message(&browser, "Twice Clicked was saved.").await;
        assert_eq!(entries(&console, user_id, "USER_UPDATED").await, 1);
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_double_click_deletes_once() {
    let console = Console::start(Shape::Sqlite).await;
    for (settings, user_id) in both().into_iter().zip(["alice", "bob"]) {
        let browser = console.signed_in("admin", "admin123", settings).await;
        browser.goto(&format!("/users/{user_id}/delete?back=%2Fusers%3Frole%3Duser")).await;
        browser.double_click("Delete").await;
        assert_message(&browser, &format!("{user_id} was deleted.")).await;
        assert_eq!(browser.path().await, "/users?role=user");
        assert_eq!(entries(&console, user_id, "USER_DELETED").await, 1);
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_double_click_signs_in_once() {
    let console = Console::start(Shape::Sqlite).await;
    for (settings, user_id) in both().into_iter().zip(["alice", "bob"]) {
        let browser = console.browser(settings).await;
        browser.goto("/sign-in").await;
        browser.fill("User ID", user_id).await;
        browser.fill("Password", "test123").await;
        browser.double_click("Sign in").await;
        browser.wait_for_path("/account").await;
        assert_eq!(sessions(&console, user_id).await, 1);
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_double_click_does_not_click_the_next_button() {
    let console = Console::start(Shape::Sqlite).await;
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    browser.goto("/users/alice").await;
    // The button is replaced by its opposite.
    browser.double_click("Deactivate").await;
    assert_message(&browser, "Alice Cooper was deactivated").await;
    browser.double_click("Activate").await;
    assert_message(&browser, "Alice Cooper was activated").await;
    assert_eq!(entries(&console, "alice", "USER_DEACTIVATED").await, 1);
    assert_eq!(entries(&console, "alice", "USER_ACTIVATED").await, 1);
    browser.goto("/users/alice/reset-password").await;
    browser.click("Show a temporary password").await;
    browser.double_click("Reset password").await;
    wait_for_heading(&browser, "Temporary password").await;
    assert_eq!(entries(&console, "alice", "PASSWORD_RESET").await, 1);
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test]
async fn buttons_are_disabled_during_a_request_and_enabled_on_return() {
    let console = Console::start(Shape::Sqlite).await;
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    browser.goto("/users/alice").await;
    let hold = "const real = window.fetch; window.sent = 0; window.fetch = (...call) => {
        window.sent += 1;
        return new Promise((resolve, reject) => { window.letGo = () => real(...call).then(resolve, reject); window.fail = () => reject(new TypeError('gone')); });
    };";
    browser.execute(hold, Vec::new()).await;
    browser.fill("Name", "Held Back").await;
    browser.click("Save changes").await;
    let busy = "const form = document.querySelector('form[action$=\"/edit\"]');
        return form.getAttribute('aria-busy') === 'true' && form.querySelector('.primary').disabled";
    browser.wait_until("the form is busy", busy).await;
    // Enter in a field submits the form, too.
    browser.execute("document.querySelector('form[action$=\"/edit\"]').requestSubmit()", Vec::new()).await;
    assert_eq!(browser.execute("return window.sent", Vec::new()).await, 1);
    // The network fails: the input is kept, and can be sent again.
    browser.execute("window.fail()", Vec::new()).await;
    browser.wait_for("You are offline.").await;
    wait_for_count(&browser, "form[aria-busy], button:disabled", 0).await;
    assert_eq!(browser.value("Name").await, "Held Back");
    browser.click("Save changes").await;
    browser.wait_until("the form is busy", busy).await;
    // As browsers do when they restore a page from their cache.
    browser.execute("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))", Vec::new()).await;
    wait_for_count(&browser, "form[aria-busy], button:disabled", 0).await;
    browser.execute("window.letGo()", Vec::new()).await;
    assert_message(&browser, "Held Back was saved.").await;
    assert_eq!(browser.errors().await, [""; 0]);
}

/// Sends a form twice at the same time, and then once more.
fn thrice(visitor: &Visitor, path: &str, fields: &[(&str, &str)]) -> [Page; 3] {
    let send = || visitor.clone().post(path, fields);
    let (one, other) = thread::scope(|scope| {
        let (one, other) = (scope.spawn(send), scope.spawn(send));
        (one.join().unwrap(), other.join().unwrap())
    });
    [one, other, send()]
}

#[tokio::test]
async fn a_duplicate_submission_is_processed_once() {
    let console = Console::start(Shape::Split).await;
    let mut visitor = Visitor::new(&console.url);
    let page = visitor.get("/sign-in");
    let (csrf, once) = (page.csrf(), page.hidden("once"));
    let proof = [("csrf", csrf.as_str()), ("once", once.as_str())];
    let mut fields = [&proof[..], &[("user_id", "bob"), ("password", "wrong")]].concat();
    assert!(thrice(&visitor, "/sign-in", &fields).iter().all(|page| page.status == 401));
    // A failed submission can be repeated with the same page.
    fields[3].1 = "test123";
    for page in thrice(&visitor, "/sign-in", &fields) {
        assert_eq!((page.status, page.location()), (303, "/account"));
        assert_eq!(page.headers("set-cookie").len(), 2, "session and device: {page:?}");
    }
    assert_eq!(sessions(&console, "bob").await, 1);
    // The same form from another browser is a separate submission.
    let mut another = Visitor::new(&console.url);
    another.get("/sign-in");
    assert_eq!(another.post("/sign-in", &fields).status, 403);

    visitor.sign_in("admin", "admin123");
    let page = visitor.get("/users/alice");
    let (csrf, once) = (page.csrf(), page.hidden("once"));
    let proof = [("csrf", csrf.as_str()), ("once", once.as_str()), ("page", "/users/alice")];
    let pages = thrice(&visitor, "/users/alice/reset-password", &proof);
    let password = |page: &Page| {
        let (_, rest) = page.body.split_once("id=\"temporary-password\">").unwrap_or_else(|| panic!("{page:?}"));
        rest.split('<').next().unwrap_or_default().to_owned()
    };
    assert_eq!(password(&pages[0]), password(&pages[1]));
    assert_eq!(entries(&console, "alice", "PASSWORD_RESET").await, 1);
    let tag = visitor.get("/users/alice").hidden("tag").replace("&#34;", "\"");
    let change = [("tag", tag.as_str()), ("was_name", "Alice Cooper"), ("name", "Alice Again")];
    let kept = [("was_email", "alice@example.com"), ("was_role", "user")];
    let mut fields = [&proof[..], &change, &kept].concat();
    assert!(thrice(&visitor, "/users/alice/edit", &fields).iter().all(|page| page.location() == "/users/alice"));
    assert_eq!(entries(&console, "alice", "USER_UPDATED").await, 1);

    // A late submission, or one to another console: the fields already have these values.
    fields[1].1 = "sent later";
    let page = visitor.clone().post("/users/alice/edit", &fields);
    assert_eq!(page.location(), "/users/alice", "{page:?}");
    fields[4].1 = "Alice Cooper";
    fields[5].1 = "Alice Different";
    let page = visitor.clone().post("/users/alice/edit", &fields);
    assert!(page.status == 412 && page.body.contains("Someone else saved this user"), "{page:?}");
}

#[tokio::test]
async fn deleting_a_deleted_user_names_the_actor() {
    let console = Console::start(Shape::Sqlite).await;
    let mut visitors = ["admin", "manager"].map(|user_id| {
        let mut visitor = Visitor::new(&console.url);
        visitor.sign_in(user_id, "admin123");
        let csrf = visitor.get("/users/alice/delete").csrf();
        (visitor, csrf)
    });
    for (number, text) in [
        (0, "alice was deleted."),
        (0, "alice was deleted."),
        (1, "alice was already deleted by System Administrator."),
    ] {
        let (visitor, csrf) = &mut visitors[number];
        let fields = [("csrf", csrf.as_str()), ("page", "/users/alice/delete"), ("back", "/users?search=al")];
        let page = visitor.post("/users/alice/delete", &fields);
        assert_eq!((page.status, page.location()), (303, "/users?search=al"), "{page:?}");
        let page = visitor.get("/users?search=al");
        assert!(page.body.contains(text), "{text} in {page:?}");
    }
    let (visitor, csrf) = &mut visitors[0];
    assert_eq!(visitor.post("/users/never-there/delete", &[("csrf", csrf.as_str())]).status, 404);
}
