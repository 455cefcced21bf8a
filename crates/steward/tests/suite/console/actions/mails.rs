//! The outbox.

use serde_json::Value;
use steward_testkit::browser::BrowserSettings;

use super::super::helpers::{texts, toast, wait_for_count, wait_for_heading, wait_for_texts};
use super::super::language::Language;
use crate::support::{Console, Shape};

const ROW: &str = "tr[data-row]";

/// Replaces all mails: 30 that were sent, one that has failed and one that waits. No attempt to send one is due, or its
/// kind is unknown.
fn fill(console: &Console) {
    for statement in [
        "DELETE FROM outbox",
        "INSERT INTO outbox (kind, address, state, attempts, created_at, sent_at, over_at)
            SELECT 'password_changed', 'sent' || n || '@example.com', 'sent', 1, now(), now(), now()
            FROM generate_series(1, 30) AS n",
        "INSERT INTO outbox (kind, address, content, state, attempts, last_error, created_at, over_at)
            VALUES ('of_the_future', 'failed@example.com', '{}', 'failed', 5, '550 <b>no</b> mailbox', now(), now())",
        "INSERT INTO outbox (kind, address, content, created_at, next_attempt_at)
            VALUES ('welcome', 'queued@example.com', '{}', now(), '2999-01-01')",
    ] {
        console.deployment.database.run(statement).unwrap();
    }
}

#[tokio::test]
async fn mails_are_listed_retried_and_cancelled() {
    let console = Console::start(Shape::Postgres).await;
    let api = console.deployment.super_admin().await;
    for language in Language::ALL {
        let t = |id: &str| language.t(id);
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        fill(&console);
        browser.click_within("header", &t("nav-outbox")).await;
        wait_for_heading(&browser, &t("nav-outbox")).await;
        wait_for_count(&browser, ROW, 25).await;
        browser.click_within(".paging", &t("outbox-next")).await;
        wait_for_count(&browser, ROW, 7).await;
        wait_for_texts(&browser, &format!("{ROW}:last-child bdi"), &["sent1@example.com"]).await;
        browser.click_within(".paging", &t("outbox-first")).await;
        wait_for_count(&browser, ROW, 25).await;

        browser.choose(&t("outbox-state"), &t("outbox-failed")).await;
        wait_for_texts(&browser, &format!("{ROW} .c-main"), &["of_the_futurefailed@example.com"]).await;
        wait_for_texts(&browser, &format!("{ROW} [dir=auto]"), &["550 <b>no</b> mailbox"]).await;
        browser.click_within(ROW, &t("outbox-retry")).await;
        let entry = toast(&browser, &t("outbox-retried")).await;
        assert_eq!(entry, "/audit?action=MAIL_RETRIED");
        browser.wait_for(&t("outbox-no-match")).await;

        browser.goto("/outbox?state=queued").await;
        wait_for_count(&browser, ROW, 2).await;
        let queued = api.get("/api/admin/outbox?state=queued").send().await.expect(200);
        let [queued, failed] = [0, 1].map(|at| queued.json()["items"][at]["id"].clone());
        let cancel = async |id: &Value, recipient: &str| {
            browser.click_within(&format!("#mail-{id}"), &t("outbox-cancel")).await;
            browser.wait_for(&language.tw("outbox-cancel-ask", &[("recipient", recipient)])).await;
            browser.click_within("dialog", &t("outbox-cancel")).await;
        };
        cancel(&queued, "queued@example.com").await;
        toast(&browser, &t("outbox-was-cancelled")).await;
        wait_for_count(&browser, ROW, 1).await;
        // Another administrator cancels the other one first.
        api.delete(&format!("/api/admin/outbox/{failed}")).send().await.expect(204);
        cancel(&failed, "failed@example.com").await;
        toast(&browser, &t("outbox-wrong-state")).await;
        browser.wait_for(&t("outbox-no-match")).await;
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn the_page_of_a_user_shows_the_mails_to_the_user() {
    let console = Console::start(Shape::Postgres).await;
    for statement in [
        "INSERT INTO outbox (kind, user_id, address, state, attempts, created_at, sent_at, over_at)
            SELECT 'password_changed', id, email, 'sent', 3, now(), now(), now() FROM users WHERE user_id = 'alice'",
        "INSERT INTO outbox (kind, user_id, address, content, created_at, next_attempt_at)
            SELECT 'welcome', id, email, '{}', now(), '2999-01-01' FROM users WHERE user_id = 'alice'",
    ] {
        console.deployment.database.run(statement).unwrap();
    }
    for language in Language::ALL {
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        browser.goto("/users/alice").await;
        for (event, kind) in [
            ("user-event-mail-sent", "outbox-kind-password-changed"),
            ("user-event-mail-queued", "outbox-kind-welcome"),
        ] {
            browser.wait_for(&language.tw(event, &[("mail", &language.t(kind))])).await;
        }
        browser.wait_for(&language.tw("user-event-mail-attempts", &[("n", "3")])).await;
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn an_admin_retries_mails_and_does_not_cancel_them() {
    let console = Console::start(Shape::Postgres).await;
    let browser = console.signed_in("manager", "admin123", BrowserSettings::default()).await;
    fill(&console);
    browser.goto("/outbox").await;
    wait_for_count(&browser, ROW, 25).await;
    assert_eq!(texts(&browser, &format!("{ROW} button")).await, ["Retry"]);
    browser.click_within(ROW, "Retry").await;
    toast(&browser, "The mail is queued again.").await;
    wait_for_count(&browser, &format!("{ROW} button"), 0).await;
    console.deployment.database.run("DELETE FROM outbox").unwrap();
    browser.goto("/outbox").await;
    browser.wait_for("No mails yet").await;
    assert_eq!(browser.errors().await, [""; 0]);
}
