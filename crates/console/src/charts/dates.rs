//! Texts for days, weeks and months.

use chrono::{Datelike, NaiveDate};
use steward_domain::Interval;

use crate::language::Language;

/// Formats a day with its year: `23 Nov 2026`.
pub(crate) fn day(language: Language, day: NaiveDate) -> String {
    with_parts(language, "analytics-full-day", day)
}

/// Formats a bucket in full: `23 Nov 2026`, `Week of 23 Nov 2026`, `Nov 2026`.
pub(super) fn full(language: Language, interval: Interval, first: NaiveDate) -> String {
    match interval {
        Interval::Day => day(language, first),
        Interval::Week => language.text_with("analytics-week", &[("day", day(language, first).into())]),
        Interval::Month => with_parts(language, "analytics-full-month", first),
    }
}

/// Formats a bucket for an axis: `23 Nov`, `Nov 2026`.
pub(super) fn short(language: Language, interval: Interval, first: NaiveDate) -> String {
    match interval {
        Interval::Day | Interval::Week => with_parts(language, "analytics-day", first),
        Interval::Month => full(language, interval, first),
    }
}

fn with_parts(language: Language, id: &str, day: NaiveDate) -> String {
    let month = language.text(&format!("analytics-month-{}", day.month()));
    let values =
        [("year", day.year().to_string().into()), ("month", month.into()), ("day", u64::from(day.day()).into())];
    language.text_with(id, &values)
}

/// Returns the indices of `count` positions on an axis that get a label: at most seven, evenly spaced, always the last.
/// The flag marks labels that narrow screens omit.
pub(super) fn labelled(count: usize) -> impl Iterator<Item = (usize, bool)> {
    const MAX_LABELS: usize = 7;
    let last = count.saturating_sub(1);
    let stride = last.div_ceil(MAX_LABELS - 1).max(1);
    (0..count.min(MAX_LABELS)).map_while(move |n| Some((last.checked_sub(n * stride)?, n % 2 == 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 2).unwrap()
    }

    #[test]
    fn days_are_formatted_per_language() {
        for (interval, english, korean) in [
            (Interval::Day, ["2 Nov", "2 Nov 2026"], ["11월 2일", "2026년 11월 2일"]),
            (Interval::Week, ["2 Nov", "Week of 2 Nov 2026"], ["11월 2일", "2026년 11월 2일부터 한 주"]),
            (Interval::Month, ["Nov 2026", "Nov 2026"], ["2026년 11월", "2026년 11월"]),
        ] {
            for (language, expected) in [(Language::English, english), (Language::Korean, korean)] {
                assert_eq!([short(language, interval, first()), full(language, interval, first())], expected);
            }
        }
    }

    #[test]
    fn labels_are_few_and_even_and_include_the_last() {
        let labels_of = |count| labelled(count).collect::<Vec<_>>();
        assert_eq!(labels_of(0), []);
        assert_eq!(labels_of(1), [(0, false)]);
        assert_eq!(labels_of(3), [(2, false), (1, true), (0, false)]);
        let thirty = [(29, false), (24, true), (19, false), (14, true), (9, false), (4, true)];
        assert_eq!(labels_of(30), thirty);
        for count in 1..500 {
            let labels = labels_of(count);
            assert!(labels.len() <= 7 && labels[0] == (count - 1, false), "{count}");
        }
    }
}
