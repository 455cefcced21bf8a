//! The filter of sign-in attempts, and its API parameters.

use chrono::{DateTime, NaiveDate, Utc};
use steward_client::{AttemptOutcome, SignInList};
use steward_contracts::bodies::{format_instant, parse_instant};
use steward_domain::activity::parse_day;
use steward_domain::{self as domain, AddressRange, DeviceFilter, UserId};

use super::SIGN_INS;
use crate::pages::facets::Facets;
use crate::times::Times;

/// The names of the facets. `since` is an instant, for links from a number of the last hours; the form offers days.
pub(super) const FACETS: [&str; 7] = ["outcome", "user", "address", "device", "from", "to", "since"];

/// The filter as typed.
pub(super) type Filter = Facets<{ FACETS.len() }>;

/// Parses the query of the page's URL. A first day replaces an instant.
pub(super) fn parse(query: &str) -> Filter {
    let mut filter = Facets::parse(SIGN_INS, FACETS, query);
    if filter.given("from").is_some() {
        filter.set("since", "");
    }
    filter
}

/// Returns the URL of the failed attempts since an instant.
pub(in crate::pages) fn failures_since(at: DateTime<Utc>) -> String {
    let mut filter = parse("");
    filter.set("outcome", domain::AttemptOutcome::Failure.as_str());
    filter.with("since", &format_instant(at))
}

/// Returns the filter as API parameters. Days are those of the viewer, and the range includes the last one.
///
/// # Errors
/// Returns the facets whose values are not valid.
pub(super) fn to_api(filter: &Filter, times: Times) -> Result<SignInList, Vec<&'static str>> {
    let day = |facet| -> Option<NaiveDate> { filter.given(facet).and_then(|text| parse_day(text).ok()) };
    let is_invalid = |(facet, value): &(&'static str, &str)| match *facet {
        "outcome" => outcome(value).is_none(),
        "user" => UserId::parse(value).is_err(),
        "address" => AddressRange::parse(value).is_err(),
        "device" => DeviceFilter::parse(value).is_err(),
        "since" => parse_instant(value).is_err(),
        _ => parse_day(value).is_err(),
    };
    let mut invalid: Vec<_> = filter.active().filter(is_invalid).map(|(facet, _)| facet).collect();
    let from = day("from").map(|day| times.start_of(day));
    let from = from.or_else(|| filter.given("since").and_then(|at| parse_instant(at).ok()));
    let to = day("to").and_then(|day| times.end_of(day));
    if from.zip(to).is_some_and(|(from, to)| to <= from) {
        invalid.push("to");
    }
    if !invalid.is_empty() {
        return Err(invalid);
    }
    let owned = |facet| filter.given(facet).map(str::to_owned);
    Ok(SignInList {
        outcome: filter.given("outcome").and_then(outcome),
        user_id: owned("user"),
        address: owned("address"),
        device: owned("device"),
        from,
        to,
        page: None,
        page_size: Some(filter.page_size),
        cursor: filter.cursor.clone(),
    })
}

fn outcome(name: &str) -> Option<AttemptOutcome> {
    domain::AttemptOutcome::parse(name).ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_viewer_and_include_the_last() {
        let list = to_api(&parse("from=2026-11-01&to=2026-11-01"), Times::new(Some("Asia/Seoul"))).unwrap();
        let [from, to] = [list.from, list.to].map(|at| at.unwrap().to_rfc3339());
        assert_eq!([from, to], ["2026-10-31T15:00:00+00:00", "2026-11-01T15:00:00+00:00"]);
    }

    #[test]
    fn a_link_to_recent_failures_has_their_exact_start() {
        let at = "2026-11-27T03:22:04.123456Z".parse().unwrap();
        let address = failures_since(at);
        assert_eq!(address, "/sign-ins?outcome=failure&since=2026-11-27T03%3A22%3A04.123456Z");
        let filter = parse(address.split_once('?').unwrap().1);
        let list = to_api(&filter, Times::default()).unwrap();
        assert_eq!((list.from, list.to, list.outcome), (Some(at), None, Some(AttemptOutcome::Failure)));
        let other = parse(&format!("{}&from=2026-11-01", address.split_once('?').unwrap().1));
        assert_eq!(other.first(), "/sign-ins?outcome=failure&from=2026-11-01");
    }

    #[test]
    fn invalid_facets_are_returned() {
        for (query, invalid) in [
            ("outcome=maybe&user=a", &["outcome", "user"][..]),
            ("address=192.0.2&device=", &["address"]),
            ("address=192.0.2.0%2F33", &["address"]),
            ("from=yesterday&to=2026-13-01", &["from", "to"]),
            ("from=2026-11-02&to=2026-11-01", &["to"]),
            ("since=2026-11-02", &["since"]),
            ("since=2026-11-02T00:00:00Z&to=2026-11-01", &["to"]),
        ] {
            assert_eq!(to_api(&parse(query), Times::default()).unwrap_err(), invalid, "{query}");
        }
        let valid = "outcome=success&user=admin&address=2001:db8::%2F32&device=Firefox&since=2026-11-02T00:00:00Z";
        assert!(to_api(&parse(valid), Times::default()).is_ok());
    }
}
