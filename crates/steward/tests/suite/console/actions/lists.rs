//! The list of users, and bulk actions.

use std::array::from_fn;

use steward_testkit::browser::{BrowserSettings, Key};

use super::super::helpers::{texts, toast, wait_for_count, wait_for_heading, wait_for_set, wait_for_texts};
use super::super::language::Language;
use crate::support::{Console, Shape};

/// The ids of the listed users.
const IDS: &str = "tr[data-row] .c-main .sub";

#[tokio::test]
async fn the_list_is_sorted_paged_and_customized() {
    let console = Console::start_with(Shape::Sqlite, &[("STEWARD_LIMIT_REGISTER", "off")]).await;
    register_sixty(&console).await;
    for language in Language::ALL {
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        let t = |id: &str| language.t(id);

        // Sixty users, ten per page, each exactly once; then back.
        browser.goto("/users?search=person&sort=user_id").await;
        wait_for_count(&browser, "tr[data-row]", 25).await;
        browser.click_within(".paging", "10").await;
        wait_for_count(&browser, "tr[data-row]", 10).await;
        let mut seen = texts(&browser, IDS).await;
        for page in 2..=6 {
            browser.click_within(".paging", &t("users-next")).await;
            let span = format!("{}–{}", page * 10 - 9, page * 10);
            browser.wait_for(&language.tw("users-span", &[("span", &span), ("total", "60")])).await;
            seen.extend(texts(&browser, IDS).await);
        }
        assert_eq!(seen, (1..=60).map(person).collect::<Vec<_>>());
        assert_eq!(browser.count("a[rel=next]").await, 0);
        browser.click_within(".paging", &t("users-previous")).await;
        wait_for_texts(&browser, &format!("tr[data-row]:first-child {IDS_IN_ROW}"), &["person41"]).await;
        browser.click_within(".paging", &t("users-first")).await;
        wait_for_texts(&browser, &format!("tr[data-row]:first-child {IDS_IN_ROW}"), &["person01"]).await;

        // A heading sorts the list, and then reverses it.
        browser.goto("/users?search=person&page_size=10").await;
        let (first, last): ([_; 10], [_; 10]) = (from_fn(|at| person(at + 1)), from_fn(|at| person(60 - at)));
        browser.click_within("thead", &t("users-email")).await;
        wait_for_texts(&browser, IDS, &first.each_ref().map(String::as_str)).await;
        browser
            .wait_until(
                "the sort order is announced",
                "return document.querySelector('th[aria-sort=ascending]') !== null",
            )
            .await;
        browser.click_within("thead", &t("users-email")).await;
        wait_for_texts(&browser, IDS, &last.each_ref().map(String::as_str)).await;

        // Columns are selected per browser, for every list.
        let columns = "form[action='/users/columns']";
        browser.click(&t("users-columns")).await;
        browser.click_within(columns, &t("users-email")).await;
        browser.click_within(columns, &t("users-created")).await;
        browser.click_within(columns, &t("users-apply")).await;
        wait_for_count(&browser, "thead th", 6).await;
        browser.goto("/users").await;
        let headings =
            [&t("users-user"), &t("users-role"), &t("users-status"), &t("users-last-login"), &t("users-details")];
        wait_for_texts(&browser, "thead th:not(.c-pick)", &headings.map(String::as_str)).await;

        // Filters are saved as a view, opened by name, and deleted.
        browser.choose(&t("users-status"), &t("users-inactive")).await;
        wait_for_set(&browser, IDS, &["eve", "inactive_user"]).await;
        browser.click(&t("users-segment")).await;
        browser.fill(&t("users-segment-name"), "잠든 계정 & co").await;
        browser.click(&t("users-segment-save")).await;
        toast(&browser, &language.tw("users-segment-saved", &[("name", "잠든 계정 & co")])).await;
        browser.click_within(".segments", &t("users-everyone")).await;
        browser.wait_for(&t("users-everyone")).await;
        wait_for_count(&browser, "tr[data-row]", 25).await;
        browser.click_within(".segments", "잠든 계정 & co").await;
        wait_for_set(&browser, IDS, &["eve", "inactive_user"]).await;
        wait_for_texts(&browser, ".segments [aria-current=page]", &["잠든 계정 & co"]).await;
        browser.click(&t("users-segment")).await;
        let delete = language.tw("users-segment-delete", &[("name", "잠든 계정 & co")]);
        browser.click(&delete).await;
        browser.click_within("dialog", &delete).await;
        toast(&browser, &language.tw("users-segment-deleted", &[("name", "잠든 계정 & co")])).await;
        wait_for_texts(&browser, ".segments li", &[&t("users-everyone")]).await;

        // Other filters: users who never signed in, an invalid range of days, locked-out users.
        browser.goto("/users?search=person0").await;
        browser.choose(&t("users-last-login"), &t("users-last-login-never")).await;
        wait_for_count(&browser, "tr[data-row]", 9).await;
        browser.choose(&t("users-last-login"), &t("users-last-login-day")).await;
        browser.wait_for(&t("users-no-match")).await;
        browser.goto("/users?search=person0").await;
        browser.click(&t("users-more")).await;
        browser.fill(&t("users-registered-to"), "2020-01-01").await;
        browser.wait_for(&t("users-no-match")).await;
        // The menu covers the link.
        browser.press(&[Key::Escape]).await;
        browser.click_within(".chips", &t("users-filters-clear")).await;
        wait_for_count(&browser, "tr[data-row]", 25).await;
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn many_users_are_changed_at_once() {
    let console = Console::start_with(Shape::Sqlite, &[("STEWARD_LIMIT_REGISTER", "off")]).await;
    register_sixty(&console).await;
    let api = console.deployment.super_admin().await;
    let matching = async |query: &str| {
        let page = api.get(&format!("/api/admin/users?page_size=1&search=person{query}")).send().await.expect(200);
        page.json()["total"].as_u64().unwrap()
    };
    let (english, korean) = (Language::English, Language::Korean);

    // Selected users.
    let browser = english.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
    browser.goto("/users?search=person&sort=user_id").await;
    for person in ["person01", "person02", "person03"] {
        browser.click(&format!("Select {person}")).await;
    }
    browser.click_within("#bulk", "Deactivate").await;
    browser.wait_for("Deactivate those selected?").await;
    browser.click_within("dialog", "Deactivate").await;
    let entries = toast(&browser, "3 users were deactivated.").await;
    assert_eq!(entries, "/audit?who=admin&action=USER_DEACTIVATED");
    assert_eq!(matching("&is_active=false").await, 3);
    // All users on the page: those that are already active are skipped and reported.
    browser.click("Select everybody on this page").await;
    browser.click_within("#bulk", "Activate").await;
    toast(&browser, "3 users were activated. 22 users are left out").await;
    assert_eq!(matching("&is_active=false").await, 0);
    // Deletion is confirmed on a separate page.
    browser.click("Select person04").await;
    browser.click_within("#bulk", "Delete…").await;
    wait_for_heading(&browser, "Delete 1 user?").await;
    browser.click("Cancel").await;
    wait_for_count(&browser, "tr[data-row]", 25).await;
    assert_eq!(matching("").await, 60);
    browser.click("Select person04").await;
    browser.click_within("#bulk", "Delete…").await;
    wait_for_heading(&browser, "Delete 1 user?").await;
    browser.click_within("main", "Delete").await;
    toast(&browser, "1 user was deleted.").await;
    assert_eq!(matching("").await, 59);
    assert_eq!(browser.errors().await, [""; 0]);

    // All matching users, on every page.
    let t = |id: &str| korean.t(id);
    let counted = |id: &str, count: &str| korean.tw(id, &[("count", count)]);
    let browser = korean.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
    let all = async |action: &str, total: &str| {
        browser.click(&korean.tw("users-all-that-match", &[("total", total)])).await;
        browser.click(&format!("{action}…")).await;
    };
    browser.goto("/users?search=person").await;
    all(&t("users-deactivate"), "59").await;
    wait_for_heading(&browser, &counted("users-bulk-ask-deactivate", "59")).await;
    browser.click_within("main", &t("users-deactivate")).await;
    toast(&browser, &counted("users-bulk-done-deactivate", "59")).await;
    assert_eq!(matching("&is_active=false").await, 59);
    all(&t("users-activate"), "59").await;
    wait_for_heading(&browser, &counted("users-bulk-ask-activate", "59")).await;
    browser.click_within("main", &t("users-activate")).await;
    toast(&browser, &counted("users-bulk-done-activate", "59")).await;
    assert_eq!(matching("&is_active=false").await, 0);
    browser.goto("/users?search=person5").await;
    all(&t("users-delete"), "10").await;
    wait_for_heading(&browser, &counted("users-bulk-ask-delete", "10")).await;
    browser.click_within("main", &t("users-delete")).await;
    toast(&browser, &counted("users-bulk-done-delete", "10")).await;
    assert_eq!(matching("").await, 49);
    browser.goto("/users?search=person").await;
    all(&t("users-sign-out"), "49").await;
    wait_for_heading(&browser, &counted("users-bulk-ask-signout", "49")).await;
    browser.click_within("main", &t("users-sign-out")).await;
    toast(&browser, &counted("users-bulk-done-signout", "49")).await;
    // Among administrators, the actor's own account is skipped.
    browser.goto("/users?role=admin").await;
    all(&t("users-delete"), "2").await;
    wait_for_heading(&browser, &counted("users-bulk-ask-delete", "1")).await;
    wait_for_texts(&browser, "main tbody .mono", &["manager"]).await;
    assert_eq!(browser.errors().await, [""; 0]);
}

/// The id within a row.
const IDS_IN_ROW: &str = ".c-main .sub";

/// The id of one of sixty users.
fn person(number: usize) -> String {
    format!("person{number:02}")
}

/// Registers `person01` to `person60`.
async fn register_sixty(console: &Console) {
    for number in 1..=60 {
        console.deployment.api.register(&person(number), "some long words 4711").await.expect(201);
    }
}
