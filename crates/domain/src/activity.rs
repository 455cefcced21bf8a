//! Activity: registrations, sign-ins and active users, now and by day, week or month.
//!
//! Days are those of a time zone, UTC by default. A user is active on a day if they sign in or use a session on that
//! day; this day is always in UTC.

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::{Invalid, TimeZone, Timestamp, Total};

/// Statistics of users and sign-ins at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityOverview {
    /// Number of users.
    pub total_users: u64,
    /// Number of users who may sign in.
    pub active_users: u64,
    /// Existing accounts that were created in the last 7 days.
    pub new_users_7_days: Change,
    /// Existing accounts that were created in the last 30 days.
    pub new_users_30_days: Change,
    /// Number of valid sessions, counted up to [`ActivityOverview::SESSIONS_CAP`].
    pub active_sessions: Total,
    /// Failed sign-ins in the last 24 hours.
    pub failed_sign_ins_24_hours: Change,
    /// Users who were active today.
    pub daily_active_users: u64,
    /// Users who were active today or in the 6 days before.
    pub weekly_active_users: u64,
    /// Users who were active today or in the 29 days before.
    pub monthly_active_users: u64,
}

impl ActivityOverview {
    /// The maximum number of valid sessions that are counted.
    pub const SESSIONS_CAP: u64 = 10_000;
}

/// A number for a period, and the same number for the previous period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    /// The number for the period that ends now.
    pub now: u64,
    /// The number for the period of the same length before.
    pub before: u64,
}

/// The activity in one bucket of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityCounts {
    /// The bucket's first day.
    pub date: NaiveDate,
    /// Existing accounts that were created in the bucket.
    pub registrations: u64,
    /// Successful sign-ins.
    pub sign_ins: u64,
    /// Failed sign-ins.
    pub failed_sign_ins: u64,
    /// Users who were active in the same days of UTC, each counted once. Includes users who have been deleted since.
    pub active_users: u64,
}

impl ActivityCounts {
    /// Returns a bucket without activity.
    pub fn none(date: NaiveDate) -> Self {
        Self { date, registrations: 0, sign_ins: 0, failed_sign_ins: 0, active_users: 0 }
    }
}

/// The length of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Interval {
    /// One day.
    #[default]
    Day,
    /// One week, beginning on Monday.
    Week,
    /// One calendar month.
    Month,
}

impl Interval {
    /// Parses `day`, `week` or `month`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "day" => Ok(Self::Day),
            "week" => Ok(Self::Week),
            "month" => Ok(Self::Month),
            _ => Err(Invalid::new("must be day, week or month")),
        }
    }

    /// Returns the interval's name on the wire and in storage.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Returns the first day of the bucket that contains a day.
    pub fn first_day(self, day: NaiveDate) -> NaiveDate {
        let first = match self {
            Self::Day => Some(day),
            Self::Week => day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())),
            Self::Month => day.with_day(1),
        };
        first.unwrap_or(day)
    }

    /// Returns the first day of the bucket after the one that begins on `first`.
    fn after(self, first: NaiveDate) -> NaiveDate {
        let next = match self {
            Self::Day => first.checked_add_days(Days::new(1)),
            Self::Week => first.checked_add_days(Days::new(7)),
            Self::Month => first.checked_add_months(Months::new(1)),
        };
        next.unwrap_or(NaiveDate::MAX)
    }
}

/// Parses a day such as `2026-10-01`, of the years 1 to 9998. This range ensures that storage can represent every
/// bucket that contains the day.
pub fn parse_day(text: &str) -> Result<NaiveDate, Invalid> {
    let is_written_out = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let day = is_written_out.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten();
    day.filter(|day| (1..=9998).contains(&day.year()))
        .ok_or_else(|| Invalid::new("must be a day such as 2026-01-31 (YYYY-MM-DD)"))
}

/// A range of days, divided into buckets. The range is extended so that its first and last bucket are complete.
///
/// ```
/// use steward_domain::activity::{ActivityRange, Interval, parse_day};
///
/// let day = |text| parse_day(text).unwrap();
/// let (from, to) = (Some(day("2026-01-15")), Some(day("2026-02-02")));
/// let range = ActivityRange::new(from, to, Interval::Month, day("2026-06-30"))?;
/// assert_eq!((range.from(), range.to()), (day("2026-01-01"), day("2026-03-01")));
/// assert_eq!(range.buckets().count(), 2);
/// # Ok::<(), steward_domain::activity::InvalidRange>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ActivityRange {
    from: NaiveDate,
    to: NaiveDate,
    interval: Interval,
    time_zone: TimeZone,
}

/// Consecutive days of a time zone that begin at one offset from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaySpan {
    /// The last day.
    pub last: NaiveDate,
    /// The first instant of the first day.
    pub beginning: Timestamp,
    /// The first instant after the last day.
    pub end: Timestamp,
    /// Seconds that the local time is ahead of UTC at the beginning of each day. It may change on the last day.
    pub offset: i32,
}

