//! Signing in and out in several tabs of one browser.

use steward_testkit::browser::BrowserSettings;

use super::helpers::{toast, wait_for_heading};
use super::language::Language;
use super::visitor::{Page, Visitor};
use crate::support::{Console, Shape};

/// The number of sessions of a user.
async fn sessions(console: &Console, user_id: &str) -> usize {
    // Read with the session of another user, who is not counted.
    let api = console.deployment.api.signed_in("eve2", "some long words 4711").await;
    let response = api.get(&format!("/api/admin/users/{user_id}/sessions")).send().await.expect(200);
    response.json()["items"].as_array().unwrap().len()
}

/// A console with an additional super_admin, whose sessions no test counts.
async fn console() -> Console {
    let console = Console::start(Shape::Sqlite).await;
    console.deployment.api.register("eve2", "some long words 4711").await.expect(201);
    let api = console.deployment.super_admin().await;
    api.put("/api/admin/users/eve2").json(serde_json::json!({"role": "super_admin"})).send().await.expect(200);
    api.post("/api/auth/logout").send().await;
    console
}

#[tokio::test]
async fn a_sign_in_page_open_in_a_second_tab_stays_valid() {
    let console = console().await;
    for settings in [BrowserSettings::default(), BrowserSettings::default().without_javascript()] {
        let browser = console.browser(settings).await;
        browser.goto("/sign-in?next=%2Fusers%2Fbob").await;
        let first = browser.tab().await;
        let mut others = Vec::new();
        for _ in 0..3 {
            others.push(browser.open_tab().await);
            browser.goto("/sign-in?next=%2Faudit").await;
        }
        let sign_in = async |user_id: &str| {
            browser.fill("User ID", user_id).await;
            browser.fill("Password", "admin123").await;
            browser.click("Sign in").await;
        };
        browser.look_at(&first).await;
        sign_in("admin").await;
        browser.wait_for_path("/users/bob").await;
        wait_for_heading(&browser, "Bob").await;

        // The same user: the sign-in leads to the requested page, there is one session, and the first tab's forms stay
        // valid.
        browser.look_at(&others[0]).await;
        sign_in("admin").await;
        browser.wait_for_path("/audit").await;
        assert_eq!(sessions(&console, "admin").await, 1);
        browser.look_at(&first).await;
        browser.click("Deactivate").await;
        toast(&browser, "was deactivated").await;
        browser.click("Activate").await;
        toast(&browser, "was activated").await;

        // Opening the address again has no effect.
        browser.look_at(&others[1]).await;
        browser.reload().await;
        browser.wait_for_path("/audit").await;

        // Another user: the browser is signed in as them, and the first user's open forms are rejected.
        browser.look_at(&others[2]).await;
        sign_in("manager").await;
        browser.wait_for_path("/audit").await;
        assert_eq!((sessions(&console, "admin").await, sessions(&console, "manager").await), (0, 1));
        browser.look_at(&first).await;
        browser.click("Deactivate").await;
        wait_for_heading(&browser, "This form has expired").await;
        // Back to the page before the sign-in, which is no longer valid.
        browser.goto("/sign-in").await;
        browser.wait_for_path("/dashboard").await;
        assert_eq!(browser.errors().await, [""; 0]);
        let api = console.deployment.api.signed_in("eve2", "some long words 4711").await;
        api.delete("/api/admin/users/manager/sessions").send().await.expect(200);
    }
}

/// A form of a page with its hidden fields.
fn filled<'a>(page: &'a [String; 2], fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let proof = [("csrf", page[0].as_str()), ("once", page[1].as_str())];
    proof.into_iter().chain(fields.iter().copied()).collect()
}

fn proof(page: &Page) -> [String; 2] {
    [page.csrf(), page.hidden("once")]
}

