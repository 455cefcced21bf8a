//! Several tabs of one browser, in which people sign in and out.

use steward_testkit::browser::BrowserSettings;

use super::looking::{toast, wait_for_heading};
use super::wire::{Page, Visitor};
use super::words::Language;
use crate::support::{Console, Shape};

/// How many sessions a user has.
async fn sessions(console: &Console, user_id: &str) -> usize {
    // A session that is not looked at.
    let api = console.deployment.api.signed_in("eve2", "some long words 4711").await;
    let answer = api.get(&format!("/api/admin/users/{user_id}/sessions")).send().await.expect(200);
    answer.json()["items"].as_array().unwrap().len()
}

/// A console with a super_admin whose sessions are in no test's way.
async fn console() -> Console {
    let console = Console::start(Shape::Sqlite).await;
    console.deployment.api.register("eve2", "some long words 4711").await.expect(201);
    let api = console.deployment.super_admin().await;
    api.put("/api/admin/users/eve2").json(serde_json::json!({"role": "super_admin"})).send().await.expect(200);
    api.post("/api/auth/logout").send().await;
    console
}

#[tokio::test]
async fn a_sign_in_that_was_open_in_a_second_tab_goes_on() {
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

        // The same person: it leads where it was to lead, there is one session, and the first tab's forms stay good.
        browser.look_at(&others[0]).await;
        sign_in("admin").await;
        browser.wait_for_path("/audit").await;
        assert_eq!(sessions(&console, "admin").await, 1);
        browser.look_at(&first).await;
        browser.click("Deactivate").await;
        toast(&browser, "was deactivated").await;
        browser.click("Activate").await;
        toast(&browser, "was activated").await;

        // Opening it once more changes nothing.
        browser.look_at(&others[1]).await;
        browser.reload().await;
        browser.wait_for_path("/audit").await;

        // Another person: it is theirs from then on, and what the first had open does nothing in their name.
        browser.look_at(&others[2]).await;
        sign_in("manager").await;
        browser.wait_for_path("/audit").await;
        assert_eq!((sessions(&console, "admin").await, sessions(&console, "manager").await), (0, 1));
        browser.look_at(&first).await;
        browser.click("Deactivate").await;
        wait_for_heading(&browser, "This form has expired").await;
        // Back to the page before the sign-in, which is over.
        browser.goto("/sign-in").await;
        browser.wait_for_path("/dashboard").await;
        assert_eq!(browser.errors().await, [""; 0]);
        let api = console.deployment.api.signed_in("eve2", "some long words 4711").await;
        api.delete("/api/admin/users/manager/sessions").send().await.expect(200);
    }
}

/// A form of a page, with what it was shown with.
fn filled<'a>(page: &'a [String; 2], fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let proof = [("csrf", page[0].as_str()), ("once", page[1].as_str())];
    proof.into_iter().chain(fields.iter().copied()).collect()
}

fn proof(page: &Page) -> [String; 2] {
    [page.csrf(), page.hidden("once")]
}

#[tokio::test]
async fn forms_of_tabs_that_were_open_before_lead_on() {
    let console = console().await;
    for language in Language::ALL {
        let mut visitor = Visitor::new(&console.url).with("accept-language", language.tag());
        let before = proof(&visitor.get("/sign-in"));
        visitor.sign_in("alice", "test123");
        let signed_in = proof(&visitor.get("/account"));

        // Theme and language are the browser's.
        let dark = |page: &[String; 2], theme: &str, visitor: &mut Visitor| {
            let fields = [("page", "/account"), ("theme", theme)];
            let answer = visitor.post("/preferences", &filled(page, &fields));
            assert_eq!((answer.status, answer.location()), (303, "/account"), "{answer:?}");
            assert_eq!(visitor.cookies["steward_theme"], theme);
        };
        dark(&before, "dark", &mut visitor);
        let sign_out = proof(&visitor.get("/account"));
        let answer = visitor.post("/sign-out", &filled(&sign_out, &[]));
        assert_eq!((answer.status, answer.location()), (303, "/sign-in"));
        dark(&signed_in, "light", &mut visitor);

        // Signed out elsewhere: a form leads to the sign-in, and from there to where it stood; signing out is done.
        let fields = [("page", "/account?sessions=all"), ("current_password", "x")];
        let answer = visitor.post("/account/password", &filled(&signed_in, &fields));
        assert_eq!(answer.location(), "/sign-in?next=%2Faccount%3Fsessions%3Dall");
        let answer = visitor.post("/sign-out", &filled(&signed_in, &[]));
        assert_eq!((answer.status, answer.location()), (303, "/sign-in"));

        // Signed in as another user: a change is refused, and signing out is not.
        visitor.sign_in("bob", "test123");
        let fields = [("page", "/account"), ("current_password", "test123"), ("new_password", "x")];
        let answer = visitor.post("/account/password", &filled(&signed_in, &fields));
        assert_eq!(answer.status, 403);
        assert!(answer.body.contains(&language.t("forged-form")), "{answer:?}");
        let answer = visitor.post("/sign-out", &filled(&signed_in, &[]));
        assert_eq!((answer.status, answer.location()), (303, "/sign-in"));
        assert_eq!((sessions(&console, "alice").await, sessions(&console, "bob").await), (0, 0));

        // The browser was closed meanwhile: the page that asks to sign in is there again, and good.
        visitor.cookies.clear();
        let fields = [("user_id", "alice"), ("password", "test123"), ("next", "/account")];
        let answer = visitor.post("/sign-in", &filled(&before, &fields));
        assert_eq!(answer.status, 403);
        assert!(answer.body.contains(&language.t("sign-in-expired")) && !answer.body.contains("test123"), "{answer:?}");
        let answer = visitor.post("/sign-in", &filled(&proof(&answer), &fields));
        assert_eq!((answer.status, answer.location()), (303, "/account"));
        let page = proof(&visitor.get("/account"));
        assert_eq!(visitor.post("/sign-out", &filled(&page, &[])).location(), "/sign-in");
    }
}

#[tokio::test]
async fn a_token_from_before_the_sign_in_opens_nothing_after_it() {
    let console = console().await;
    // An attacker's page, and with it the cookie that the attacker left in the browser.
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
    // The same person once more: another session, and the one before is over.
    let mut thief = visitor.clone();
    let fields = [("user_id", "admin"), ("password", "admin123")];
    assert_eq!(visitor.post("/sign-in", &filled(&known, &fields)).status, 303);
    assert_ne!(visitor.cookies["steward_session"], session);
    assert!(thief.get("/users").location().starts_with("/sign-in"));
    assert_eq!(sessions(&console, "admin").await, 1);
}
