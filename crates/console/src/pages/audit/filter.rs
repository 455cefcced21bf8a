//! The filter of audit entries. The page's URL contains all of it.

use steward_client::AuditList;
use steward_domain::activity::parse_day;
use steward_domain::{Action, SearchTerm, UserId};

use crate::times::Times;

/// The names of the facets, in URLs and forms.
pub(super) const FACETS: [&str; 6] = ["who", "action", "target", "from", "to", "search"];
/// The page sizes; the first is the default.
pub(super) const PAGE_SIZES: [u32; 3] = [25, 50, 100];

/// The requested filter, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    /// The value of each facet; empty for no restriction.
    values: [String; FACETS.len()],
    pub(super) page_size: u32,
    pub(super) cursor: Option<String>,
    /// The entry that a link refers to.
    pub(super) entry: Option<i64>,
}

impl Filter {
    pub(super) fn parse(query: &str) -> Self {
        let mut filter = Self { page_size: PAGE_SIZES[0], ..Self::default() };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            match &*name {
                "page_size" => {
                    let size = value.parse().ok().filter(|size| PAGE_SIZES.contains(size));
                    filter.page_size = size.unwrap_or(PAGE_SIZES[0]);
                }
                "cursor" => filter.cursor = Some(value.to_owned()).filter(|cursor| !cursor.is_empty()),
                "entry" => filter.entry = value.parse().ok(),
                name => {
                    if let Some(at) = FACETS.iter().position(|facet| *facet == name) {
                        value.clone_into(&mut filter.values[at]);
                    }
                }
            }
        }
        filter
    }

    pub(super) fn get(&self, facet: &str) -> &str {
        FACETS.iter().position(|name| *name == facet).map_or("", |at| &self.values[at])
    }

    /// Returns whether a link refers to this entry.
    pub(super) fn is_entry(&self, id: &i64) -> bool {
        self.entry == Some(*id)
    }

    pub(super) fn has_page_size(&self, size: &u32) -> bool {
        self.page_size == *size
    }

    /// Returns the facets that have a value.
    pub(super) fn active(&self) -> impl Iterator<Item = (&'static str, &str)> {
        FACETS.into_iter().zip(self.values.iter().map(String::as_str)).filter(|(_, value)| !value.is_empty())
    }

    /// Returns the URL of the first page without this facet.
    pub(super) fn without(&self, facet: &str) -> String {
        self.address(|name| name != facet, None)
    }

    /// Returns the URL of the first page.
    pub(super) fn first(&self) -> String {
        self.address(|_| true, None)
    }

    /// Returns the URL of the page at this cursor.
    pub(super) fn next(&self, cursor: &str) -> String {
        self.address(|_| true, Some(cursor))
    }

    fn address(&self, is_kept: impl Fn(&str) -> bool, cursor: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.active().filter(|(name, _)| is_kept(name)));
        if self.page_size != PAGE_SIZES[0] {
            query.append_pair("page_size", &self.page_size.to_string());
        }
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        let query = query.finish();
        if query.is_empty() { "/audit".to_owned() } else { format!("/audit?{query}") }
    }

    /// Returns the filter as API parameters. Days are those of the viewer.
    ///
    /// # Errors
    /// Returns the facets whose values are not valid.
    pub(super) fn to_api(&self, times: Times) -> Result<AuditList, Vec<&'static str>> {
        let given = |facet: &'static str| Some(self.get(facet)).filter(|value| !value.is_empty());
        let day = |facet| given(facet).and_then(|text| parse_day(text).ok());
        let is_invalid = |facet: &&'static str| match (*facet, given(facet)) {
            (_, None) => false,
            ("who" | "target", Some(id)) => UserId::parse(id).is_err(),
            ("action", Some(name)) => Action::parse(name).is_err(),
            ("from" | "to", Some(text)) => parse_day(text).is_err(),
            (_, Some(text)) => SearchTerm::parse(text).is_err(),
        };
        let mut invalid: Vec<_> = FACETS.into_iter().filter(is_invalid).collect();
        if day("from").zip(day("to")).is_some_and(|(from, to)| to < from) {
            invalid.push("to");
        }
        if !invalid.is_empty() {
            return Err(invalid);
        }
        let owned = |facet| given(facet).map(str::to_owned);
        Ok(AuditList {
            actor_id: owned("who"),
            action: owned("action"),
            target: owned("target"),
            from: day("from").map(|day| times.start_of(day)),
            // The range includes the last day.
            to: day("to").and_then(|day| times.end_of(day)),
            search: owned("search"),
            page: None,
            page_size: Some(self.page_size),
            cursor: self.cursor.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_contains_the_whole_filter() {
        let filter = Filter::parse("?who=admin&x=1".trim_start_matches('?'));
        assert_eq!((filter.get("who"), filter.first().as_str()), ("admin", "/audit?who=admin"));
        let filter = Filter::parse("search=a%26b+c&target=+bob+&action=&page_size=100&cursor=abc&entry=42");
        assert_eq!((filter.page_size, filter.cursor.as_deref(), filter.entry), (100, Some("abc"), Some(42)));
        assert_eq!(filter.active().collect::<Vec<_>>(), [("target", "bob"), ("search", "a&b c")]);
        assert_eq!(filter.first(), "/audit?target=bob&search=a%26b+c&page_size=100");
        assert_eq!(filter.without("search"), "/audit?target=bob&page_size=100");
        assert_eq!(filter.next("x/y"), "/audit?target=bob&search=a%26b+c&page_size=100&cursor=x%2Fy");
        assert_eq!(Filter::parse("page_size=7").page_size, 25);
        assert_eq!(Filter::parse("").first(), "/audit");
    }

    #[test]
    fn the_range_includes_the_last_day() {
        for (zone, day, expected) in [
            (None, "2026-11-01", ["2026-11-01T00:00:00+00:00", "2026-11-02T00:00:00+00:00"]),
            (Some("Asia/Seoul"), "2026-11-01", ["2026-10-31T15:00:00+00:00", "2026-11-01T15:00:00+00:00"]),
            // A day of 25 hours.
            (Some("Europe/Berlin"), "2026-10-25", ["2026-10-24T22:00:00+00:00", "2026-10-25T23:00:00+00:00"]),
        ] {
            let list = Filter::parse(&format!("from={day}&to={day}")).to_api(Times::new(zone)).unwrap();
            assert_eq!([list.from, list.to].map(|at| at.unwrap().to_rfc3339()), expected, "{zone:?}");
        }
    }

    #[test]
    fn invalid_facets_are_returned() {
        let long = format!("search={}", "x".repeat(101));
        for (query, invalid) in [
            ("who=%21&target=a", &["who", "target"][..]),
            ("action=NOTHING", &["action"]),
            ("from=yesterday&to=2026-13-01", &["from", "to"]),
            ("from=2026-11-02&to=2026-11-01", &["to"]),
            (&long, &["search"]),
        ] {
            assert_eq!(Filter::parse(query).to_api(Times::default()).unwrap_err(), invalid, "{query}");
        }
        assert!(Filter::parse("who=admin&action=USER_UPDATED&search=%E2%86%92").to_api(Times::default()).is_ok());
    }
}
