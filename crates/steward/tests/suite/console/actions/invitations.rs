//! Invitations: the page of administrators, and the page to which the link leads.

use steward_testkit::browser::BrowserSettings;

use super::super::helpers::{texts, toast, wait_for_count, wait_for_heading, wait_for_texts};
use super::super::language::Language;
use super::super::visitor::Visitor;
use crate::support::{Console, Shape, newest_link_token};

const ROW: &str = "tr[data-row]";
const PASSWORD: &str = "correct horse 4711";

#[tokio::test]
async fn users_are_invited_and_create_their_account() {
    let console = Console::start(Shape::Postgres).await;
    for (language, user_id, settings) in [
        (Language::English, "kim", BrowserSettings::default()),
        (Language::Korean, "lee", BrowserSettings::default().without_javascript()),
    ] {
        let t = |id: &str| language.t(id);
        let address = format!("invited.{user_id}@example.com");
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        browser.goto("/users").await;
        browser.click_within("main", &t("invitations")).await;
        wait_for_heading(&browser, &t("invitations")).await;
        let send = async |typed: &str| {
            browser.fill(&t("user-email"), typed).await;
            browser.click(&t("invitations-send")).await;
        };
        send("alice@example.com").await;
        wait_for_texts(&browser, ".field-error", &[&t("user-email-taken")]).await;
        assert_eq!(browser.value(&t("user-email")).await, "alice@example.com");
        browser.choose(&t("user-role"), &t("role-admin")).await;
        send(&address).await;
        let entry = toast(&browser, &language.tw("invitations-sent", &[("email", &address)])).await;
        assert_eq!(entry, "/audit?action=INVITATION_SENT");
        wait_for_texts(&browser, &format!("{ROW}:first-child .who"), &[&address]).await;
        send(&address).await;
        wait_for_texts(&browser, ".field-error", &[&t("invitations-already-pending")]).await;
        browser.click_within(&format!("{ROW}:first-child"), &t("invitations-resend")).await;
        toast(&browser, &t("invitations-resent")).await;

        let token = newest_link_token(&console.deployment.database);
        let invited = console.browser(settings.in_language(language.tag())).await;
        invited.goto(&format!("/accept-invitation?token={token}")).await;
        wait_for_heading(&invited, &t("accept-invitation")).await;
        let create = async |id: &str, password: &str| {
            // A response to the form before may still be on its way, and would empty the fields.
            invited.goto(&format!("/accept-invitation?token={token}")).await;
            invited.fill(&t("user-id"), id).await;
            invited.fill(&t("user-name"), "김철수").await;
            invited.fill(&t("account-new-password"), password).await;
            invited.fill(&t("account-repeated-password"), password).await;
            invited.click(&t("accept-invitation-button")).await;
        };
        for (id, password, text) in [
            ("alice", PASSWORD, "accept-invitation-user-id-taken"),
            ("k", PASSWORD, "accept-invitation-user-id-wrong"),
            (user_id, "password", "account-weak-breached"),
            (user_id, &*format!("{user_id} 4711 horse battery"), "account-weak-contains-user-id"),
        ] {
            create(id, password).await;
            wait_for_texts(&invited, ".field-error", &[&t(text)]).await;
            assert_eq!(invited.value(&t("user-name")).await, "김철수");
        }
        create(user_id, PASSWORD).await;
        invited.wait_for_path("/accept-invitation/done").await;
        wait_for_heading(&invited, &t("accept-invitation-done")).await;
        invited.click(&t("sign-in")).await;
        language.sign_in(&invited, user_id, PASSWORD).await;
        invited.wait_for_path("/dashboard").await;
        create("late", PASSWORD).await;
        wait_for_heading(&invited, &t("link-used")).await;

        browser.goto("/invitations?state=accepted").await;
        wait_for_texts(&browser, &format!("{ROW}:first-child .c-main a"), &[user_id]).await;
        assert_eq!(browser.count(&format!("{ROW} button")).await, 0);
    }
}

#[tokio::test]
async fn a_revoked_invitation_is_not_accepted() {
    let console = Console::start(Shape::Postgres).await;
    let browser = console.signed_in("manager", "admin123", BrowserSettings::default()).await;
    browser.goto("/invitations").await;
    browser.wait_for("No invitations yet").await;
    assert_eq!(texts(&browser, "#role option").await, ["User"], "an admin invites only users");
    browser.fill("E-mail", "kim@example.com").await;
    browser.click("Send invitation").await;
    wait_for_count(&browser, ROW, 1).await;
    let token = newest_link_token(&console.deployment.database);
    browser.click_within(ROW, "Revoke").await;
    browser.wait_for("Revoke the invitation of kim@example.com?").await;
    browser.click_within("dialog", "Revoke").await;
    toast(&browser, "The invitation was revoked.").await;
    wait_for_texts(&browser, &format!("{ROW} .pill"), &["Revoked"]).await;
    assert_eq!(browser.count(&format!("{ROW} button")).await, 0);
    assert_eq!(browser.errors().await, [""; 0]);

    let mut visitor = Visitor::new(&console.url);
    let address = format!("/accept-invitation?token={token}");
    let page = visitor.get(&address);
    assert_eq!((page.status, page.headers("referrer-policy")), (200, vec!["no-referrer"]));
    let csrf = page.csrf();
    let fields = [
        ("csrf", csrf.as_str()),
        ("token", &token),
        ("user_id", "kim"),
        ("name", "Kim"),
        ("new_password", PASSWORD),
        ("repeated_password", PASSWORD),
    ];
    let rejected = visitor.post("/accept-invitation", &fields);
    assert!(rejected.status == 400 && rejected.body.contains("This link is no longer valid"), "{rejected:?}");
    assert_eq!(visitor.get("/accept-invitation").status, 400);
}

#[tokio::test]
async fn an_admin_cannot_change_invitations_of_administrators() {
    let console = Console::start(Shape::Postgres).await;
    let admin = console.deployment.super_admin().await;
    let body = serde_json::json!({"email": "chief@example.com", "role": "admin"});
    admin.post("/api/admin/invitations").json(body).send().await.expect(201);
    let browser = console.signed_in("manager", "admin123", BrowserSettings::default()).await;
    browser.goto("/invitations").await;
    wait_for_count(&browser, ROW, 1).await;
    assert_eq!(browser.count(&format!("{ROW} button")).await, 0);
    assert_eq!(browser.errors().await, [""; 0]);
}
