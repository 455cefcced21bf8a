use std::cmp::Ordering;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{ServiceConfig, get};
use askama::Template;
use chrono::NaiveDate;
use futures_util::future::join4;
use steward_client::{ActivityRange, AuditList};
use steward_contracts::bodies::{Activity, AuditLogPage, DatabaseHealth, Health, Overview, RedisHealth};

use super::analytics::charts;
use super::audit::Entry;
use super::part::{PartFailure, panel};
use crate::charts::{Chart, percent};
use crate::failure::Failure;
use crate::frame::{Frame, Section, grouped};
use crate::language::Language;
use crate::request::{Administrator, RequestContext};

/// How many entries of the audit trail "Recent Activity" shows.
pub(super) const RECENT: u32 = 10;
/// How many days the charts show.
const DAYS: u64 = steward_domain::ActivityRange::DEFAULT_DAYS;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/dashboard", get().to(show));
}

#[derive(Template)]
#[template(path = "dashboard.html")]
struct DashboardPage {
    frame: Frame,
    cards: Result<Vec<Card>, PartFailure>,
    charts: Result<Vec<Chart>, PartFailure>,
    entries: Result<Vec<Entry>, PartFailure>,
    health: Result<Vec<Component>, PartFailure>,
}

/// "Recent Activity", as it stands on the dashboard.
#[derive(Template)]
#[template(path = "recent.html")]
pub(super) struct RecentActivity {
    pub(super) frame: Frame,
    pub(super) entries: Vec<Entry>,
}

/// A number with what it means.
struct Card {
    label: String,
    value: String,
    delta: Option<Delta>,
    note: String,
    /// The list of what was counted; empty where there is none. New users are counted to the instant and listed by whole
    /// days: a list of theirs would be longer than its number says.
    link: &'static str,
}

/// How a number differs from what it was before.
#[derive(Debug, PartialEq, Eq)]
struct Delta {
    class: &'static str,
    /// A picture of the direction, and the word for those who do not see it.
    sign: &'static str,
    word: String,
    by: String,
}

/// Something that the API stands on.
struct Component {
    name: String,
    /// How its state is shown.
    class: &'static str,
    state: String,
    more: String,
}

async fn show(who: Administrator) -> Result<HttpResponse, Failure> {
    let Administrator(who) = who;
    let (context, language) = (&who.context, who.context.language());
    let (range, list) = (ActivityRange::default(), recent());
    let (overview, activity, audit, health) =
        join4(who.api.overview(), who.api.activity(&range), who.api.audit_logs(&list), who.api.health()).await;
    let page = DashboardPage {
        cards: panel(context, overview)?.map(|overview| cards(context, &overview)),
        charts: panel(context, activity)?.map(|activity| daily(language, &activity, context.now().date_naive())),
        entries: panel(context, audit)?.map(|page| entries(language, page)),
        health: panel(context, health)?.map(|health| components(language, health)),
        frame: Frame::signed_in(&who, Section::Dashboard, context.t("nav-dashboard")),
    };
    context.page(StatusCode::OK, &page)
}

/// What "Recent Activity" asks for.
pub(super) fn recent() -> AuditList {
    AuditList { page_size: Some(RECENT), ..AuditList::default() }
}

pub(super) fn entries(language: Language, page: AuditLogPage) -> Vec<Entry> {
    page.items.into_iter().map(|entry| Entry::of(language, entry)).collect()
}

fn daily(language: Language, activity: &Activity, today: NaiveDate) -> Vec<Chart> {
    let values = [("days", DAYS.into())];
    vec![
        charts::registrations(language, activity, today, language.text_with("dashboard-registrations", &values)),
        charts::sign_ins(language, activity, today, language.text_with("dashboard-sign-ins", &values)),
    ]
}

