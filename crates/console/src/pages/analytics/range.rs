//! Which days are asked for: all of it lives in the page's address.

use chrono::{Days, Months, NaiveDate};
use steward_domain::activity::{InvalidRange, parse_day};
use steward_domain::{ActivityRange, Interval};

/// Ranges that end today, by their names.
pub(super) const NAMED: [&str; 4] = ["7d", "30d", "90d", "12m"];
const DEFAULT: &str = "30d";
pub(super) const INTERVALS: [Interval; 3] = [Interval::Day, Interval::Week, Interval::Month];
/// Up to so many days stand for themselves, and up to so many are told week by week.
const BY_DAY: i64 = 92;
const BY_WEEK: i64 = 400;

/// Which days are asked for, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    /// One of [`NAMED`]; none where days were typed.
    name: Option<&'static str>,
    pub(super) from: String,
    pub(super) to: String,
    /// The days, the last included, if they are days.
    days: Result<(NaiveDate, NaiveDate), Wrong>,
    /// What was chosen; none for what fits.
    chosen: Option<Interval>,
}

/// What is wrong with the days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    NotADay,
    Backwards,
    TooLong,
}

impl Wrong {
    /// The id of the text that says so.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::NotADay => "analytics-not-a-day",
            Self::Backwards => "analytics-backwards",
            Self::TooLong => "analytics-too-long",
        }
    }
}

impl Range {
    pub(super) fn of(query: &str, today: NaiveDate) -> Self {
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
        let days = typed(&from, &to, today);
        Self { name: None, from, to, days, chosen }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name == Some(name)
    }

    pub(super) fn wrong(&self) -> Option<Wrong> {
        self.days.err()
    }

    /// How long the buckets are: what was chosen, if so many days make no more of them than can be told.
    pub(super) fn interval(&self) -> Interval {
        self.chosen.filter(|interval| self.allows(interval)).unwrap_or_else(|| match self.days {
            Ok((from, to)) if (to - from).num_days() < BY_DAY => Interval::Day,
            Ok((from, to)) if (to - from).num_days() < BY_WEEK => Interval::Week,
            Ok(_) => Interval::Month,
            Err(_) => Interval::Day,
        })
    }

    pub(super) fn is_by(&self, interval: &Interval) -> bool {
        self.interval() == *interval
    }

    pub(super) fn allows(&self, interval: &Interval) -> bool {
        self.days.is_ok_and(|(from, to)| buckets(from, to, *interval).is_ok())
    }

    /// What the API is asked; nothing while the days are wrong.
    pub(super) fn asked(&self) -> Option<steward_client::ActivityRange> {
        let (from, to) = self.days.ok()?;
        let interval = Some(self.interval().into());
        Some(steward_client::ActivityRange { from: Some(from), to: to.succ_opt(), interval })
    }

    /// The address of `page` with this range.
    pub(super) fn address(&self, page: &str) -> String {
        self.with(page, self.name, self.chosen)
    }

    /// The same days in buckets this long.
    pub(super) fn by(&self, interval: &Interval) -> String {
        self.with("/analytics", self.name, Some(*interval))
    }

    /// Another range, in the buckets that fit it.
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

/// The first day of a range that ends today.
fn first_day(name: &str, today: NaiveDate) -> NaiveDate {
    let first = match name {
        "7d" => today.checked_sub_days(Days::new(6)),
        "90d" => today.checked_sub_days(Days::new(89)),
        "12m" => today.checked_sub_months(Months::new(12)).and_then(|day| day.succ_opt()),
        _ => today.checked_sub_days(Days::new(29)),
    };
    first.unwrap_or(today)
}

/// The days that were typed: without a last one up to today, without a first one 30 of them.
fn typed(from: &str, to: &str, today: NaiveDate) -> Result<(NaiveDate, NaiveDate), Wrong> {
    let day = |text: &str| parse_day(text).map_err(|_| Wrong::NotADay);
    let to = if to.is_empty() { today } else { day(to)? };
    let from = if from.is_empty() { first_day(DEFAULT, to) } else { day(from)? };
    match buckets(from, to, Interval::Month) {
        Ok(()) => Ok((from, to)),
        Err(InvalidRange::Backwards) => Err(Wrong::Backwards),
        Err(_) => Err(Wrong::TooLong),
    }
}

/// Whether the API tells of so many buckets.
fn buckets(from: NaiveDate, to: NaiveDate, interval: Interval) -> Result<(), InvalidRange> {
    ActivityRange::new(Some(from), to.succ_opt(), interval, to).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(query: &str) -> Range {
        Range::of(query, NaiveDate::from_ymd_opt(2026, 11, 23).unwrap())
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
    fn typed_days_include_the_last_one() {
        let range = range("from=2026-01-01&to=2026-01-31&range=7d");
        let asked = range.asked().unwrap();
        let days = [asked.from, asked.to].map(|day| day.unwrap().to_string());
        assert_eq!(days, ["2026-01-01", "2026-02-01"]);
        assert!(NAMED.iter().all(|name| !range.is(name)));
        assert_eq!(range.address("/analytics/roles.csv"), "/analytics/roles.csv?from=2026-01-01&to=2026-01-31");
        assert_eq!(range.by(&Interval::Week), "/analytics?from=2026-01-01&to=2026-01-31&interval=week");
    }

    #[test]
    fn a_side_that_is_not_typed_is_made_up() {
        assert_eq!(range("from=2026-11-01").asked().unwrap().to.unwrap().to_string(), "2026-11-24");
        assert_eq!(range("to=2026-01-30").asked().unwrap().from.unwrap().to_string(), "2026-01-01");
    }

    #[test]
    fn buckets_that_would_be_too_many_are_not_offered() {
        let years = range("from=2022-01-01&to=2026-01-01&interval=day");
        assert_eq!(years.interval(), Interval::Month);
        assert_eq!(INTERVALS.map(|interval| years.allows(&interval)), [false, true, true]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (query, wrong) in [
            ("from=yesterday", Wrong::NotADay),
            ("from=2026-02-01&to=2026-01-31", Wrong::Backwards),
            ("from=1999-01-01&to=2026-01-31", Wrong::TooLong),
        ] {
            let range = range(query);
            assert!(range.wrong() == Some(wrong) && range.asked().is_none(), "{query}");
        }
        assert_eq!(range("from=2026-01-31&to=2026-01-31").wrong(), None);
    }
}
