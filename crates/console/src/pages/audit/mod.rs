//! The audit trail.

mod details;
mod entry;
mod filter;

use actix_web::http::StatusCode;
use actix_web::web::{ServiceConfig, get};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};
use steward_contracts::bodies::AuditLogEntry;
use steward_domain::Action;

use crate::charts::dates;
use crate::failure::Failure;
use crate::frame::{Frame, Section, grouped};
use crate::language::Language;
use crate::request::Administrator;
use crate::times::Times;
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
    /// The actions: name and text.
    actions: Vec<(&'static str, String)>,
    chips: Vec<Chip>,
    /// The errors of the facets.
    errors: Vec<String>,
    days: Vec<Day>,
    /// The number of matching entries, as text.
    total: String,
    next: Option<String>,
}

/// An active facet, and the URL without it.
struct Chip {
    text: String,
    without: String,
}

/// The entries of one day, in the time zone of the viewer.
struct Day {
    name: String,
    entries: Vec<Entry>,
}

async fn show(caller: Administrator, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let Administrator(caller) = caller;
    let (language, now) = (caller.context.language(), caller.context.now());
    let filter = Filter::parse(request.query_string());
    let frame = Frame::signed_in(&caller, Section::Audit, caller.context.t("nav-audit"));
    let mut page = AuditPage {
        actions: Action::ALL.map(|action| (action.as_str(), language.text(Wording::for_action(action).name))).into(),
        chips: chips(language, &filter),
        errors: Vec::new(),
        days: Vec::new(),
        total: String::new(),
        next: None,
        filter,
        frame,
    };
    match page.filter.to_api(caller.session.times()) {
        Ok(list) => {
            let response = match caller.api.audit_logs(&list).await {
                // The cursor does not belong to this list, or is not valid: the first page is shown.
                Err(error) if error.status() == Some(422) && list.cursor.is_some() => {
                    return Ok(caller.context.redirect(&page.filter.first()));
                }
                response => response?,
            };
            page.total = total(language, response.total, response.total_is_exact);
            page.next = response.next_cursor.map(|cursor| page.filter.next(&cursor));
            page.days = by_day(language, caller.session.times(), now, response.items);
        }
        Err(invalid) => page.errors = invalid.into_iter().map(|facet| language.text(error_text(facet))).collect(),
    }
    let status = if page.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    caller.context.render(status, &page)
}

/// Formats the number of matching entries, with a plus sign if it is a lower bound.
fn total(language: Language, count: u64, is_exact: bool) -> String {
    let total = if is_exact { grouped(count) } else { format!("{}+", grouped(count)) };
    language.text_with("audit-total", &[("count", count.into()), ("total", total.into())])
}

/// Groups entries by day, in their order.
fn by_day(language: Language, times: Times, now: DateTime<Utc>, entries: Vec<AuditLogEntry>) -> Vec<Day> {
    let today = times.day(now);
    let mut days: Vec<Day> = Vec::new();
    let mut last = None;
    for entry in entries {
        let date = times.day(entry.timestamp);
        if last != Some(date) {
            days.push(Day { name: day_name(language, today, date), entries: Vec::new() });
            last = Some(date);
        }
        if let Some(day) = days.last_mut() {
            day.entries.push(Entry::new(language, entry));
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
            Ok(action) if facet == "action" => language.text(Wording::for_action(action).name),
            _ => value.to_owned(),
        };
        Chip { text: format!("{}: {value}", language.text(label(facet))), without: filter.without(facet) }
    };
    filter.active().map(chip).collect()
}

/// Returns the id of the text that names a facet.
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

/// Returns the id of the text for a value that is not valid.
fn error_text(facet: &str) -> &'static str {
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
    fn entries_are_grouped_by_day() {
        let entries = [
            (5, "2026-11-23T00:00:00Z"),
            (4, "2026-11-22T23:59:59.999Z"),
            (3, "2026-11-22T00:00:00Z"),
            (2, "2026-11-20T12:00:00Z"),
            (1, "2025-11-20T12:00:00Z"),
        ];
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let entries = || entries.map(|(id, at)| entry(id, at)).to_vec();
        let days = |language| {
            let days = by_day(language, Times::default(), now, entries()).into_iter();
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
        assert!(by_day(Language::English, Times::default(), now, Vec::new()).is_empty());
        let in_seoul = by_day(Language::English, Times::new(Some("Asia/Seoul")), now, entries());
        assert_eq!(in_seoul[0].entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), [5, 4]);
    }

    #[test]
    fn a_total_that_is_not_exact_has_a_plus_sign() {
        for (count, is_exact, english, korean) in [
            (0, true, "0 entries", "기록 0건"),
            (1, true, "1 entry", "기록 1건"),
            (1_000, true, "1,000 entries", "기록 1,000건"),
            (1_000, false, "1,000+ entries", "기록 1,000+건"),
        ] {
            assert_eq!(total(Language::English, count, is_exact), english);
            assert_eq!(total(Language::Korean, count, is_exact), korean);
        }
    }

    #[test]
    fn each_facet_can_be_removed() {
        let filter = Filter::parse("who=admin&action=USER_UPDATED&to=2026-11-01&cursor=abc");
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
