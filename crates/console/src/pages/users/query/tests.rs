use chrono::{Days, Duration, NaiveDate};
use proptest::prelude::*;
use steward_domain::SearchTerm;

use super::super::dates::parse_day;
use super::super::filter::parse_search;
use super::*;
use crate::roles;

pub(in crate::pages::users) fn now() -> DateTime<Utc> {
    parse_instant("2026-11-23T04:06:28.5Z").unwrap()
}

fn day(text: &str) -> NaiveDate {
    parse_day(text).unwrap()
}

#[test]
fn defaults_are_omitted() {
    assert_eq!(ListQuery::default().address(), "/users");
    let usual = "search=&role=&status=&last_login=&registered_from=&locked=&sort=created_at&order=desc&page_size=25";
    assert_eq!(ListQuery::parse(usual).address(), "/users");
    let other = "search=john&role=admin&status=active&last_login=7d&registered_from=2026-01-01&registered_to=2026-01-31\
        &locked=no&sort=name&order=desc&page_size=50";
    assert_eq!(ListQuery::from_target(&format!("/users?{other}")).address(), format!("/users?{other}"));
}

#[test]
fn invalid_values_count_as_defaults() {
    for query in [
        "role=boss",
        "status=maybe",
        "last_login=soon",
        "last_login=2026..",
        "last_login=2026-02-01T00:00:00Z..2026-01-01T00:00:00Z",
        "registered_from=01/02/2026&registered_to=2026-02-30",
        "registered_from=99999-01-01&registered_to=0001-01-01",
        "locked=true",
        "sort=password&order=up",
        "page_size=1000&page=-1&cursor=",
        "page=1&as_of=2026-01-01T00:00:00Z",
        "search=%20%00%20",
        "colour=red&%ff=%zz&&=",
    ] {
        assert_eq!(ListQuery::parse(query), ListQuery::default(), "{query}");
    }
    let long = ListQuery::parse(&format!("search={}", "x".repeat(200)));
    assert_eq!(long.filter.search.unwrap().as_str(), "x".repeat(100));
    let reversed = ListQuery::parse("registered_from=2026-02-01&registered_to=2026-01-01").filter;
    assert_eq!((reversed.registered_from, reversed.registered_to), (Some(day("2026-01-01")), Some(day("2026-02-01"))));
}

#[test]
fn days_are_those_of_the_viewer_and_include_the_last() {
    let list = ListQuery::parse("registered_from=2026-01-01&registered_to=2026-01-31").to_api(Times::default(), now());
    assert_eq!(list.created_from, parse_instant("2026-01-01T00:00:00Z"));
    assert_eq!(list.created_to, parse_instant("2026-02-01T00:00:00Z"));
    let berlin = Times::new(Some("Europe/Berlin"));
    let list = ListQuery::parse("registered_from=2026-03-29&registered_to=2026-03-29").to_api(berlin, now());
    assert_eq!(list.created_from, parse_instant("2026-03-28T23:00:00Z"));
    assert_eq!(list.created_to, parse_instant("2026-03-29T22:00:00Z"));
}

#[test]
fn the_last_log_in_is_relative_to_now_or_to_the_reference_time() {
    let requested = |query: &str| {
        let list = ListQuery::parse(query).to_api(Times::default(), now());
        (list.last_login_from, list.last_login_to, list.never_signed_in)
    };
    let reference_time = parse_instant("2026-11-23T04:06:28Z").unwrap();
    assert_eq!(requested("last_login=24h"), (Some(reference_time - Duration::days(1)), None, None));
    assert_eq!(requested("last_login=over-90d"), (None, Some(reference_time - Duration::days(90)), None));
    assert_eq!(requested("last_login=never"), (None, None, Some(true)));
    assert_eq!(requested("last_login=.."), (None, None, Some(false)));
    let earlier = reference_time - Duration::hours(5);
    let pinned = format!("last_login=7d&as_of={}&cursor=x", format_instant(earlier));
    assert_eq!(requested(&pinned), (Some(earlier - Duration::days(7)), None, None));
}

#[test]
fn pages_share_a_reference_time_and_a_new_filter_resets_it() {
    let query = ListQuery::parse("last_login=7d&sort=name");
    let next = query.at(PagePosition::After("c".to_owned()), now());
    assert_eq!(next.address(), "/users?last_login=7d&sort=name&cursor=c&as_of=2026-11-23T04%3A06%3A28Z");
    let later = now() + Duration::hours(1);
    assert_eq!(
        ListQuery::from_target(&next.address()).at(PagePosition::After("d".to_owned()), later).as_of,
        next.as_of
    );
    assert_eq!(
        query.to_api(Times::default(), now()).last_login_from,
        next.to_api(Times::default(), later).last_login_from
    );
    assert_eq!(next.first_page(), query);
    let absolute = ListQuery::parse("status=active").at(PagePosition::After("c".to_owned()), now());
    assert_eq!(absolute.address(), "/users?status=active&cursor=c");
}

