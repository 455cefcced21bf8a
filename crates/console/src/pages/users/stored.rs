//! Saved segments: converts the page's filters to and from API parameters, which is how the API stores them.
//!
//! The API stores instants, not periods such as "in the last 7 days". The time of saving is known, so a span that
//! begins or ends one of the page's periods before it is read as that period.

use chrono::{DateTime, Utc};
use form_urlencoded::Serializer;
use steward_contracts::bodies::{SegmentBody, UserList};
use steward_domain::{Order, UserSort};

use super::filter::Filter;
use super::query::ListQuery;
use crate::times::Times;

/// Serialises filters and order as the API stores them.
pub(crate) fn to_stored(query: &ListQuery, times: Times, now: DateTime<Utc>) -> String {
    // Relative to now, not to the first view of the page.
    let mut list = UserList { page_size: None, ..query.first_page().to_api(times, now) };
    if (query.sort, query.order) == (UserSort::default(), Order::default()) {
        (list.sort, list.order) = (None, None);
    }
    Serializer::new(String::new()).extend_pairs(list.query()).finish()
}

/// Parses a stored segment. Ignores the parameters that the console does not know or cannot parse.
pub(crate) fn from_stored(segment: &SegmentBody, times: Times) -> ListQuery {
    let mut list = UserList::default();
    for (name, value) in form_urlencoded::parse(segment.query.as_bytes()) {
        let _ = list.set(&name, &value);
    }
    ListQuery {
        filter: Filter::from_api(&list, times, segment.updated_at),
        sort: list.sort.unwrap_or_default(),
        order: list.order.unwrap_or_default(),
        ..ListQuery::default()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::super::query::PagePosition;
    use super::super::query::tests::{now, queries, times};
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
        assert_eq!(to_stored(&query, Times::default(), now()), expected);
        assert_eq!(to_stored(&ListQuery::default(), Times::default(), now()), "");
    }

    #[test]
    fn a_relative_span_stays_relative() {
        let query = ListQuery::parse("last_login=over-90d");
        let saved_at = now() + TimeDelta::milliseconds(300);
        let stored = segment(&to_stored(&query, Times::default(), now()), saved_at);
        assert!(stored.query.starts_with("last_login_to=2026-08-25T04"), "{}", stored.query);
        assert_eq!(from_stored(&stored, Times::default()), query);
        // Any other span stays absolute.
        let other = segment("last_login_to=2026-08-24T04%3A06%3A28Z", saved_at);
        let address = from_stored(&other, Times::default()).address();
        assert_eq!(address, "/users?last_login=..2026-08-24T04%3A06%3A28Z");
        assert!(from_stored(&other, Times::default()).is_same_list(&ListQuery::from_target(&address)));
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
            ("created_from=2026-01-01T15%3A00%3A00%2009%3A00", "/users?registered_from=2026-01-01"),
            ("created_from=1969-12-31T23%3A59%3A59Z&created_to=3001-01-01T00%3A00%3A00Z", "/users"),
            ("colour=red&role=boss", "/users"),
        ] {
            assert_eq!(from_stored(&segment(stored, now()), Times::default()).address(), address, "{stored}");
        }
    }

    proptest! {
        #[test]
        fn stored_lists_are_restored(query in queries(), late in 0..30_i64, times in times()) {
            let stored = to_stored(&query, times, now());
            let read = from_stored(&segment(&stored, now() + TimeDelta::seconds(late)), times);
            prop_assert!(read.is_same_list(&query), "{stored}");
            prop_assert_eq!(read.position, PagePosition::First);
        }
    }
}
