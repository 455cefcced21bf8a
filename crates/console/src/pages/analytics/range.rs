//! The range of days. The page's URL contains all of it.

use chrono::{Days, Months, NaiveDate};
use steward_domain::activity::{InvalidRange, parse_day};
use steward_domain::{ActivityRange, Interval};

use crate::times::Times;

/// The names of ranges that end today.
pub(super) const NAMED: [&str; 4] = ["7d", "30d", "90d", "12m"];
const DEFAULT: &str = "30d";
pub(super) const INTERVALS: [Interval; 3] = [Interval::Day, Interval::Week, Interval::Month];
/// Ranges of fewer days are shown by day, or by week; longer ones by month.
const BY_DAY: i64 = 92;
const BY_WEEK: i64 = 400;

/// The requested range, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    /// One of [`NAMED`]; `None` if the days were typed.
    name: Option<&'static str>,
    pub(super) from: String,
    pub(super) to: String,
    /// The first and the last day.
    days: Result<(NaiveDate, NaiveDate), RangeError>,
    /// The chosen interval; `None` for the default of the range.
    chosen: Option<Interval>,
}

/// Why a range is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RangeError {
    NotADay,
    Backwards,
    TooLong,
}

impl RangeError {
    /// Returns the id of the text that describes it.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::NotADay => "analytics-not-a-day",
            Self::Backwards => "analytics-backwards",
            Self::TooLong => "analytics-too-long",
        }
    }
}

impl Range {
    pub(super) fn parse(query: &str, today: NaiveDate) -> Self {
        let get = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(field, _)| field == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let (from, to) = (get("from"), get("to"));
        let chosen = Interval::parse(&get("interval")).ok();
        if from.is_empty() && to.is_empty() {
            let name = get("range");
            let name = NAMED.into_iter().find(|named| *named == name).unwrap_or(DEFAULT);
            let first = first_day(name, today);
            let (from, to) = (first.to_string(), today.to_string());
            return Self { name: Some(name), from, to, days: Ok((first, today)), chosen };
        }
        let days = parse_days(&from, &to, today);
        Self { name: None, from, to, days, chosen }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name == Some(name)
    }

    pub(super) fn error(&self) -> Option<RangeError> {
        self.days.err()
    }

    /// Returns the length of the buckets: the chosen one, if the API allows it for this range.
    pub(super) fn interval(&self) -> Interval {
        self.chosen.filter(|interval| self.allows(interval)).unwrap_or_else(|| match self.days {
            Ok((from, to)) if (to - from).num_days() < BY_DAY => Interval::Day,
            Ok((from, to)) if (to - from).num_days() < BY_WEEK => Interval::Week,
            Ok(_) => Interval::Month,
            Err(_) => Interval::Day,
        })
    }

    pub(super) fn has_interval(&self, interval: &Interval) -> bool {
        self.interval() == *interval
    }

    pub(super) fn allows(&self, interval: &Interval) -> bool {
        self.days.is_ok_and(|(from, to)| buckets(from, to, *interval).is_ok())
    }

    /// Returns the range as API parameters, with days in this zone; `None` if it is not valid.
    pub(super) fn to_api(&self, times: Times) -> Option<steward_client::ActivityRange> {
        let (from, to) = self.days.ok()?;
        let interval = Some(self.interval().into());
        let time_zone = times.zone().map(str::to_owned);
        Some(steward_client::ActivityRange { from: Some(from), to: to.succ_opt(), interval, time_zone })
    }

    /// Returns the URL of `page` with this range.
    pub(super) fn address(&self, page: &str) -> String {
        self.with(page, self.name, self.chosen)
    }

    /// Returns the URL of the same days in other buckets.
    pub(super) fn with_interval(&self, interval: &Interval) -> String {
        self.with("/analytics", self.name, Some(*interval))
    }

    /// Returns the URL of a named range with its default interval.
    pub(super) fn to_named(name: &str) -> String {
        if name == DEFAULT { "/analytics".to_owned() } else { format!("/analytics?range={name}") }
    }

    fn with(&self, page: &str, name: Option<&str>, interval: Option<Interval>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        match name {
            Some(DEFAULT) => {}
            Some(name) => drop(query.append_pair("range", name)),
            None => drop(query.append_pair("from", &self.from).append_pair("to", &self.to)),
        }
        if let Some(interval) = interval {
            query.append_pair("interval", interval.as_str());
        }
        let query = query.finish();
        if query.is_empty() { page.to_owned() } else { format!("{page}?{query}") }
    }
}