fn cards(context: &RequestContext, overview: &Overview) -> Vec<Card> {
    let t = |id: &str| context.t(id);
    let share = percent(overview.active_users, overview.total_users);
    let sessions = grouped(overview.active_sessions);
    vec![
        Card {
            label: t("dashboard-total"),
            value: grouped(overview.total_users),
            delta: None,
            note: t("dashboard-total-note"),
            link: "/users",
        },
        Card {
            label: t("dashboard-active"),
            value: grouped(overview.active_users),
            delta: None,
            note: context.language().text_with("dashboard-active-note", &[("percent", share.into())]),
            link: "/users?status=active",
        },
        Card {
            label: t("dashboard-new-7"),
            value: grouped(overview.new_users_7_days),
            delta: Some(Delta::of(context.language(), overview.new_users_7_days, overview.new_users_7_days_before)),
            note: t("dashboard-new-7-note"),
            link: "",
        },
        Card {
            label: t("dashboard-new-30"),
            value: grouped(overview.new_users_30_days),
            delta: Some(Delta::of(context.language(), overview.new_users_30_days, overview.new_users_30_days_before)),
            note: t("dashboard-new-30-note"),
            link: "",
        },
        Card {
            label: t("dashboard-sessions"),
            value: if overview.active_sessions_is_exact { sessions } else { format!("{sessions}+") },
            delta: None,
            note: t("dashboard-sessions-note"),
            link: "",
        },
        Card {
            label: t("dashboard-failed"),
            value: grouped(overview.failed_sign_ins_24_hours),
            delta: Some(
                Delta::of(
                    context.language(),
                    overview.failed_sign_ins_24_hours,
                    overview.failed_sign_ins_24_hours_before,
                )
                .of_failures(),
            ),
            note: t("dashboard-failed-note"),
            link: "",
        },
    ]
}

impl Delta {
    /// In percent of what it was; what was nothing is told in numbers.
    fn of(language: Language, now: u64, before: u64) -> Self {
        let (class, sign, word) = match now.cmp(&before) {
            Ordering::Greater => ("up", "▲", "dashboard-up"),
            Ordering::Less => ("down", "▼", "dashboard-down"),
            Ordering::Equal => ("flat", "–", "dashboard-unchanged"),
        };
        let difference = now.abs_diff(before);
        let by = if before == 0 && now > 0 { grouped(difference) } else { percent(difference, before) };
        Self { class, sign, word: language.text(word), by }
    }

    /// Of what is better not more.
    fn of_failures(self) -> Self {
        let class = match self.class {
            "up" => "bad",
            "down" => "up",
            class => class,
        };
        Self { class, ..self }
    }
}

/// How what the API stands on is. It tells nothing of mail so far: a field for it in its answer belongs here.
fn components(language: Language, health: Health) -> Vec<Component> {
    let Health { status: _, api: _, database, redis } = health;
    let state =
        |name, class, state, more| Component { name: language.text(name), class, state: language.text(state), more };
    let where_it_is = place(&database);
    let database = if database.connected {
        state("dashboard-database", " ok", "dashboard-connected", where_it_is)
    } else {
        state("dashboard-database", " bad", "dashboard-unreachable", where_it_is)
    };
    let redis = match redis {
        RedisHealth::Connected => state("dashboard-redis", " ok", "dashboard-connected", String::new()),
        RedisHealth::Disabled => {
            state("dashboard-redis", "", "dashboard-not-configured", language.text("dashboard-redis-disabled"))
        }
        RedisHealth::Unreachable => {
            state("dashboard-redis", " bad", "dashboard-unreachable", language.text("dashboard-redis-away"))
        }
    };
    let mail = state("dashboard-mail", "", "dashboard-not-configured", String::new());
    vec![database, redis, mail]
}

/// Where the database is: `host:port/name`, or the file of an embedded one.
fn place(database: &DatabaseHealth) -> String {
    let DatabaseHealth { host, port, database: name, .. } = database;
    if host.is_empty() { name.clone() } else { format!("{host}:{port}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_against_what_was_before() {
        for (now, before, class, by) in [
            (9, 8, "up", "12.5%"),
            (7, 8, "down", "12.5%"),
            (8, 8, "flat", "0%"),
            (0, 0, "flat", "0%"),
            (3, 0, "up", "3"),
            (0, 3, "down", "100%"),
            (3_000, 2, "up", "149,900%"),
            (u64::MAX, 1, "up", "18,446,744,073,709,551,615%"),
        ] {
            let delta = Delta::of(Language::English, now, before);
            assert_eq!((delta.class, delta.by.as_str()), (class, by), "{now} after {before}");
        }
    }

    #[test]
    fn more_failures_are_bad_and_fewer_good() {
        assert_eq!(Delta::of(Language::English, 2, 1).of_failures().class, "bad");
        assert_eq!(Delta::of(Language::English, 1, 2).of_failures().class, "up");
        assert_eq!(Delta::of(Language::English, 1, 1).of_failures().class, "flat");
    }

    #[test]
    fn a_database_is_somewhere() {
        let at = |host: &str, port: &str, database: &str| {
            place(&DatabaseHealth { connected: true, host: host.into(), port: port.into(), database: database.into() })
        };
        assert_eq!(at("db", "5432", "steward"), "db:5432/steward");
        assert_eq!(at("", "", "data/steward.db"), "data/steward.db");
    }
}
