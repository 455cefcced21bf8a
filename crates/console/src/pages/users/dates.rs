//! Days and instants in URLs and API parameters. Years outside 1970 to 2999 are not valid.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc};
use steward_contracts::bodies;

/// Parses an instant to the microsecond.
pub(super) fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    bodies::parse_instant(text).ok().filter(is_supported)
}

/// Whether the page can show this instant.
pub(super) fn is_supported(at: &DateTime<Utc>) -> bool {
    is_supported_day(at.date_naive())
}

/// Parses a day such as `2026-01-31`.
pub(super) fn parse_day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok().filter(|day| is_supported_day(*day))
}

/// Returns the first instant of a day.
pub(super) fn start_of(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// Returns the first instant after a day.
pub(super) fn end_of(day: NaiveDate) -> Option<DateTime<Utc>> {
    day.checked_add_days(Days::new(1)).map(start_of)
}

/// Returns the last day before an instant, or the day that contains it.
pub(super) fn last_day_before(end: DateTime<Utc>) -> Option<NaiveDate> {
    let day = end.date_naive();
    let last = if end.time() == NaiveTime::MIN { day.checked_sub_days(Days::new(1))? } else { day };
    is_supported_day(last).then_some(last)
}

fn is_supported_day(day: NaiveDate) -> bool {
    (1970..3000).contains(&day.year())
}
