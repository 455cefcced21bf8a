//! Permissions: no button and no page that the API would reject.

use serde_json::json;
use steward_testkit::browser::BrowserSettings;

use super::helpers::{texts, wait_for_count, wait_for_heading, wait_for_texts};
use super::language::Language;
use super::visitor::Visitor;
use crate::support::{Console, Shape};

/// All controls on a user's page that change the user.
const BUTTONS: &str = "main form[method=post] button, main a.danger, main a[href*='/reset-password']";

/// The buttons on the page of a user that the viewer may change.
const OF_ANOTHER_USER: [&str; 6] =
    ["Deactivate", "Reset password", "Delete", "Save changes", "Save profile", "Another attribute"];

#[tokio::test]
async fn an_admin_sees_only_permitted_buttons() {
    let console = Console::start(Shape::Sqlite).await;
    let browser = console.signed_in("manager", "admin123", BrowserSettings::default()).await;
    browser.goto("/users?sort=user_id").await;
    wait_for_count(&browser, "tr[data-row]", 10).await;
    let offered = async |user_id: &str| {
        let details = format!(".row-detail:has([href='/users/{user_id}'])");
        let link = format!("{details} a[href*='/reset-password']");
        texts(&browser, &format!("{details} button, {details} .danger, {link}")).await
    };
    // No action on another administrator or on the actor; all actions on a user.
    assert_eq!(offered("admin").await, [""; 0]);
    assert_eq!(offered("manager").await, [""; 0]);
    assert_eq!(offered("alice").await, ["🚫 Deactivate", "Reset password", "Delete"]);
    assert_eq!(offered("inactive_user").await, ["✅ Activate", "Reset password", "Delete"]);

    for user_id in ["admin", "manager"] {
        browser.goto(&format!("/users/{user_id}")).await;
        assert_eq!(texts(&browser, BUTTONS).await, [""; 0], "{user_id}");
        assert_eq!(browser.count("main input:not([type=hidden]), main select").await, 0, "{user_id}");
        // The address of the confirmation page leads back with a message.
        browser.goto(&format!("/users/{user_id}/delete")).await;
        browser.wait_for("You may not delete this user.").await;
        assert_eq!(browser.path().await, format!("/users/{user_id}"));
    }
    browser.goto("/users/alice").await;
    wait_for_texts(&browser, BUTTONS, &OF_ANOTHER_USER).await;
    assert_eq!(browser.count("#role").await, 0, "roles are for super_admins");
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test]
async fn a_super_admin_sees_only_permitted_buttons() {
    let console = Console::start(Shape::Sqlite).await;
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    browser.goto("/users/manager").await;
    wait_for_texts(&browser, BUTTONS, &OF_ANOTHER_USER).await;
    assert_eq!(browser.count("#role").await, 1);
    // Users cannot deactivate, delete or demote their own account.
    browser.goto("/users/admin").await;
    let own = texts(&browser, BUTTONS).await;
    assert!(own.contains(&"Save changes".to_owned()), "{own:?}");
    assert!(!own.iter().any(|button| ["Deactivate", "Delete"].contains(&button.as_str())), "{own:?}");
    assert_eq!(browser.count("#role").await, 0);
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test]
async fn a_plain_user_sees_only_their_own_account() {
    let console = Console::start(Shape::Sqlite).await;
    for language in Language::ALL {
        let browser = language.signed_in(&console, "user123", "password123", BrowserSettings::default()).await;
        assert_eq!(browser.path().await, "/account");
        wait_for_heading(&browser, &language.t("my-account")).await;
        assert_eq!(browser.count("nav.nav, .nav-menu, [data-palette], #palette").await, 0);
        let menu = texts(&browser, ".menu-user .item").await;
        assert_eq!(menu, [language.t("my-account"), language.t("log-out")]);
        for page in [
            "/dashboard",
            "/users",
            "/users/user123",
            "/users/alice/delete",
            "/users/alice/reset-password",
            "/invitations",
            "/new-user",
            "/sign-ins",
            "/sessions",
            "/audit",
            "/outbox",
            "/analytics",
            "/find",
        ] {
            browser.goto(page).await;
            wait_for_heading(&browser, &language.t("forbidden")).await;
            browser.wait_for(&language.t("forbidden-text")).await;
            assert_eq!(texts(&browser, ".code").await, ["403"], "{page}");
        }
        browser.goto("/").await;
        browser.wait_for_path("/account").await;
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

/// Each kind of page with and without a required password change.
#[tokio::test]
async fn an_outstanding_requirement_leads_to_the_page_that_fulfils_it() {
    const PAGES: [&str; 10] = [
        "/",
        "/account",
        "/dashboard",
        "/users",
        "/users/alice",
        "/invitations",
        "/audit",
        "/outbox",
        "/analytics",
        "/find",
    ];
    const NEW: &str = "correct horse 4711";
    let console = Console::start(Shape::Sqlite).await;
    let admin = console.deployment.super_admin().await;
    let reset = admin.post("/api/admin/users/manager/reset-password").json(json!({})).send().await.expect(200);
    let temporary = reset.text("temporary_password");
    let mut visitor = Visitor::new(&console.url);
    assert_eq!(visitor.sign_in("manager", temporary).location(), "/password");

    for path in PAGES {
        let page = visitor.get(path);
        assert_eq!((page.status, page.location()), (303, "/password"), "{path}");
    }
    let csrf = visitor.get("/password").csrf();
    for path in ["/users/alice/deactivate", "/account/password", "/account/sign-out-everywhere"] {
        let page = visitor.post(path, &[("csrf", &csrf)]);
        assert_eq!((page.status, page.location()), (303, "/password"), "{path}");
    }
    let strength = visitor.post("/account/password-strength", &[("csrf", &csrf), ("new_password", NEW)]);
    assert_eq!(strength.status, 200, "{strength:?}");
    let signed_out = visitor.post("/sign-out", &[("csrf", &csrf)]);
    assert_eq!((signed_out.status, signed_out.location()), (303, "/sign-in"));

    visitor.sign_in("manager", temporary);
    let csrf = visitor.get("/password").csrf();
    let passwords = [("current_password", temporary), ("new_password", NEW), ("repeated_password", NEW)];
    let changed = visitor.post("/password", &[&[("csrf", csrf.as_str())][..], &passwords].concat());
    assert_eq!((changed.status, changed.location()), (303, "/dashboard"), "{changed:?}");
    assert_eq!(visitor.get("/password").location(), "/account");
    for path in PAGES {
        assert_ne!(visitor.get(path).location(), "/password", "{path}");
    }
    assert_eq!(visitor.get("/users/alice").status, 200);
}