impl ActivityRange {
    /// Maximum number of buckets.
    pub const MOST_BUCKETS: usize = 400;
    /// Maximum length in years.
    pub const MOST_YEARS: u32 = 5;
    /// Length in days, if no start is given.
    pub const DEFAULT_DAYS: u64 = 30;

    /// Creates the range from `from` (inclusive) to `to` (exclusive), in UTC. Without `from`, it covers 30 days. Without
    /// `to`, it includes `today` as its last day.
    pub fn new(
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
        interval: Interval,
        today: NaiveDate,
    ) -> Result<Self, InvalidRange> {
        let to = to.unwrap_or_else(|| Interval::Day.after(today));
        let from = from.or_else(|| to.checked_sub_days(Days::new(Self::DEFAULT_DAYS))).unwrap_or(NaiveDate::MIN);
        if to <= from {
            return Err(InvalidRange::Backwards);
        }
        if from.checked_add_months(Months::new(12 * Self::MOST_YEARS)).is_some_and(|latest| latest < to) {
            return Err(InvalidRange::TooLong);
        }
        let last = to.pred_opt().unwrap_or(from);
        let range = Self {
            from: interval.first_day(from),
            to: interval.after(interval.first_day(last)),
            interval,
            time_zone: TimeZone::default(),
        };
        if range.buckets().count() > Self::MOST_BUCKETS {
            return Err(InvalidRange::TooManyBuckets);
        }
        Ok(range)
    }

    /// Returns the same days in a time zone.
    #[must_use]
    pub fn in_time_zone(self, time_zone: TimeZone) -> Self {
        Self { time_zone, ..self }
    }

    /// Returns the first day of the first bucket.
    pub fn from(&self) -> NaiveDate {
        self.from
    }

    /// Returns the first day after the last bucket.
    pub fn to(&self) -> NaiveDate {
        self.to
    }

    /// Returns the length of a bucket.
    pub fn interval(&self) -> Interval {
        self.interval
    }

    /// Returns the first day of each bucket, in order.
    pub fn buckets(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let Self { from, to, interval, .. } = *self;
        std::iter::successors(Some(from), move |first| Some(interval.after(*first)))
            .take_while(move |first| *first < to)
    }

    /// Returns all days in order, as few spans. Days that the time zone skips are in none.
    pub fn spans(&self) -> Vec<DaySpan> {
        let mut spans: Vec<DaySpan> = Vec::new();
        let mut beginning = self.time_zone.start_of(self.from);
        for last in self.from.iter_days().take_while(|day| *day < self.to) {
            let end = self.time_zone.start_of(Interval::Day.after(last));
            let offset = self.time_zone.local(beginning).offset().local_minus_utc();
            match spans.last_mut() {
                _ if end <= beginning => {}
                Some(span) if span.offset == offset => (span.last, span.end) = (last, end),
                _ => spans.push(DaySpan { last, beginning, end, offset }),
            }
            beginning = end;
        }
        spans
    }
}

/// The reason why a range is invalid. The texts are for the person who sent the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRange {
    /// The range contains no day.
    #[error("must be later than from")]
    Backwards,
    /// The range is longer than [`ActivityRange::MOST_YEARS`].
    #[error("must be at most {} years after from", ActivityRange::MOST_YEARS)]
    TooLong,
    /// The range contains more than [`ActivityRange::MOST_BUCKETS`] buckets.
    #[error("gives more than {} points: choose a shorter range or a longer interval", ActivityRange::MOST_BUCKETS)]
    TooManyBuckets,
}

impl InvalidRange {
    /// Returns the name of the invalid parameter.
    pub fn field(self) -> &'static str {
        match self {
            Self::Backwards | Self::TooLong => "to",
            Self::TooManyBuckets => "interval",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        parse_day(text).unwrap()
    }

    fn range(from: &str, to: &str, interval: Interval) -> Result<ActivityRange, InvalidRange> {
        let given = |text: &str| (!text.is_empty()).then(|| day(text));
        ActivityRange::new(given(from), given(to), interval, day("2026-11-23"))
    }

    fn buckets(from: &str, to: &str, interval: Interval) -> Vec<String> {
        range(from, to, interval).unwrap().buckets().map(|day| day.to_string()).collect()
    }

    #[test]
    fn a_day_has_one_spelling() {
        assert_eq!(day("2026-10-01"), NaiveDate::from_ymd_opt(2026, 10, 1).unwrap());
        assert!(parse_day("0001-01-01").is_ok() && parse_day("9998-12-31").is_ok());
        for text in ["", "2026-10-1", "2026-02-29", "+026-01-01", " 026-01-01", "0000-12-31", "9999-01-01", "20261001"]
        {
            assert!(parse_day(text).is_err(), "{text:?}");
        }
        assert!(parse_day("2026-10-01T00:00:00Z").is_err());
    }