#[tokio::test]
async fn forms_of_earlier_tabs_lead_to_the_right_page() {
    let console = console().await;
    for language in Language::ALL {
        let mut visitor = Visitor::new(&console.url).with("accept-language", language.tag());
        let before = proof(&visitor.get("/sign-in"));
        visitor.sign_in("alice", "test123");
        let signed_in = proof(&visitor.get("/account"));

        // Theme and language belong to the browser, not to the session.
        let dark = |page: &[String; 2], theme: &str, visitor: &mut Visitor| {
            let fields = [("page", "/account"), ("theme", theme)];
            let response = visitor.post("/preferences", &filled(page, &fields));
            assert_eq!((response.status, response.location()), (303, "/account"), "{response:?}");
            assert_eq!(visitor.cookies["steward_theme"], theme);
        };
        dark(&before, "dark", &mut visitor);
        let sign_out = proof(&visitor.get("/account"));
        let response = visitor.post("/sign-out", &filled(&sign_out, &[]));
        assert_eq!((response.status, response.location()), (303, "/sign-in"));
        dark(&signed_in, "light", &mut visitor);

        // Signed out in another tab: a form leads to the sign-in, and from there to its page; signing out succeeds.
        let fields = [("page", "/account?sessions=all"), ("current_password", "x")];
        let response = visitor.post("/account/password", &filled(&signed_in, &fields));
        assert_eq!(response.location(), "/sign-in?next=%2Faccount%3Fsessions%3Dall");
        let response = visitor.post("/sign-out", &filled(&signed_in, &[]));
        assert_eq!((response.status, response.location()), (303, "/sign-in"));

        // Signed in as another user: a change is rejected, but signing out succeeds.
        visitor.sign_in("bob", "test123");
        let fields = [("page", "/account"), ("current_password", "test123"), ("new_password", "x")];
        let response = visitor.post("/account/password", &filled(&signed_in, &fields));
        assert_eq!(response.status, 403);
        assert!(response.body.contains(&language.t("forged-form")), "{response:?}");
        let response = visitor.post("/sign-out", &filled(&signed_in, &[]));
        assert_eq!((response.status, response.location()), (303, "/sign-in"));
        assert_eq!((sessions(&console, "alice").await, sessions(&console, "bob").await), (0, 0));

        // The browser was restarted in between: the sign-in page is shown again, with a valid form.
        visitor.cookies.clear();
        let fields = [("user_id", "alice"), ("password", "test123"), ("next", "/account")];
        let response = visitor.post("/sign-in", &filled(&before, &fields));
        assert_eq!(response.status, 403);
        assert!(
            response.body.contains(&language.t("sign-in-expired")) && !response.body.contains("test123"),
            "{response:?}"
        );
        let response = visitor.post("/sign-in", &filled(&proof(&response), &fields));
        assert_eq!((response.status, response.location()), (303, "/account"));
        let page = proof(&visitor.get("/account"));
        assert_eq!(visitor.post("/sign-out", &filled(&page, &[])).location(), "/sign-in");
    }
}

#[tokio::test]
async fn a_csrf_token_from_before_the_sign_in_is_invalid_after_it() {
    let console = console().await;
    // An attacker knows a token, and has planted its cookie in the browser.
    let mut visitor = Visitor::new(&console.url);
    let known = proof(&visitor.get("/sign-in"));
    let planted = visitor.cookies.clone();
    visitor.sign_in("admin", "admin123");
    let session = visitor.cookies["steward_session"].clone();
    assert!(!planted.contains_key("steward_session"));
    for form in ["/users/alice/deactivate", "/users/alice/delete", "/account/sign-out-everywhere", "/segments"] {
        assert_eq!(visitor.post(form, &filled(&known, &[])).status, 403, "{form}");
        let guessed = [format!("{}.", known[0]), known[1].clone()];
        assert_eq!(visitor.post(form, &filled(&guessed, &[])).status, 403, "{form}");
    }
    // The same user signs in again: a new session, and the old one ends.
    let mut thief = visitor.clone();
    let fields = [("user_id", "admin"), ("password", "admin123")];
    assert_eq!(visitor.post("/sign-in", &filled(&known, &fields)).status, 303);
    assert_ne!(visitor.cookies["steward_session"], session);
    assert!(thief.get("/users").location().starts_with("/sign-in"));
    assert_eq!(sessions(&console, "admin").await, 1);
}
