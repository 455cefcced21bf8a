//! Everything that can be done, in both languages: what it does, what it says, and where its message leads.

use std::array::from_fn;

use serde_json::json;
use steward_testkit::browser::{Browser, BrowserSettings, Key};
use steward_testkit::http::Api;

use super::looking::{
    attribute, fetched, find_anything, texts, toast, wait_for_count, wait_for_heading, wait_for_set, wait_for_texts,
};
use super::words::Language;
use crate::support::{Console, Shape};

/// The ids of the users that the list shows.
const IDS: &str = "tr[data-row] .c-main .sub";

#[tokio::test]
async fn users_are_edited_and_nothing_is_overwritten() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    for (language, user_id, name) in
        [(Language::English, "alice", "Alice Cooper"), (Language::Korean, "bob", "Bob Wilson")]
    {
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        let (t, save) = (|id: &str| language.t(id), language.t("user-save"));
        browser.goto(&format!("/users/{user_id}")).await;
        wait_for_heading(&browser, name).await;

        // What is wrong is said at its field, and what was typed is still there.
        browser.fill(&t("user-email"), "no address").await;
        browser.fill(&t("user-name"), "Somebody Else").await;
        browser.click(&save).await;
        wait_for_texts(&browser, ".field-error", &[&t("user-email-wrong")]).await;
        assert_eq!(attribute(&browser, "#email", "aria-describedby").await, "email-error");
        assert_eq!(browser.value(&t("user-name")).await, "Somebody Else");
        browser.fill(&t("user-email"), "charlie@example.com").await;
        browser.click(&save).await;
        wait_for_texts(&browser, ".field-error", &[&t("user-email-taken")]).await;
        let user = user_of(&api, user_id).await;
        assert_eq!(user["name"], name, "nothing of it was saved");

        // Each field that was touched is saved, and its entry in the trail is a click away.
        let email = format!("{user_id}.new@example.com");
        browser.fill(&t("user-email"), &email).await;
        browser.choose(&t("user-role"), &t("role-admin")).await;
        browser.click(&save).await;
        let entry = toast(&browser, &language.tw("user-saved", &[("name", "Somebody Else")])).await;
        assert_eq!(entry, format!("/audit?target={user_id}&action=USER_UPDATED"));
        let user = user_of(&api, user_id).await;
        assert_eq!(
            (&user["name"], &user["email"], &user["role"]),
            (&json!("Somebody Else"), &json!(email), &json!("admin"))
        );
        browser.click_within(".toast", &t("user-audit-entry")).await;
        browser.wait_for_path("/audit").await;
        wait_for_texts(
            &browser,
            ".changes dt",
            &[&t("audit-field-email"), &t("audit-field-name"), &t("audit-field-role")],
        )
        .await;
        wait_for_texts(&browser, ".changes del", &[&format!("{user_id}@example.com"), name, &t("role-user")]).await;
        wait_for_texts(&browser, ".changes ins", &[&email, "Somebody Else", &t("role-admin")]).await;
        browser.back().await;
        browser.wait_for_path(&format!("/users/{user_id}")).await;
        wait_for_heading(&browser, "Somebody Else").await;

        // Two change the same name: both are shown, one is chosen, and what nobody else touched stays.
        let theirs = json!({"name": "Theirs", "email": format!("theirs.{user_id}@example.com")});
        api.put(&format!("/api/admin/users/{user_id}")).json(theirs.clone()).send().await.expect(200);
        browser.fill(&t("user-name"), "Mine").await;
        browser.click(&save).await;
        browser.wait_for(&t("user-conflict")).await;
        assert_eq!(user_of(&api, user_id).await["name"], "Theirs");
        assert!(
            texts(&browser, ".compare").await[0].contains("Theirs Mine"),
            "{:?}",
            texts(&browser, ".compare").await
        );
        assert_eq!(browser.value(&t("user-name")).await, "Mine", "what was typed is not lost");
        browser.click_within(".compare", "Mine").await;
        browser.click_within(".compare", &format!("theirs.{user_id}@example.com")).await;
        browser.click(&t("user-conflict-save")).await;
        toast(&browser, &language.tw("user-saved", &[("name", "Mine")])).await;
        let user = user_of(&api, user_id).await;
        assert_eq!((&user["name"], &user["email"]), (&json!("Mine"), &theirs["email"]));

        browser.click(&save).await;
        toast(&browser, &t("user-unchanged")).await;
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_user_is_deactivated_unlocked_signed_out_and_deleted() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    for (language, user_id, name) in
        [(Language::English, "alice", "Alice Cooper"), (Language::Korean, "bob", "Bob Wilson")]
    {
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        let (t, page) = (|id: &str| language.t(id), format!("/users/{user_id}"));
        let told = |id: &str| language.tw(id, &[("name", name)]);
        let sign_in = async || console.deployment.api.login(user_id, "test123").await.status();

        // Sessions: one is revoked, then all others.
        let mut people = Vec::new();
        for _ in 0..3 {
            people.push(console.deployment.api.signed_in(user_id, "test123").await);
        }
        let signed_in = async || {
            let mut count = 0;
            for person in &people {
                count += usize::from(person.get("/api/auth/me").send().await.status() == 200);
            }
            count
        };
        browser.goto(&page).await;
        wait_for_count(&browser, "#sessions tbody tr", 3).await;
        let revoke = attribute(&browser, "#sessions tbody button", "aria-label").await;
        browser.click_within("#sessions tbody tr:first-child", &revoke).await;
        let entry = toast(&browser, &t("user-session-revoked")).await;
        assert_eq!(entry, format!("/audit?target={user_id}&action=SESSIONS_REVOKED"));
        wait_for_count(&browser, "#sessions tbody tr", 2).await;
        assert_eq!(signed_in().await, 2);
        browser.click(&t("user-revoke-all")).await;
        browser.wait_for(&told("user-revoke-question")).await;
        browser.click_within("dialog", &t("cancel")).await;
        assert_eq!(signed_in().await, 2);
        browser.click(&t("user-revoke-all")).await;
        browser.click_within("dialog", &t("user-revoke-all")).await;
        browser.wait_for(&t("user-no-sessions")).await;
        assert_eq!(signed_in().await, 0);

        browser.click(&t("user-deactivate")).await;
        toast(&browser, &told("user-deactivated")).await;
        assert_eq!(sign_in().await, 403);
        browser.click(&t("user-activate")).await;
        toast(&browser, &told("user-activated")).await;
        assert_eq!(sign_in().await, 200);

        // Whoever guessed too often is let in again.
        for _ in 0..5 {
            console.deployment.api.login(user_id, "a guess").await;
        }
        assert_eq!(sign_in().await, 429);
        browser.goto(&page).await;
        browser.wait_for(&t("user-locked")).await;
        browser.click(&t("user-unlock")).await;
        toast(&browser, &told("user-unlocked")).await;
        assert_eq!(sign_in().await, 200);
        assert_eq!(browser.count(".pill.bad").await, 0);

        // What happened stands in the timeline, the latest first.
        let timeline = texts(&browser, "#timeline .timeline > li > p:first-of-type").await;
        for happened in
            ["user-event-unlocked", "user-event-wrong-password", "user-event-activated", "user-event-deactivated"]
        {
            assert!(timeline.contains(&t(happened)), "{happened} in {timeline:?}");
        }

        // Deletion is asked about on a page of its own, and can be thought better of.
        browser.click(&t("user-delete")).await;
        wait_for_heading(&browser, &told("user-delete-question")).await;
        browser.click(&t("user-cancel")).await;
        browser.wait_for_path(&page).await;
        browser.goto(&format!("/users?search={user_id}&open={user_id}")).await;
        browser.click_within(".row-detail", &t("users-delete")).await;
        wait_for_heading(&browser, &told("user-delete-question")).await;
        browser.click(&t("user-delete")).await;
        let entry = toast(&browser, &language.tw("user-deleted", &[("id", user_id)])).await;
        assert_eq!(entry, format!("/audit?target={user_id}&action=USER_DELETED"));
        // Back in the list as it was.
        assert!(browser.path().await.starts_with(&format!("/users?search={user_id}")), "{}", browser.path().await);
        browser.wait_for(&t("users-no-match")).await;
        api.get(&format!("/api/admin{page}")).send().await.expect(404);
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_temporary_password_is_shown_once_and_has_to_be_replaced() {
    let console = Console::start(Shape::Sqlite).await;
    for (language, user_id, own) in
        [(Language::English, "alice", "correct horse 4711"), (Language::Korean, "bob", "batterie staple 4711")]
    {
        let t = |id: &str| language.t(id);
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        browser.goto(&format!("/users/{user_id}")).await;
        browser.click(&t("user-reset-password")).await;
        browser.click_within("dialog", &t("user-reset-password")).await;
        wait_for_heading(&browser, &t("user-temporary-password")).await;
        browser.wait_for(&t("user-temporary-once")).await;
        let temporary = texts(&browser, "#temporary-password").await.remove(0);
        assert!(temporary.len() >= 8, "{temporary}");
        browser.click(&t("user-copy")).await;
        browser.reload().await;
        browser.wait_for_path(&format!("/users/{user_id}")).await;
        assert!(!browser.text().await.contains(&temporary));

        console.deployment.api.login(user_id, "test123").await.expect(401);
        let person = language.signed_in(&console, user_id, &temporary, BrowserSettings::default()).await;
        person.wait_for_path("/password").await;
        wait_for_heading(&person, &t("account-must-change")).await;
        // There is no way around.
        person.goto("/account").await;
        person.wait_for_path("/password").await;
        change_password(&person, language, &t("account-temporary-password"), &temporary, own).await;
        person.click(&t("account-save-and-go-on")).await;
        person.wait_for_path("/account").await;
        toast(&person, &t("account-password-changed")).await;
        console.deployment.api.login(user_id, own).await.expect(200);
        console.deployment.api.login(user_id, &temporary).await.expect(401);
        for one in [browser, person] {
            assert_eq!(one.errors().await, [""; 0]);
        }
    }
}

#[tokio::test]
async fn the_list_is_sorted_paged_and_kept_as_one_likes_it() {
    let console = Console::start_with(Shape::Sqlite, &[("STEWARD_LIMIT_REGISTER", "off")]).await;
    register_sixty(&console).await;
    for language in Language::ALL {
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        let t = |id: &str| language.t(id);

        // Sixty of them, ten at a time, each exactly once; and back.
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

        // A heading sorts, and sorts the other way round.
        browser.goto("/users?search=person&page_size=10").await;
        let (first, last): ([_; 10], [_; 10]) = (from_fn(|at| person(at + 1)), from_fn(|at| person(60 - at)));
        browser.click_within("thead", &t("users-email")).await;
        wait_for_texts(&browser, IDS, &first.each_ref().map(String::as_str)).await;
        browser.wait_until("it is told", "return document.querySelector('th[aria-sort=ascending]') !== null").await;
        browser.click_within("thead", &t("users-email")).await;
        wait_for_texts(&browser, IDS, &last.each_ref().map(String::as_str)).await;

        // Columns are chosen for this browser, whatever list is looked at.
        browser.click(&t("users-columns")).await;
        browser.click_within(".actions", &t("users-email")).await;
        browser.click_within(".actions", &t("users-created")).await;
        browser.click_within(".actions", &t("users-apply")).await;
        wait_for_count(&browser, "thead th", 6).await;
        browser.goto("/users").await;
        let headings =
            [&t("users-user"), &t("users-role"), &t("users-status"), &t("users-last-login"), &t("users-details")];
        wait_for_texts(&browser, "thead th:not(.c-pick)", &headings.map(String::as_str)).await;

        // Filters are kept under a name, opened by it, and forgotten.
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

        // The other filters: those who never signed in, those registered on days that are none, those locked out.
        browser.goto("/users?search=person0").await;
        browser.choose(&t("users-last-login"), &t("users-last-login-never")).await;
        wait_for_count(&browser, "tr[data-row]", 9).await;
        browser.choose(&t("users-last-login"), &t("users-last-login-day")).await;
        browser.wait_for(&t("users-no-match")).await;
        browser.goto("/users?search=person0").await;
        browser.click(&t("users-more")).await;
        browser.fill(&t("users-registered-to"), "2020-01-01").await;
        browser.wait_for(&t("users-no-match")).await;
        browser.click_within(".chips", &t("users-filters-clear")).await;
        wait_for_count(&browser, "tr[data-row]", 25).await;
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn many_are_dealt_with_at_once() {
    let console = Console::start_with(Shape::Sqlite, &[("STEWARD_LIMIT_REGISTER", "off")]).await;
    register_sixty(&console).await;
    let api = console.deployment.super_admin().await;
    let matching = async |query: &str| {
        let page = api.get(&format!("/api/admin/users?page_size=1&search=person{query}")).send().await.expect(200);
        page.json()["total"].as_u64().unwrap()
    };
    let (english, korean) = (Language::English, Language::Korean);

    // Those who are picked.
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
    // Everybody on the page: who is active already is left out, and told of.
    browser.click("Select everybody on this page").await;
    browser.click_within("#bulk", "Activate").await;
    toast(&browser, "3 users were activated. 22 users are left out").await;
    assert_eq!(matching("&is_active=false").await, 0);
    // Deletion is asked about on a page.
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

    // Everybody who matches, on whatever page.
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
    // Among administrators, nobody does away with themself.
    browser.goto("/users?role=admin").await;
    all(&t("users-delete"), "2").await;
    wait_for_heading(&browser, &counted("users-bulk-ask-delete", "1")).await;
    wait_for_texts(&browser, ".chips .mono", &["manager"]).await;
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test]
async fn the_trail_is_searched_by_who_what_whom_when_and_words() {
    let console = Console::start(Shape::Sqlite).await;
    let (api, manager) = (console.deployment.super_admin().await, console.deployment.manager().await);
    for number in 1..=30 {
        let change = json!({"name": format!("Alice the {number}th")});
        api.put("/api/admin/users/alice").json(change).send().await.expect(200);
    }
    manager.post("/api/admin/users/bob/deactivate").send().await.expect(200);
    manager.put("/api/admin/users/bob").json(json!({"name": "Bob the Unique"})).send().await.expect(200);
    let entry = ".log li[data-row]";
    for language in Language::ALL {
        let t = |id: &str| language.t(id);
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        browser.goto("/audit").await;
        wait_for_count(&browser, entry, 25).await;

        // Facets narrow it as they are set, and are taken away one by one.
        browser.fill(&t("audit-who"), "manager").await;
        wait_for_count(&browser, entry, 2).await;
        browser.choose(&t("audit-action"), &t("audit-user-deactivated")).await;
        let who = |text: &str| language.tw("audit-deactivated", &[("actor", text), ("target", "bob")]);
        wait_for_texts(&browser, &format!("{entry} p"), &[&who("manager")]).await;
        assert_eq!(attribute(&browser, &format!("{entry} p a"), "href").await, "/users/manager");
        let chip = format!("{}: manager", t("audit-who"));
        browser.click(&language.tw("audit-without", &[("filter", &chip)])).await;
        wait_for_texts(&browser, &format!("{entry} p"), &[&who("manager")]).await;
        assert!(!browser.path().await.contains("who="));
        browser.goto("/audit").await;
        browser.fill(&t("audit-target"), "bob").await;
        browser.fill(&t("audit-search"), "unique").await;
        wait_for_texts(&browser, &format!("{entry} ins"), &["Bob the Unique"]).await;
        browser.click(&t("audit-dates")).await;
        browser.fill(&t("audit-from"), "2099-01-01").await;
        browser.wait_for(&t("audit-no-match")).await;
        browser.goto("/audit?from=2026-02-30").await;
        browser.wait_for(&t("audit-from-wrong")).await;

        // Page by page, without a gap.
        browser.goto("/audit?target=alice&action=USER_UPDATED").await;
        wait_for_count(&browser, entry, 25).await;
        let mut seen = texts(&browser, &format!("{entry} ins")).await;
        browser.click_within(".paging", &t("audit-next")).await;
        wait_for_count(&browser, entry, 5).await;
        seen.extend(texts(&browser, &format!("{entry} ins")).await);
        assert_eq!(seen, (1..=30).rev().map(|number| format!("Alice the {number}th")).collect::<Vec<_>>());
        browser.click_within(".paging", &t("audit-first")).await;
        wait_for_count(&browser, entry, 25).await;
        browser.choose(&t("audit-rows"), "50").await;
        browser.click_within(".paging", &t("audit-apply")).await;
        wait_for_count(&browser, entry, 30).await;
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn analytics_are_drawn_tabled_and_downloaded_for_the_days_one_asks_for() {
    let console = Console::start(Shape::Sqlite).await;
    console.deployment.api.signed_in("alice", "test123").await;
    console.deployment.api.login("alice", "wrong").await.expect(401);
    for language in Language::ALL {
        let t = |id: &str| language.t(id);
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        browser.goto("/analytics").await;
        wait_for_count(&browser, "svg.chart", 4).await;
        let titles = [
            "analytics-roles-title",
            "analytics-sign-ins-title",
            "analytics-active-users-title",
            "analytics-registrations-title",
        ];
        let titles = titles.map(t);
        wait_for_texts(&browser, "svg.chart > title", &titles.each_ref().map(String::as_str)).await;
        wait_for_count(&browser, "svg.chart > desc:not(:empty)", 4).await;

        browser.click_within("#range", &t("analytics-range-7d")).await;
        wait_for_count(&browser, "#sign-ins tbody tr", 7).await;
        browser.click_within("#registrations", &t("analytics-as-table")).await;
        let registered = texts(&browser, "#registrations tbody td").await;
        assert_eq!(registered.iter().filter(|number| *number == "10").count(), 1, "{registered:?}");
        // What is drawn, tabled and downloaded is the same.
        let table = texts(&browser, "#sign-ins tbody td:nth-child(2)").await;
        for chart in ["sign-ins", "active-users", "registrations"] {
            let link = attribute(&browser, &format!("#{chart} a[download]"), "href").await;
            let (status, media_type, disposition, csv) = fetched(&browser, &link).await;
            assert_eq!((status, media_type.as_str()), (200, "text/csv; charset=utf-8; header=present"), "{link}");
            assert!(disposition.starts_with(&format!("attachment; filename=\"steward-{chart}-20")), "{disposition}");
            assert_eq!(csv.lines().count(), 8, "{csv}");
            if chart == "sign-ins" {
                let succeeded: Vec<_> = csv.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
                assert_eq!(succeeded, table);
            }
        }
        let (_, _, disposition, csv) =
            fetched(&browser, &attribute(&browser, "#roles a[download]", "href").await).await;
        assert_eq!(disposition, "attachment; filename=\"steward-roles.csv\"");
        assert_eq!(csv.lines().skip(1).collect::<Vec<_>>(), ["user,8", "admin,1", "super_admin,1"]);

        browser.click_within("#range", &t("analytics-range-12m")).await;
        wait_for_texts(&browser, "#range nav:first-child [aria-current]", &[&t("analytics-range-12m")]).await;
        browser.click_within("#range", &t("analytics-by-month")).await;
        browser
            .wait_until(
                "months are counted",
                "return [12, 13].includes(document.querySelectorAll('#sign-ins tbody tr').length)",
            )
            .await;
        browser.fill(&t("analytics-from"), "2026-01-31").await;
        browser.fill(&t("analytics-to"), "2026-01-01").await;
        browser.click_within("#range", &t("analytics-apply")).await;
        browser.wait_for(&t("analytics-backwards")).await;
        // From a number to those who were counted.
        browser
            .click_within(
                ".stats",
                &format!("{} 8 {}", t("analytics-active"), language.tw("analytics-inactive-note", &[("number", "2")])),
            )
            .await;
        browser.wait_for_path("/users").await;
        wait_for_count(&browser, "tr[data-row]", 8).await;
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn people_look_after_their_own_account() {
    const OWN: &str = "correct horse 4711";
    let console = Console::start(Shape::Sqlite).await;
    for (language, user_id) in [(Language::English, "alice"), (Language::Korean, "bob")] {
        let t = |id: &str| language.t(id);
        let sessions = "section[aria-labelledby=sessions-title] tbody tr";
        let elsewhere = console.deployment.api.signed_in(user_id, "test123").await;
        let further = console.deployment.api.signed_in(user_id, "test123").await;
        let browser = language.signed_in(&console, user_id, "test123", BrowserSettings::default()).await;
        wait_for_heading(&browser, &t("my-account")).await;
        wait_for_count(&browser, sessions, 3).await;
        assert_eq!(texts(&browser, &format!("{sessions}:first-child .pill")).await, [t("account-this-session")]);

        let end = attribute(&browser, &format!("{sessions} button"), "aria-label").await;
        browser.click_within(&format!("{sessions}:nth-child(2)"), &end).await;
        toast(&browser, &t("account-session-ended")).await;
        wait_for_count(&browser, sessions, 2).await;
        browser.click(&t("account-sign-out-elsewhere")).await;
        wait_for_count(&browser, sessions, 1).await;
        for other in [elsewhere, further] {
            other.get("/api/auth/me").send().await.expect(401);
        }

        // How good a new password is, is told while it is typed.
        let (current, new) = (t("account-current-password"), t("account-new-password"));
        for (typed, strength) in [("abc", "very-weak"), (OWN, "strong")] {
            browser.fill(&new, typed).await;
            wait_for_texts(&browser, ".strength b", &[&t(&format!("account-strength-{strength}"))]).await;
        }
        wait_for_count(&browser, ".rules li", 0).await;
        let change = t("account-change-password");
        change_password(&browser, language, &current, "wrong", OWN).await;
        browser.click(&change).await;
        wait_for_texts(&browser, ".field-error", &[&t("account-current-wrong")]).await;
        change_password(&browser, language, &current, "test123", OWN).await;
        browser.fill(&t("account-repeated-password"), "another").await;
        browser.click(&change).await;
        wait_for_texts(&browser, ".field-error", &[&t("account-repeated-differs")]).await;
        change_password(&browser, language, &current, "test123", "password").await;
        browser.click(&change).await;
        wait_for_texts(&browser, "#new_password-error .field-error", &[&t("account-weak-breached")]).await;
        change_password(&browser, language, &current, "test123", OWN).await;
        browser.click(&change).await;
        toast(&browser, &t("account-password-changed")).await;
        console.deployment.api.login(user_id, "test123").await.expect(401);
        let elsewhere = console.deployment.api.signed_in(user_id, OWN).await;
        assert!(texts(&browser, "#timeline p").await.contains(&t("user-event-password-changed")));

        browser.click(&t("account-sign-out-everywhere")).await;
        browser.wait_for(&t("account-everywhere-question")).await;
        browser.click_within("dialog", &t("account-sign-out-everywhere")).await;
        browser.wait_for_path("/sign-in").await;
        toast(&browser, &t("account-signed-out-everywhere")).await;
        elsewhere.get("/api/auth/me").send().await.expect(401);
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn theme_and_language_are_a_choice_that_lasts() {
    let console = Console::start(Shape::Sqlite).await;
    let look = async |browser: &Browser| {
        let script = "return [document.documentElement.lang, document.documentElement.dataset.theme ?? '', \
                      getComputedStyle(document.body).backgroundColor]";
        let look = browser.execute(script, Vec::new()).await;
        [0, 1, 2].map(|at| look[at].as_str().unwrap_or_default().to_owned())
    };
    for settings in [BrowserSettings::default(), BrowserSettings::default().without_javascript()] {
        // As the browser asks, until somebody chooses.
        let browser = console.browser(settings.clone().dark().in_language("ko,en")).await;
        browser.goto("/sign-in").await;
        let [language, theme, dark] = look(&browser).await;
        assert_eq!((language.as_str(), theme.as_str()), ("ko", ""));
        browser.click("밝게").await;
        browser.wait_until("it is light", "return document.documentElement.dataset.theme === 'light'").await;
        let light = look(&browser).await[2].clone();
        assert_ne!(light, dark);
        browser.click("English").await;
        browser.wait_for("Sign in to manage user accounts.").await;
        browser.fill("User ID", "alice").await;
        browser.fill("Password", "test123").await;
        browser.click("Sign in").await;
        browser.wait_for_path("/account").await;
        assert_eq!(look(&browser).await, ["en", "light", &light]);
        browser.click_within("header", "Alice Cooper User").await;
        browser.click_within("header", "Dark").await;
        browser.wait_until("it is dark", "return document.documentElement.dataset.theme === 'dark'").await;
        assert_eq!(look(&browser).await, ["en", "dark", &dark]);
        browser.goto("/account").await;
        assert_eq!(look(&browser).await, ["en", "dark", &dark]);
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

#[tokio::test]
async fn hands_can_stay_on_the_keyboard() {
    let console = Console::start(Shape::Sqlite).await;
    for language in Language::ALL {
        let t = |id: &str| language.t(id);
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        let focused = async |what: &str, selector: &str| {
            browser.wait_until(what, &format!("return document.activeElement.matches({})", json!(selector))).await;
        };
        // Tab leads past the navigation first.
        browser.goto("/users?sort=user_id").await;
        browser.press(&[Key::Tab]).await;
        focused("the skip link has the focus", ".skip-link").await;
        // j and k move over the rows, Enter opens.
        for (key, user_id) in [("j", "admin"), ("j", "alice"), ("j", "bob"), ("k", "alice")] {
            browser.type_text(key).await;
            focused(&format!("{user_id} has the focus"), &format!("tr[data-row] a[href='/users/{user_id}']")).await;
        }
        browser.press(&[Key::Enter]).await;
        browser.wait_for_path("/users/alice").await;
        wait_for_heading(&browser, "Alice Cooper").await;
        browser.back().await;
        browser.wait_for_path("/users").await;
        wait_for_count(&browser, "tr[data-row]", 10).await;
        // A slash searches.
        browser.type_text("/").await;
        focused("the search has the focus", "#search").await;
        browser.type_text("jk/").await;
        assert_eq!(browser.value(&t("users-search")).await, "jk/");

        // The palette finds pages by their names in this language, and users.
        find_anything(&browser).await;
        let audit = t("nav-audit");
        browser.type_text(&audit).await;
        wait_for_texts(&browser, "#palette-list a", &[&audit]).await;
        browser.press(&[Key::Enter]).await;
        browser.wait_for_path("/audit").await;
        wait_for_heading(&browser, &audit).await;
        find_anything(&browser).await;
        browser.type_text("example.com").await;
        wait_for_count(&browser, "#palette-list a", 7).await;
        browser.press(&[Key::Down]).await;
        browser.press(&[Key::Down]).await;
        browser.press(&[Key::Up]).await;
        let chosen = attribute(&browser, "#palette-list a:nth-of-type(2)", "href").await;
        wait_for_count(&browser, &format!("#palette-list a[href='{chosen}'][aria-selected=true]"), 1).await;
        browser.press(&[Key::Enter]).await;
        browser.wait_for_path(&chosen).await;
        find_anything(&browser).await;
        browser.press(&[Key::Escape]).await;
        wait_for_count(&browser, "dialog[open]", 0).await;
        assert_eq!(browser.errors().await, [""; 0]);
    }
    // Without scripts the button is a link to a page that does the same.
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default().without_javascript()).await;
    browser.click("Find users and pages").await;
    browser.wait_for_path("/find").await;
    browser.fill("Find users and pages", "john").await;
    browser.click("Find").await;
    browser.wait_for("John Doe").await;
    browser.click_within("main", "John Doe user123").await;
    browser.wait_for_path("/users/user123").await;
}

#[tokio::test]
async fn recent_activity_arrives_by_itself() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    for (language, user_id) in [(Language::English, "alice"), (Language::Korean, "bob")] {
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        wait_for_heading(&browser, &language.t("nav-dashboard")).await;
        browser.execute("window.isTheSamePage = true", Vec::new()).await;
        for action in ["deactivate", "activate"] {
            api.post(&format!("/api/admin/users/{user_id}/{action}")).send().await.expect(200);
            let text = language.tw(&format!("audit-{action}d"), &[("actor", "admin"), ("target", user_id)]);
            wait_for_texts(&browser, ".feed li:first-child > p", &[&text]).await;
        }
        let link = attribute(&browser, ".feed li:first-child > a", "href").await;
        assert!(link.starts_with("/audit?entry="), "{link}");
        browser.click_within(".feed li:first-child", &language.t("time-now")).await;
        browser.wait_for(&language.t("audit-this-entry")).await;
        assert_eq!(browser.execute("return window.isTheSamePage", Vec::new()).await, true);
        assert_eq!(browser.errors().await, [""; 0]);
    }
}

/// Within a row, the id.
const IDS_IN_ROW: &str = ".c-main .sub";

/// A user as the API knows them.
async fn user_of(api: &Api, user_id: &str) -> serde_json::Value {
    api.get(&format!("/api/admin/users/{user_id}")).send().await.expect(200).json().clone()
}

/// Fills in the form by which a password is changed.
async fn change_password(browser: &Browser, language: Language, current_label: &str, current: &str, new: &str) {
    browser.fill(current_label, current).await;
    browser.fill(&language.t("account-new-password"), new).await;
    browser.fill(&language.t("account-repeated-password"), new).await;
}

/// One of sixty.
fn person(number: usize) -> String {
    format!("person{number:02}")
}

/// `person01` to `person60`.
async fn register_sixty(console: &Console) {
    for number in 1..=60 {
        console.deployment.api.register(&person(number), "some long words 4711").await.expect(201);
    }
}
