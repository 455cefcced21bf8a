use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use steward_client::AttemptOutcome;
use steward_contracts::bodies::{SignInLogEntry, parse_instant};
use steward_domain as domain;

use super::filter::{self, Filter};
use super::{Chip, chips, error_text, total};
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::isolate::isolated;
use crate::language::Language;
use crate::pages::facets::PAGE_SIZES;
use crate::pages::user::devices;
use crate::request::Administrator;
use crate::times::Times;

#[derive(Template)]
#[template(path = "sign_ins.html")]
struct SignInsPage {
    frame: Frame,
    filter: Filter,
    /// The outcomes: name and text.
    outcomes: Vec<(&'static str, String)>,
    chips: Vec<Chip>,
    /// The errors of the facets.
    errors: Vec<String>,
    rows: Vec<Row>,
    /// The number of matching attempts, as text.
    total: String,
    next: Option<String>,
}

/// An attempt in the list.
struct Row {
    at: DateTime<Utc>,
    user_id: Option<String>,
    outcome: String,
    /// The CSS class of the outcome.
    tone: &'static str,
    /// The reason of a failure.
    reason: Option<String>,
    /// The address, and the URL of the list of its attempts.
    address: Option<(String, String)>,
    device: String,
    user_agent: Option<String>,
}

pub(super) async fn show(caller: Administrator, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let Administrator(caller) = caller;
    let (language, times) = (caller.context.language(), caller.session.times());
    let filter = filter::parse(request.query_string());
    let outcomes = [domain::AttemptOutcome::Success, domain::AttemptOutcome::Failure];
    let mut page = SignInsPage {
        outcomes: outcomes.map(|outcome| (outcome.as_str(), language.text(outcome_text(outcome.into())))).into(),
        chips: chips(language, &filter, |facet, value| facet_value(language, times, facet, value)),
        errors: Vec::new(),
        rows: Vec::new(),
        total: String::new(),
        next: None,
        frame: Frame::signed_in(&caller, Section::SignIns, caller.context.t("nav-sign-ins")),
        filter,
    };
    match filter::to_api(&page.filter, times) {
        Ok(list) => {
            let response = match caller.api.sign_ins(&list).await {
                // The cursor does not belong to this list, or is not valid: the first page is shown.
                Err(error) if error.status() == Some(422) && list.cursor.is_some() => {
                    return Ok(caller.context.redirect(&page.filter.first()));
                }
                response => response?,
            };
            page.total = total(language, "sign-ins-total", response.total, response.total_is_exact);
            page.next = response.next_cursor.map(|cursor| page.filter.next(&cursor));
            page.rows = response.items.into_iter().map(|entry| Row::new(language, &page.filter, entry)).collect();
        }
        Err(invalid) => page.errors = invalid.into_iter().map(|facet| language.text(error_text(facet))).collect(),
    }
    let status = if page.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    caller.context.render(status, &page)
}

impl Row {
    fn new(language: Language, filter: &Filter, entry: SignInLogEntry) -> Self {
        let link = |address: String| {
            let to = filter.with("address", &address);
            (address, to)
        };
        Self {
            at: entry.at,
            user_id: entry.user_id,
            outcome: language.text(outcome_text(entry.outcome)),
            tone: if entry.outcome == AttemptOutcome::Success { "ok" } else { "bad" },
            reason: entry.reason.map(|reason| reason_text(&reason).map_or(reason, |id| language.text(id))),
            address: entry.ip_address.map(link),
            device: devices::name(entry.user_agent.as_deref(), language),
            user_agent: entry.user_agent.map(|agent| isolated(&agent).into_owned()),
        }
    }
}

/// Formats the value of a facet.
fn facet_value(language: Language, times: Times, facet: &str, value: &str) -> String {
    match facet {
        "outcome" => domain::AttemptOutcome::parse(value)
            .map_or_else(|_| value.to_owned(), |outcome| language.text(outcome_text(outcome.into()))),
        "since" => parse_instant(value).map_or_else(|_| value.to_owned(), |at| times.instant(&at)),
        _ => isolated(value).into_owned(),
    }
}

/// Returns the id of the text for an outcome.
fn outcome_text(outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Success => "sign-ins-success",
        AttemptOutcome::Failure => "sign-ins-failure",
    }
}

/// Returns the id of the text for the reason of a failure; `None` for a reason of a later release.
fn reason_text(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "unknown_user" => "sign-ins-reason-unknown-user",
        "wrong_password" => "sign-ins-reason-wrong-password",
        "inactive" => "sign-ins-reason-inactive",
        "unverified" => "sign-ins-reason-unverified",
        "locked" => "sign-ins-reason-locked",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use steward_domain::FailureReason;

    use super::*;

    #[test]
    fn every_reason_and_outcome_has_a_text_in_every_language() {
        for language in Language::ALL {
            for reason in FailureReason::ALL {
                let id = reason_text(reason.as_str()).unwrap();
                assert_ne!(language.text(id), id, "{reason:?}");
            }
            for outcome in [AttemptOutcome::Success, AttemptOutcome::Failure] {
                assert_ne!(language.text(outcome_text(outcome)), outcome_text(outcome));
            }
        }
        assert_eq!(reason_text("of_the_future"), None);
    }

    #[test]
    fn chips_show_texts_and_the_time_of_the_viewer() {
        let filter = filter::parse("outcome=failure&address=192.0.2.0/24&since=2026-11-27T03:22:04Z&cursor=x");
        let (language, times) = (Language::English, Times::new(Some("Asia/Seoul")));
        let chips = chips(language, &filter, |facet, value| facet_value(language, times, facet, value));
        let shown: Vec<_> = chips.iter().map(|chip| (chip.text.as_str(), chip.without.as_str())).collect();
        let since = "since=2026-11-27T03%3A22%3A04Z";
        assert_eq!(
            shown,
            [
                ("Outcome: Failed", &*format!("/sign-ins?address=192.0.2.0%2F24&{since}")),
                ("Address: 192.0.2.0/24", &format!("/sign-ins?outcome=failure&{since}")),
                ("Since: 2026-11-27 12:22 KST", "/sign-ins?outcome=failure&address=192.0.2.0%2F24"),
            ]
        );
    }
}