/// Returns the first day of a range that ends today.
fn first_day(name: &str, today: NaiveDate) -> NaiveDate {
    let first = match name {
        "7d" => today.checked_sub_days(Days::new(6)),
        "90d" => today.checked_sub_days(Days::new(89)),
        "12m" => today.checked_sub_months(Months::new(12)).and_then(|day| day.succ_opt()),
        _ => today.checked_sub_days(Days::new(29)),
    };
    first.unwrap_or(today)
}

/// Parses the days. The last day defaults to today, the first one to 30 days before the last.
fn parse_days(from: &str, to: &str, today: NaiveDate) -> Result<(NaiveDate, NaiveDate), RangeError> {
    let day = |text: &str| parse_day(text).map_err(|_| RangeError::NotADay);
    let to = if to.is_empty() { today } else { day(to)? };
    let from = if from.is_empty() { first_day(DEFAULT, to) } else { day(from)? };
    match buckets(from, to, Interval::Month) {
        Ok(()) => Ok((from, to)),
        Err(InvalidRange::Backwards) => Err(RangeError::Backwards),
        Err(_) => Err(RangeError::TooLong),
    }
}

/// Checks that the API returns this many buckets.
fn buckets(from: NaiveDate, to: NaiveDate, interval: Interval) -> Result<(), InvalidRange> {
    ActivityRange::new(Some(from), to.succ_opt(), interval, to).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(query: &str) -> Range {
        Range::parse(query, NaiveDate::from_ymd_opt(2026, 11, 23).unwrap())
    }

    #[test]
    fn named_ranges_end_today() {
        for (query, from, interval, address) in [
            ("", "2026-10-25", Interval::Day, "/analytics"),
            ("range=7d", "2026-11-17", Interval::Day, "/analytics?range=7d"),
            ("range=90d", "2026-08-26", Interval::Day, "/analytics?range=90d"),
            ("range=12m", "2025-11-24", Interval::Week, "/analytics?range=12m"),
            ("range=12m&interval=month", "2025-11-24", Interval::Month, "/analytics?range=12m&interval=month"),
            ("range=nonsense", "2026-10-25", Interval::Day, "/analytics"),
        ] {
            let range = range(query);
            assert_eq!((range.from.as_str(), range.to.as_str()), (from, "2026-11-23"), "{query}");
            assert_eq!((range.interval(), range.address("/analytics").as_str()), (interval, address), "{query}");
        }
    }

    #[test]
    fn typed_ranges_include_the_last_day() {
        let range = range("from=2026-01-01&to=2026-01-31&range=7d");
        let request = range.to_api(Times::new(Some("Asia/Seoul"))).unwrap();
        assert_eq!(request.time_zone.as_deref(), Some("Asia/Seoul"));
        let days = [request.from, request.to].map(|day| day.unwrap().to_string());
        assert_eq!(days, ["2026-01-01", "2026-02-01"]);
        assert!(NAMED.iter().all(|name| !range.is(name)));
        assert_eq!(range.address("/analytics/roles.csv"), "/analytics/roles.csv?from=2026-01-01&to=2026-01-31");
        assert_eq!(range.with_interval(&Interval::Week), "/analytics?from=2026-01-01&to=2026-01-31&interval=week");
    }

    #[test]
    fn a_missing_day_has_a_default() {
        assert_eq!(range("from=2026-11-01").to_api(Times::default()).unwrap().to.unwrap().to_string(), "2026-11-24");
        assert_eq!(range("to=2026-01-30").to_api(Times::default()).unwrap().from.unwrap().to_string(), "2026-01-01");
    }

    #[test]
    fn intervals_with_too_many_buckets_are_not_offered() {
        let years = range("from=2022-01-01&to=2026-01-01&interval=day");
        assert_eq!(years.interval(), Interval::Month);
        assert_eq!(INTERVALS.map(|interval| years.allows(&interval)), [false, true, true]);
    }

    #[test]
    fn invalid_ranges_are_rejected() {
        for (query, error) in [
            ("from=yesterday", RangeError::NotADay),
            ("from=2026-02-01&to=2026-01-31", RangeError::Backwards),
            ("from=1999-01-01&to=2026-01-31", RangeError::TooLong),
        ] {
            let range = range(query);
            assert!(range.error() == Some(error) && range.to_api(Times::default()).is_none(), "{query}");
        }
        assert_eq!(range("from=2026-01-31&to=2026-01-31").error(), None);
    }
}