    #[test]
    fn interval_names_parse_to_their_interval() {
        for interval in [Interval::Day, Interval::Week, Interval::Month] {
            assert_eq!(Interval::parse(interval.as_str()), Ok(interval));
        }
        assert!(Interval::parse("Day").is_err() && Interval::parse("year").is_err());
    }

    #[test]
    fn ranges_contain_every_bucket_completely() {
        assert_eq!(buckets("2026-02-27", "2026-03-02", Interval::Day), ["2026-02-27", "2026-02-28", "2026-03-01"]);
        assert_eq!(buckets("2026-10-01", "2026-11-01", Interval::Month), ["2026-10-01"]);
        assert_eq!(buckets("2026-10-31", "2026-11-02", Interval::Month), ["2026-10-01", "2026-11-01"]);
        // 2026-01-01 is a Thursday, 2026-01-04 a Sunday.
        assert_eq!(buckets("2026-01-01", "2026-01-05", Interval::Week), ["2025-12-29"]);
        assert_eq!(buckets("2026-01-04", "2026-01-06", Interval::Week), ["2025-12-29", "2026-01-05"]);
        let widened = range("2026-01-01", "2026-01-06", Interval::Week).unwrap();
        assert_eq!((widened.from(), widened.to()), (day("2025-12-29"), day("2026-01-12")));
        assert_eq!(buckets("0001-01-01", "0001-01-02", Interval::Week), ["0001-01-01"]);
    }

    #[test]
    fn the_default_range_is_the_last_thirty_days() {
        let default = range("", "", Interval::Day).unwrap();
        assert_eq!(
            (default.from(), default.to(), default.buckets().count()),
            (day("2026-10-25"), day("2026-11-24"), 30)
        );
        let until = range("", "2026-10-01", Interval::Day).unwrap();
        assert_eq!((until.from(), until.to()), (day("2026-09-01"), day("2026-10-01")));
        assert_eq!(range("2026-11-23", "", Interval::Day).unwrap().buckets().count(), 1);
    }

    #[test]
    fn empty_and_too_long_ranges_are_refused() {
        for (from, to) in [("2026-01-02", "2026-01-02"), ("2026-01-02", "2026-01-01"), ("2026-11-24", "")] {
            assert_eq!(range(from, to, Interval::Day), Err(InvalidRange::Backwards), "{from} {to}");
        }
        assert_eq!(range("2025-01-01", "2026-02-05", Interval::Day).unwrap().buckets().count(), 400);
        assert_eq!(range("2025-01-01", "2026-02-06", Interval::Day), Err(InvalidRange::TooManyBuckets));
        assert_eq!(range("2021-01-01", "2026-01-01", Interval::Month).unwrap().buckets().count(), 60);
        assert_eq!(range("2021-01-01", "2026-01-02", Interval::Month), Err(InvalidRange::TooLong));
        assert_eq!(range("2021-01-01", "2026-01-01", Interval::Day), Err(InvalidRange::TooManyBuckets));
    }

    #[test]
    fn spans_end_where_the_offset_changes() {
        let spans = |name: &str, from: &str, to: &str| {
            let range = range(from, to, Interval::Day).unwrap().in_time_zone(TimeZone::parse(name).unwrap());
            let spans = range.spans().into_iter();
            let texts = spans.map(|span| (span.last.to_string(), span.beginning.to_rfc3339(), span.offset / 3600));
            texts.collect::<Vec<_>>()
        };
        let expected = |spans: &[(&str, &str, i32)]| {
            let texts = spans.iter().map(|(last, at, hours)| ((*last).to_owned(), format!("{at}:00:00+00:00"), *hours));
            texts.collect::<Vec<_>>()
        };
        assert_eq!(spans("UTC", "2026-01-01", "2026-12-31"), expected(&[("2026-12-30", "2026-01-01T00", 0)]));
        assert_eq!(spans("Asia/Seoul", "2026-01-01", "2026-12-31"), expected(&[("2026-12-30", "2025-12-31T15", 9)]));
        assert_eq!(
            spans("Europe/Berlin", "2026-03-28", "2026-11-01"),
            expected(&[
                ("2026-03-29", "2026-03-27T23", 1),
                ("2026-10-25", "2026-03-29T22", 2),
                ("2026-10-31", "2026-10-25T23", 1)
            ])
        );
        // The day before has 25 hours, since the clock went back at its end.
        assert_eq!(
            spans("America/Sao_Paulo", "2018-02-16", "2018-02-19"),
            expected(&[("2018-02-17", "2018-02-16T02", -2), ("2018-02-18", "2018-02-18T03", -3)])
        );
        // 2011-12-30 was skipped.
        assert_eq!(
            spans("Pacific/Apia", "2011-12-29", "2012-01-01"),
            expected(&[("2011-12-29", "2011-12-29T10", -10), ("2011-12-31", "2011-12-30T10", 14)])
        );
        assert!(spans("Pacific/Apia", "2011-12-30", "2011-12-31").is_empty());
    }
}
