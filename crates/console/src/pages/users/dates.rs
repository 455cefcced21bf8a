//! Days and instants in URLs and API parameters. Years outside 1970 to 2999 are not valid.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use steward_contracts::bodies;

use crate::times::Times;

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

/// Returns the viewer's day of an instant.
pub(super) fn day_of(times: Times, at: DateTime<Utc>) -> Option<NaiveDate> {
    Some(times.day(at)).filter(|day| is_supported_day(*day))
}

/// Returns the viewer's last day before an instant, or the day that contains it.
pub(super) fn last_day_before(times: Times, end: DateTime<Utc>) -> Option<NaiveDate> {
    let day = times.day(end);
    let last = if times.start_of(day) == end { day.checked_sub_days(Days::new(1))? } else { day };
    is_supported_day(last).then_some(last)
}

fn is_supported_day(day: NaiveDate) -> bool {
    (1970..3000).contains(&day.year())
}
