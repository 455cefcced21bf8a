//! Saved segments: converts the page's filters to and from API queries, which is how the API stores them.
//!
//! The API stores instants, not periods such as "in the last 7 days". The time of saving is known, so a span that
//! begins or ends one of the page's periods before it is read as that period.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use form_urlencoded::Serializer;
use steward_client::UserList;
use steward_contracts::bodies::SegmentBody;
use steward_domain::{Order, UserSort};

use super::query::{Filter, LastLogin, ListQuery, either, parse_instant, parse_search};
use crate::roles;

/// The tolerated difference between the clocks of the console and the API.
const TOLERANCE: TimeDelta = TimeDelta::seconds(60);

/// Serialises filters and order as the API stores them.
pub(crate) fn to_stored(query: &ListQuery, now: DateTime<Utc>) -> String {
    // Relative to now, not to the first view of the page.
    let mut list = UserList { page_size: None, ..query.first_page().to_api(now) };
    if (query.sort, query.order) == (UserSort::default(), Order::default()) {
        (list.sort, list.order) = (None, None);
    }
    Serializer::new(String::new()).extend_pairs(list.query()).finish()
}

/// Parses a stored segment. The page only knows days of registration, so instants are rounded to their day.
pub(crate) fn from_stored(segment: &SegmentBody) -> ListQuery {
    let mut query = ListQuery { order: Order::default(), ..ListQuery::default() };
    let (mut from, mut to, mut never) = (None, None, None);
    let Filter { search, role, is_active, registered_from, registered_to, locked, .. } = &mut query.filter;
    for (name, value) in form_urlencoded::parse(segment.query.as_bytes()) {
        match &*name {
            "search" => *search = parse_search(&value),
            "role" => *role = roles::parse(&value),
            "is_active" => *is_active = flag(&value),
            "created_from" => *registered_from = parse_instant(&value).map(|at| at.date_naive()),
            "created_to" => *registered_to = parse_instant(&value).and_then(last_day),
            "last_login_from" => from = parse_instant(&value),
            "last_login_to" => to = parse_instant(&value),
            "never_signed_in" => never = flag(&value),
            "locked" => *locked = flag(&value),
            "sort" => query.sort = UserSort::parse(&value).unwrap_or_default(),
            "order" => query.order = Order::parse(&value).unwrap_or_default(),
            _ => {}
        }
    }
    query.filter.last_login = last_login(from, to, never, segment.updated_at);
    query
}

fn last_login(
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    never: Option<bool>,
    saved_at: DateTime<Utc>,
) -> Option<LastLogin> {
    let matches_period = |at: DateTime<Utc>, choice: LastLogin| {
        let (LastLogin::Within(period) | LastLogin::Before(period)) = choice else { return false };
        (saved_at - period.duration() - at).abs() <= TOLERANCE
    };
    let relative_choice = |at: DateTime<Utc>, since: bool| {
        let choices = LastLogin::CHOICES.into_iter();
        choices
            .filter(|choice| matches!(choice, LastLogin::Within(_)) == since)
            .find(|choice| matches_period(at, *choice))
    };
    match (from, to) {
        _ if never == Some(true) => Some(LastLogin::Never),
        (None, None) => never.map(|_| LastLogin::Between(None, None)),
        (Some(at), None) => relative_choice(at, true).or(Some(LastLogin::Between(from, to))),
        (None, Some(at)) => relative_choice(at, false).or(Some(LastLogin::Between(from, to))),
        (Some(_), Some(_)) => LastLogin::between(from, to),
    }
}

/// Returns the last day before an instant, or the day that contains it.
fn last_day(end: DateTime<Utc>) -> Option<NaiveDate> {
    let day = end.date_naive();
    let last = if end.time() == NaiveTime::MIN { day.checked_sub_days(Days::new(1))? } else { day };
    (last.year() >= 1970).then_some(last)
}

/// Parses a boolean as the API does.
fn flag(text: &str) -> Option<bool> {
    either(text, "true", "false").or_else(|| either(text, "1", "0"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::query::PagePosition;
    use super::super::query::tests::{now, queries};
    use super::*;

    fn segment(query: &str, updated_at: DateTime<Utc>) -> SegmentBody {
        SegmentBody { name: "x".to_owned(), query: query.to_owned(), created_at: updated_at, updated_at }
    }

    #[test]
    fn filters_are_stored_as_api_parameters() {
        let query = ListQuery::parse(
            "search=김 &role=admin&status=inactive&registered_from=2026-01-01&registered_to=2026-01-31&locked=no&sort=name\
             &page_size=100&cursor=x",
        );
        let expected = "search=%EA%B9%80&role=admin&is_active=false&created_from=2026-01-01T00%3A00%3A00Z\
             &created_to=2026-02-01T00%3A00%3A00Z&locked=false&sort=name&order=asc";
        assert_eq!(to_stored(&query, now()), expected);
        assert_eq!(to_stored(&ListQuery::default(), now()), "");
    }

    #[test]
    fn a_relative_span_stays_relative() {
        let query = ListQuery::parse("last_login=over-90d");
        let saved_at = now() + TimeDelta::milliseconds(300);
        let stored = segment(&to_stored(&query, now()), saved_at);
        assert!(stored.query.starts_with("last_login_to=2026-08-25T04"), "{}", stored.query);
        assert_eq!(from_stored(&stored), query);
        // Any other span stays absolute.
        let other = segment("last_login_to=2026-08-24T04%3A06%3A28Z", saved_at);
        let address = from_stored(&other).address();
        assert_eq!(address, "/users?last_login=..2026-08-24T04%3A06%3A28Z");
        assert!(from_stored(&other).is_same_list(&ListQuery::from_target(&address)));
    }

    #[test]
    fn segments_of_other_clients_are_shown_as_far_as_possible() {
        for (stored, address) in [
            ("", "/users"),
            ("page_size=3", "/users"),
            ("order=asc", "/users?order=asc"),
            ("sort=email", "/users?sort=email&order=desc"),
            ("never_signed_in=0", "/users?last_login=.."),
            ("never_signed_in=true&is_active=1", "/users?status=active&last_login=never"),
            (
                "created_from=2026-01-01T15%3A00%3A00%2B09%3A00&created_to=2026-01-02T00%3A00%3A01Z",
                "/users?registered_from=2026-01-01&registered_to=2026-01-02",
            ),
            ("colour=red&role=boss", "/users"),
        ] {
            assert_eq!(from_stored(&segment(stored, now())).address(), address, "{stored}");
        }
    }

    proptest! {
        #[test]
        fn stored_lists_are_restored(query in queries(), late in 0..30_i64) {
            let stored = to_stored(&query, now());
            let read = from_stored(&segment(&stored, now() + TimeDelta::seconds(late)));
            prop_assert!(read.is_same_list(&query), "{stored}");
            prop_assert_eq!(read.position, PagePosition::First);
        }
    }
}
