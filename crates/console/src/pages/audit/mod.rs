//! The audit trail: who did what to whom.

mod details;
mod entry;
mod filter;

use actix_web::http::StatusCode;
use actix_web::web::{ServiceConfig, get};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::NaiveDate;
use steward_contracts::bodies::AuditLogEntry;
use steward_domain::Action;

use crate::charts::dates;
use crate::failure::Failure;
use crate::frame::{Frame, Section, grouped};
use crate::language::Language;
use crate::request::Administrator;
pub(super) use details::Details;
use entry::Wording;
pub(super) use entry::{Entry, Word, icon};
use filter::{Filter, PAGE_SIZES};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/audit", get().to(show));
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    filter: Filter,
    /// What can be done, by name and in words.
    actions: Vec<(&'static str, String)>,
    chips: Vec<Chip>,
    /// What is wrong about a facet.
    errors: Vec<String>,
    days: Vec<Day>,
    /// How many entries match, in words.
    total: String,
    next: Option<String>,
}

/// A facet that is set, and where it is not.
struct Chip {
    text: String,
    without: String,
}

/// What happened on a day of UTC.
struct Day {
    name: String,
    entries: Vec<Entry>,
}

async fn show(who: Administrator, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let Administrator(who) = who;
    let (language, now) = (who.context.language(), who.context.now());
    let filter = Filter::of(request.query_string());
    let frame = Frame::signed_in(&who, Section::Audit, who.context.t("nav-audit"));
    let mut page = AuditPage {
        actions: Action::ALL.map(|action| (action.as_str(), language.text(Wording::of(action).name))).into(),
        chips: chips(language, &filter),
        errors: Vec::new(),
        days: Vec::new(),
        total: String::new(),
        next: None,
        filter,
        frame,
    };
    match page.filter.list() {
        Ok(list) => {
            let answer = match who.api.audit_logs(&list).await {
                // The cursor is not one of this list, or none at all: the first page is.
                Err(error) if error.status() == Some(422) && list.cursor.is_some() => {
                    return Ok(who.context.go(&page.filter.first()));
                }
                answer => answer?,
            };
            page.total = total(language, answer.total, answer.total_is_exact);
            page.next = answer.next_cursor.map(|cursor| page.filter.next(&cursor));
            page.days = by_day(language, now.date_naive(), answer.items);
        }
        Err(wrong) => page.errors = wrong.into_iter().map(|facet| language.text(complaint(facet))).collect(),
    }
    let status = if page.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    who.context.page(status, &page)
}

/// How many entries match, with a plus where there are more than were counted.
fn total(language: Language, count: u64, is_exact: bool) -> String {
    let total = if is_exact { grouped(count) } else { format!("{}+", grouped(count)) };
    language.text_with("audit-total", &[("count", count.into()), ("total", total.into())])
}

/// The entries by the day on which they were made, in their order.
fn by_day(language: Language, today: NaiveDate, entries: Vec<AuditLogEntry>) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    let mut last = None;
    for entry in entries {
        let date = entry.timestamp.date_naive();
        if last != Some(date) {
            days.push(Day { name: day_name(language, today, date), entries: Vec::new() });
            last = Some(date);
        }
        if let Some(day) = days.last_mut() {
            day.entries.push(Entry::of(language, entry));
        }
    }
    days
}

fn day_name(language: Language, today: NaiveDate, date: NaiveDate) -> String {
    let day = dates::day(language, date);
    let id = match (today - date).num_days() {
        0 => "audit-today",
        1 => "audit-yesterday",
        _ => return day,
    };
    language.text_with(id, &[("day", day.into())])
}

fn chips(language: Language, filter: &Filter) -> Vec<Chip> {
    let chip = |(facet, value): (&str, &str)| {
        let value = match Action::parse(value) {
            Ok(action) if facet == "action" => language.text(Wording::of(action).name),
            _ => value.to_owned(),
        };
        Chip { text: format!("{}: {value}", language.text(label(facet))), without: filter.without(facet) }
    };
    filter.active().map(chip).collect()
}

/// The id of the text that names a facet.
fn label(facet: &str) -> &'static str {
    match facet {
        "who" => "audit-who",
        "action" => "audit-action",
        "target" => "audit-target",
        "from" => "audit-from",
        "to" => "audit-to",
        _ => "audit-search",
    }
}

/// The id of the text that says what a facet has to be.
fn complaint(facet: &str) -> &'static str {
    match facet {
        "who" => "audit-who-wrong",
        "target" => "audit-target-wrong",
        "action" => "audit-action-wrong",
        "from" => "audit-from-wrong",
        "to" => "audit-to-wrong",
        _ => "audit-search-wrong",
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    fn entry(id: i64, at: &str) -> AuditLogEntry {
        AuditLogEntry {
            id,
            timestamp: at.parse::<DateTime<Utc>>().unwrap(),
            actor_kind: steward_contracts::bodies::ActorKind::User,
            actor_id: "admin".into(),
            actor_name: "Admin".into(),
            action: "USER_UPDATED".into(),
            target: Some("bob".into()),
            details: None,
            ip_address: None,
            user_agent: None,
        }
    }

    #[test]
    fn entries_stand_under_their_day() {
        let entries = [
            (5, "2026-11-23T00:00:00Z"),
            (4, "2026-11-22T23:59:59.999Z"),
            (3, "2026-11-22T00:00:00Z"),
            (2, "2026-11-20T12:00:00Z"),
            (1, "2025-11-20T12:00:00Z"),
        ];
        let today = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        let entries = || entries.map(|(id, at)| entry(id, at)).to_vec();
        let days = |language| {
            let days = by_day(language, today, entries()).into_iter();
            days.map(|day| (day.name, day.entries.iter().map(|entry| entry.id).collect())).collect::<Vec<(_, Vec<_>)>>()
        };
        let expected = [
            ("Today, 23 Nov 2026", vec![5]),
            ("Yesterday, 22 Nov 2026", vec![4, 3]),
            ("20 Nov 2026", vec![2]),
            ("20 Nov 2025", vec![1]),
        ];
        assert_eq!(days(Language::English), expected.map(|(name, ids)| (name.to_owned(), ids)));
        assert_eq!(days(Language::Korean)[1].0, "어제, 2026년 11월 22일");
        assert!(by_day(Language::English, today, Vec::new()).is_empty());
    }

    #[test]
    fn how_many_there_are_is_said_as_exactly_as_it_is_known() {
        for (count, is_exact, english, korean) in [
            (0, true, "0 entries", "기록 0건"),
            (1, true, "1 entry", "기록 1건"),
            (10_000, true, "10,000 entries", "기록 10,000건"),
            (10_000, false, "10,000+ entries", "기록 10,000+건"),
        ] {
            assert_eq!(total(Language::English, count, is_exact), english);
            assert_eq!(total(Language::Korean, count, is_exact), korean);
        }
    }

    #[test]
    fn each_facet_can_be_taken_away() {
        let filter = Filter::of("who=admin&action=USER_UPDATED&to=2026-11-01&cursor=abc");
        let chips = chips(Language::English, &filter);
        let shown: Vec<_> = chips.iter().map(|chip| (chip.text.as_str(), chip.without.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("Who: admin", "/audit?action=USER_UPDATED&to=2026-11-01"),
                ("Action: Account updated", "/audit?who=admin&to=2026-11-01"),
                ("To: 2026-11-01", "/audit?who=admin&action=USER_UPDATED"),
            ]
        );
    }
}
