use std::cmp::Ordering;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{ServiceConfig, get};
use askama::Template;
use chrono::{NaiveDate, TimeDelta};
use futures_util::future::join4;
use steward_client::{ActivityRange, AuditList};
use steward_contracts::bodies::{Activity, AuditLogPage, DatabaseHealth, Health, Overview, RedisHealth};

use super::analytics::charts;
use super::audit::Entry;
use super::part::{PartFailure, panel};
use super::{sign_ins, users};

use crate::charts::{Chart, percent};
use crate::failure::Failure;
use crate::frame::{Frame, Section, grouped};
use crate::language::Language;
use crate::request::{Administrator, RequestContext};

/// The number of audit entries in "Recent Activity".
pub(super) const RECENT: u32 = 10;
/// The number of days in the charts.
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

/// The "Recent Activity" panel of the dashboard.
#[derive(Template)]
#[template(path = "recent.html")]
pub(super) struct RecentActivity {
    pub(super) frame: Frame,
    pub(super) entries: Vec<Entry>,
}

/// A key figure.
struct Card {
    label: String,
    value: String,
    delta: Option<Delta>,
    note: String,
    /// The list of the counted items.
    link: String,
}

/// The change of a number since the previous period.
#[derive(Debug, PartialEq, Eq)]
struct Delta {
    class: &'static str,
    /// The symbol of the direction, and its text alternative.
    sign: &'static str,
    word: String,
    by: String,
}

/// A component that the API depends on.
struct Component {
    name: String,
    /// The CSS class of its state.
    class: &'static str,
    state: String,
    more: String,
}

async fn show(caller: Administrator) -> Result<HttpResponse, Failure> {
    let Administrator(caller) = caller;
    let (context, language) = (&caller.context, caller.context.language());
    let (times, list) = (caller.session.times(), recent());
    let range = ActivityRange { time_zone: times.zone().map(str::to_owned), ..ActivityRange::default() };
    let (overview, activity, audit, health) =
        join4(caller.api.overview(), caller.api.activity(&range), caller.api.audit_logs(&list), caller.api.health())
            .await;
    let page = DashboardPage {
        cards: panel(context, overview)?.map(|overview| cards(context, &overview)),
        charts: panel(context, activity)?.map(|activity| daily(language, &activity, times.day(context.now()))),
        entries: panel(context, audit)?.map(|page| entries(language, page)),
        health: panel(context, health)?.map(|health| components(language, health)),
        frame: Frame::signed_in(&caller, Section::Dashboard, context.t("nav-dashboard")),
    };
    context.render(StatusCode::OK, &page)
}

/// Returns the API parameters of "Recent Activity".
pub(super) fn recent() -> AuditList {
    AuditList { page_size: Some(RECENT), ..AuditList::default() }
}

pub(super) fn entries(language: Language, page: AuditLogPage) -> Vec<Entry> {
    page.items.into_iter().map(|entry| Entry::new(language, entry)).collect()
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
    let ago = |days| context.now() - TimeDelta::days(days);
    vec![
        Card {
            label: t("dashboard-total"),
            value: grouped(overview.total_users),
            delta: None,
            note: t("dashboard-total-note"),
            link: users::LIST.to_owned(),
        },
        Card {
            label: t("dashboard-active"),
            value: grouped(overview.active_users),
            delta: None,
            note: context.language().text_with("dashboard-active-note", &[("percent", share.into())]),
            link: format!("{}?status=active", users::LIST),
        },
        Card {
            label: t("dashboard-new-7"),
            value: grouped(overview.new_users_7_days),
            delta: Some(Delta::between(
                context.language(),
                overview.new_users_7_days,
                overview.new_users_7_days_before,
            )),
            note: t("dashboard-new-7-note"),
            link: users::registered_since(ago(7)),
        },
        Card {
            label: t("dashboard-new-30"),
            value: grouped(overview.new_users_30_days),
            delta: Some(Delta::between(
                context.language(),
                overview.new_users_30_days,
                overview.new_users_30_days_before,
            )),
            note: t("dashboard-new-30-note"),
            link: users::registered_since(ago(30)),
        },
        Card {
            label: t("dashboard-sessions"),
            value: if overview.active_sessions_is_exact { sessions } else { format!("{sessions}+") },
            delta: None,
            note: t("dashboard-sessions-note"),
            link: sign_ins::SESSIONS.to_owned(),
        },
        Card {
            label: t("dashboard-failed"),
            value: grouped(overview.failed_sign_ins_24_hours),
            delta: Some(
                Delta::between(
                    context.language(),
                    overview.failed_sign_ins_24_hours,
                    overview.failed_sign_ins_24_hours_before,
                )
                .inverted(),
            ),
            note: t("dashboard-failed-note"),
            link: sign_ins::failures_since(ago(1)),
        },
    ]
}

impl Delta {
    /// Returns the change in percent, or as a number if the previous value is zero.
    fn between(language: Language, now: u64, before: u64) -> Self {
        let (class, sign, word) = match now.cmp(&before) {
            Ordering::Greater => ("up", "▲", "dashboard-up"),
            Ordering::Less => ("down", "▼", "dashboard-down"),
            Ordering::Equal => ("flat", "–", "dashboard-unchanged"),
        };
        let difference = now.abs_diff(before);
        let by = if before == 0 && now > 0 { grouped(difference) } else { percent(difference, before) };
        Self { class, sign, word: language.text(word), by }
    }

    /// Inverts the rating, for numbers where less is better.
    fn inverted(self) -> Self {
        let class = match self.class {
            "up" => "bad",
            "down" => "up",
            class => class,
        };
        Self { class, ..self }
    }
}

/// Returns the components and their states. The API does not report the state of mail yet.
fn components(language: Language, health: Health) -> Vec<Component> {
    let Health { status: _, api: _, database, redis } = health;
    let state =
        |name, class, state, more| Component { name: language.text(name), class, state: language.text(state), more };
    let location = database_location(&database);
    let database = if database.connected {
        state("dashboard-database", " ok", "dashboard-connected", location)
    } else {
        state("dashboard-database", " bad", "dashboard-unreachable", location)
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

/// Returns the location of the database: `host:port/name`, or the file of an embedded database.
fn database_location(database: &DatabaseHealth) -> String {
    let DatabaseHealth { host, port, database: name, .. } = database;
    if host.is_empty() { name.clone() } else { format!("{host}:{port}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_relative_to_the_previous_period() {
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
            let delta = Delta::between(Language::English, now, before);
            assert_eq!((delta.class, delta.by.as_str()), (class, by), "{now} after {before}");
        }
    }

    #[test]
    fn more_failures_are_bad_and_fewer_are_good() {
        assert_eq!(Delta::between(Language::English, 2, 1).inverted().class, "bad");
        assert_eq!(Delta::between(Language::English, 1, 2).inverted().class, "up");
        assert_eq!(Delta::between(Language::English, 1, 1).inverted().class, "flat");
    }

    #[test]
    fn the_location_of_a_database_is_its_address_or_file() {
        let at = |host: &str, port: &str, database: &str| {
            database_location(&DatabaseHealth {
                connected: true,
                host: host.into(),
                port: port.into(),
                database: database.into(),
            })
        };
        assert_eq!(at("db", "5432", "steward"), "db:5432/steward");
        assert_eq!(at("", "", "data/steward.db"), "data/steward.db");
    }
}
