//! The audit trail, analytics and recent activity.

use chrono::{DateTime, Days, Timelike, Utc};
use serde_json::json;
use steward_domain::TimeZone;
use steward_testkit::browser::BrowserSettings;

use super::super::helpers::{attribute, fetched, texts, wait_for_count, wait_for_heading, wait_for_texts};
use super::super::language::Language;
use crate::support::{Console, Shape};

#[tokio::test]
async fn the_audit_trail_is_filtered_and_searched() {
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

        // Filters narrow the list and are removed one by one.
        browser.fill(&t("audit-who"), "manager").await;
        wait_for_count(&browser, entry, 2).await;
        browser.choose(&t("audit-action"), &t("audit-user-deactivated")).await;
        let who = |text: &str| language.tw("audit-deactivated", &[("actor", text), ("target", "bob")]);
        wait_for_texts(&browser, &format!("{entry} p"), &[&who("manager")]).await;
        assert_eq!(attribute(&browser, &format!("{entry} p a"), "href").await, "/users/manager");
        let chip = format!("{}: manager", t("audit-who"));
        browser.click(&language.tw("audit-without", &[("filter", &chip)])).await;
        browser.wait_until("the actor filter is removed", "return !location.search.includes('who=')").await;
        wait_for_texts(&browser, &format!("{entry} p"), &[&who("manager")]).await;
        browser.goto("/audit").await;
        browser.fill(&t("audit-target"), "bob").await;
        browser.fill(&t("audit-search"), "unique").await;
        wait_for_texts(&browser, &format!("{entry} ins"), &["Bob the Unique"]).await;
        browser.click(&t("audit-dates")).await;
        browser.fill(&t("audit-from"), "2099-01-01").await;
        browser.wait_for(&t("audit-no-match")).await;
        browser.goto("/audit?from=2026-02-30").await;
        browser.wait_for(&t("audit-from-wrong")).await;

        // Page by page, without gaps.
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
async fn analytics_of_a_range_are_drawn_tabled_and_downloaded() {
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
        for title in &titles {
            wait_for_count(&browser, &format!("svg.chart[role=img][aria-label^='{title}. ']"), 1).await;
        }
        // The hidden description is not in the page's text: the first link in the document is visible.
        wait_for_count(&browser, "svg.chart > title, svg.chart > desc", 0).await;
        let first_share = "const share = [...document.querySelectorAll('body *')]
            .find((one) => [...one.childNodes].some((text) => text.nodeType === 3 && /80 ?%/.test(text.data)));
            return share.checkVisibility() && share.getClientRects().length > 0";
        browser.wait_until("the first share in the document is visible", first_share).await;
        assert_eq!(browser.axe().await, []);

        browser.click_within("#range", &t("analytics-range-7d")).await;
        wait_for_count(&browser, "#sign-ins tbody tr", 7).await;
        browser.click_within("#registrations", &t("analytics-as-table")).await;
        let registered = texts(&browser, "#registrations tbody td").await;
        assert_eq!(registered.iter().filter(|number| *number == "10").count(), 1, "{registered:?}");
        // Chart, table and download have the same numbers.
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
        // A number links to the counted users.
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
async fn recent_activity_is_updated_live() {
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

#[tokio::test]
async fn days_are_those_of_the_time_zone_of_the_profile() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    let alice = api.get("/api/admin/users/alice").send().await.expect(200);
    let created: DateTime<Utc> = alice.text("created_at").parse().unwrap();
    // A zone in which it is another day than in UTC.
    let elsewhere = if created.hour() < 11 { "Pacific/Pago_Pago" } else { "Pacific/Kiritimati" };
    for (language, zone) in [(Language::English, "Asia/Seoul"), (Language::Korean, elsewhere)] {
        let t = |id: &str| language.t(id);
        api.put("/api/auth/me/profile").json(json!({"time_zone": zone})).send().await.expect(200);
        let day = TimeZone::parse(zone).unwrap().day(created);
        let (before, after) = (day - Days::new(1), day + Days::new(1));
        let browser = language.signed_in(&console, "admin", "admin123", BrowserSettings::default()).await;
        let lede = language.tw("analytics-lede", &[("zone", zone)]);
        browser.wait_for(&lede).await;

        // Charts and their tables.
        browser.goto(&format!("/analytics?from={before}&to={after}")).await;
        browser.wait_for(&lede).await;
        let (.., csv) = fetched(&browser, &attribute(&browser, "#registrations a[download]", "href").await).await;
        let numbers: Vec<_> = csv.lines().skip(1).collect();
        assert_eq!(numbers, [format!("{before},0"), format!("{day},10"), format!("{after},0")]);
        wait_for_texts(&browser, "#active-users h2", &[&t("analytics-active-users-utc-title")]).await;
        let (.., csv) = fetched(&browser, &attribute(&browser, "#active-users a[download]", "href").await).await;
        let numbers = csv.lines().skip(1).filter_map(|line| line.rsplit(',').next()?.parse::<u64>().ok());
        assert_eq!((csv.lines().count(), numbers.sum::<u64>()), (4, 1), "{csv}");

        // The list of users, and its filter.
        browser.goto(&format!("/users?registered_from={day}&registered_to={day}")).await;
        wait_for_count(&browser, "tr[data-row]", 10).await;
        assert_eq!(texts(&browser, &format!("tr[data-row] time[datetime='{day}']")).await.len(), 10);
        for other in [before, after] {
            browser.goto(&format!("/users?registered_from={other}&registered_to={other}")).await;
            wait_for_count(&browser, "tr[data-row]", 0).await;
        }

        // The audit trail.
        let entry = ".log li[data-row]";
        browser.goto(&format!("/audit?action=PROFILE_UPDATED&from={before}&to={after}")).await;
        browser.wait_for(zone).await;
        let entries = texts(&browser, entry).await.len();
        assert!(entries > 0);
        let latest: DateTime<Utc> = attribute(&browser, &format!("{entry} time"), "datetime").await.parse().unwrap();
        let day = TimeZone::parse(zone).unwrap().day(latest);
        browser.goto(&format!("/audit?action=PROFILE_UPDATED&from={day}&to={day}")).await;
        wait_for_count(&browser, ".log .day", 1).await;
        browser.goto(&format!("/audit?action=PROFILE_UPDATED&from={}", day + Days::new(1))).await;
        wait_for_count(&browser, entry, 0).await;
        assert_eq!(browser.errors().await, [""; 0]);
    }
}