#[test]
fn an_instant_of_registration_is_replaced_by_a_day() {
    let since = "registered_since=2026-01-02T03:04:05Z";
    let list = ListQuery::parse(since);
    assert_eq!(list.to_api(Times::default(), now()).created_from, parse_instant("2026-01-02T03:04:05Z"));
    assert_eq!(list.address(), "/users?registered_since=2026-01-02T03%3A04%3A05Z");
    for (days, is_kept) in [
        ("registered_to=2026-01-03", true),
        ("registered_to=2026-01-02", false),
        ("registered_from=2026-01-01", false),
        ("registered_from=2026-02-01&registered_to=2026-01-01", false),
    ] {
        let filter = ListQuery::parse(&format!("{since}&{days}")).filter;
        assert_eq!(filter.registered_since.is_some(), is_kept, "{days}");
    }
}

/// The zones include ones that skip midnight, or a whole day.
pub(in crate::pages::users) fn times() -> impl Strategy<Value = Times> {
    let zones = ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Seoul", "Africa/Cairo", "Asia/Kathmandu"];
    prop::sample::select(zones.to_vec()).prop_map(|name| Times::new(Some(name)))
}

pub(in crate::pages::users) fn queries() -> impl Strategy<Value = ListQuery> {
    let filters = (
        proptest::option::of("\\PC{1,20}"),
        proptest::option::of(0..3_usize),
        any::<Option<bool>>(),
        proptest::option::of(0..8_usize),
        (proptest::option::of(0..20_000_u64), proptest::option::of(0..20_000_u64)),
        any::<Option<bool>>(),
    );
    let order = (0..5_usize, any::<bool>(), 0..4_usize, 0..3_usize, any::<bool>());
    (filters, order).prop_map(|(filters, (sort, is_ascending, size, position, is_pinned))| {
        let (search, role, is_active, last_login, (from, to), locked) = filters;
        let day = |days: u64| NaiveDate::default() + Days::new(days);
        let last_login = last_login.map(|at| match at {
            6 => LastLogin::Between(Some(now()), None),
            7 => LastLogin::Between(Some(now()), Some(now() + Duration::microseconds(1))),
            at => LastLogin::CHOICES[at],
        });
        let filter = Filter {
            search: search.and_then(|search| parse_search(&search)),
            role: role.map(|role| roles::ALL[role]),
            is_active,
            last_login,
            registered_from: from.min(to.or(from)).map(day),
            registered_to: from.max(to).filter(|_| to.is_some()).map(day),
            locked,
            registered_since: None,
        };
        let position = [PagePosition::First, PagePosition::After("eyJ+/=-_".to_owned()), PagePosition::Number(2)]
            [position]
            .clone();
        let query = ListQuery {
            filter,
            sort: UserSort::ALL[sort],
            order: if is_ascending { Order::Asc } else { Order::Desc },
            page_size: PAGE_SIZES[size],
            position,
            as_of: None,
        };
        if is_pinned { query.as_of(now()) } else { query }
    })
}

proptest! {
    #[test]
    fn a_url_contains_the_whole_list(query in queries()) {
        prop_assert_eq!(ListQuery::from_target(&query.address()), query);
    }

    #[test]
    fn any_query_results_in_valid_parameters(text in "\\PC*", pairs in prop::collection::vec((
        prop::sample::select(vec![
            "search", "role", "status", "last_login", "registered_from", "registered_to", "locked", "sort", "order",
            "page_size", "cursor", "page", "as_of",
        ]),
        prop_oneof!["\\PC{0,12}", "[0-9]{1,5}-[01][0-9]-[0-3][0-9]", "(|over-)(24h|7d|30d|90d)"],
    ), 0..8), times in times()) {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(pairs);
        for text in [text, query.finish()] {
            let read = ListQuery::parse(&text);
            prop_assert_eq!(&ListQuery::from_target(&read.address()), &read);
            let list = read.to_api(times, now());
            prop_assert!(list.created_from.zip(list.created_to).is_none_or(|(from, to)| from < to));
            prop_assert!(list.last_login_from.zip(list.last_login_to).is_none_or(|(from, to)| from < to));
            prop_assert!(list.search.is_none_or(|search| SearchTerm::parse(&search).is_ok()));
        }
    }
}
