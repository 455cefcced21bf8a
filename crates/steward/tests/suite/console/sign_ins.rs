//! The sign-in log, the active sessions, and the lists that the dashboard's cards lead to.

use steward_testkit::browser::BrowserSettings;

use super::helpers::{texts, toast, wait_for_count, wait_for_heading, wait_for_texts};
use super::language::Language;
use super::visitor::Visitor;
use crate::support::{Console, Shape};

/// The outcome and reason of each listed attempt.
const OUTCOMES: &str = "tr[data-row] td:nth-child(2)";

#[tokio::test]
async fn attempts_are_filtered_while_typing_and_lead_to_their_user() {
    let console = Console::start(Shape::Sqlite).await;
    let api = &console.deployment.api;
    api.login("alice", "wrong-one").await.expect(401);
    api.login("nobody-has-this-id", "test123").await.expect(401);
    for language in Language::ALL {
        let browser = language.signed_in(&console, "manager", "admin123", BrowserSettings::default()).await;
        let t = |id: &str| language.t(id);
        browser.goto("/dashboard").await;
        browser.click_within("nav.nav", &t("nav-sign-ins")).await;
        wait_for_heading(&browser, &t("nav-sign-ins")).await;
        assert!(!browser.text().await.contains("nobody-has-this-id"));

        browser.choose(&t("sign-ins-outcome"), &t("sign-ins-failure")).await;
        let failed = |id: &str| format!("{} {}", t("sign-ins-failure"), t(id));
        let (unknown, wrong) = (failed("sign-ins-reason-unknown-user"), failed("sign-ins-reason-wrong-password"));
        wait_for_texts(&browser, OUTCOMES, &[&unknown, &wrong]).await;
        browser.fill(&t("sign-ins-user"), "alice").await;
        wait_for_texts(&browser, OUTCOMES, &[&wrong]).await;
        browser.click_within(".chips", &language.tw("audit-without", &[("filter", &outcome_chip(language))])).await;
        wait_for_texts(&browser, OUTCOMES, &[&wrong]).await;
        browser.click_within("tr[data-row]", "alice").await;
        wait_for_heading(&browser, "Alice").await;

        browser.goto("/sign-ins").await;
        let address = language.tw("sign-ins-from-address", &[("address", "127.0.0.1")]);
        browser.click_within("tr[data-row]:first-child", &address).await;
        wait_for_count(&browser, ".chip.on", 1).await;
        browser.goto("/sign-ins?address=192.0.2.0/24").await;
        browser.wait_for(&t("sign-ins-no-match")).await;
        assert!(browser.errors().await.is_empty());
        browser.goto("/sign-ins?address=192.0.2.0/33").await;
        browser.wait_for(&t("sign-ins-address-wrong")).await;
    }
}

fn outcome_chip(language: Language) -> String {
    format!("{}: {}", language.t("sign-ins-outcome"), language.t("sign-ins-failure"))
}

#[tokio::test]
async fn an_active_session_is_ended_as_the_policy_allows_without_javascript() {
    let console = Console::start(Shape::Sqlite).await;
    let alice = console.deployment.api.signed_in("alice", "test123").await;
    console.deployment.super_admin().await;
    let browser = console.signed_in("manager", "admin123", BrowserSettings::default().without_javascript()).await;
    browser.goto("/sign-ins").await;
    browser.click_within(".segments", "Active sessions").await;
    wait_for_heading(&browser, "Active sessions").await;
    wait_for_texts(&browser, "tr[data-row] .c-main .sub", &["manager", "admin", "alice"]).await;
    assert_eq!(browser.count("tr[data-row] form").await, 1, "an admin ends sessions of users only");
    browser.fill("User", "alice").await;
    browser.click_within(".filters", "Apply").await;
    wait_for_texts(&browser, "tr[data-row] .c-main .sub", &["alice"]).await;
    browser.click_within("tr[data-row]", "Revoke the session of Alice Cooper on Unknown device").await;
    toast(&browser, "The session was ended.").await;
    wait_for_count(&browser, "tr[data-row]", 0).await;
    browser.wait_for("No sessions match").await;
    alice.get("/api/auth/me").send().await.expect(401);
    assert_eq!(texts(&browser, ".chip.on").await, ["User: alice"]);
}

/// The number of a card and the number of items of its list have one definition.
#[tokio::test]
async fn each_card_leads_to_the_list_that_it_counts() {
    let console = Console::start(Shape::Postgres).await;
    for _ in 0..3 {
        console.deployment.api.login("alice", "wrong-one").await.expect(401);
    }
    console.deployment.api.signed_in("bob", "test123").await;
    // Users and attempts of earlier days, which some of the cards do not count.
    console
        .deployment
        .database
        .run("UPDATE users SET created_at = '2020-01-01T00:00:00.000000Z' WHERE user_id IN ('alice', 'bob')")
        .unwrap();
    let mut visitor = Visitor::new(&console.url);
    visitor.sign_in("admin", "admin123");
    let dashboard = visitor.get("/dashboard").body;
    let cards: Vec<(String, u64)> = dashboard.split("<a class=\"stat\" href=\"").skip(1).map(card).collect();
    assert_eq!(cards.iter().map(|(_, number)| *number).collect::<Vec<_>>(), [10, 8, 8, 8, 2, 3]);
    for (link, number) in cards {
        let list = visitor.get(&link);
        assert_eq!(list.status, 200, "{link}");
        let (_, count) = list.body.split_once("id=\"count\">").unwrap_or_else(|| panic!("{link} has no count"));
        assert_eq!(digits(count), number, "{link}");
    }
}

/// The link and the number of a card.
fn card(html: &str) -> (String, u64) {
    let link = html.split('"').next().unwrap_or_default().replace("&#38;", "&").replace("&amp;", "&");
    let (_, value) = html.split_once("stat-value\">").unwrap();
    (link, digits(value))
}

fn digits(text: &str) -> u64 {
    let number: String = text.chars().take_while(|c| *c != '<').filter(char::is_ascii_digit).collect();
    number.parse().unwrap()
}
