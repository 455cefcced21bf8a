//! Days, weeks and months, in words.

use chrono::{Datelike, NaiveDate};
use steward_domain::Interval;

use crate::language::Language;

/// A day with its year: `23 Nov 2026`.
pub(crate) fn day(language: Language, day: NaiveDate) -> String {
    with_parts(language, "analytics-full-day", day)
}

/// A bucket in full: `23 Nov 2026`, `Week of 23 Nov 2026`, `Nov 2026`.
pub(super) fn full(language: Language, interval: Interval, first: NaiveDate) -> String {
    match interval {
        Interval::Day => day(language, first),
        Interval::Week => language.text_with("analytics-week", &[("day", day(language, first).into())]),
        Interval::Month => with_parts(language, "analytics-full-month", first),
    }
}

/// A bucket as it stands at an axis: `23 Nov`, `Nov 2026`.
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

/// Which of `count` places at an axis are named: seven at the most, the last always, and evenly. With each whether it
/// is left out where there is little room.
pub(super) fn named(count: usize) -> impl Iterator<Item = (usize, bool)> {
    const MOST: usize = 7;
    let last = count.saturating_sub(1);
    let stride = last.div_ceil(MOST - 1).max(1);
    (0..count.min(MOST)).map_while(move |n| Some((last.checked_sub(n * stride)?, n % 2 == 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 2).unwrap()
    }

    #[test]
    fn each_language_says_days_its_own_way() {
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
    fn few_places_are_named_evenly_and_the_last_always() {
        let named = |count| named(count).collect::<Vec<_>>();
        assert_eq!(named(0), []);
        assert_eq!(named(1), [(0, false)]);
        assert_eq!(named(3), [(2, false), (1, true), (0, false)]);
        let thirty = [(29, false), (24, true), (19, false), (14, true), (9, false), (4, true)];
        assert_eq!(named(30), thirty);
        for count in 1..500 {
            let places = named(count);
            assert!(places.len() <= 7 && places[0] == (count - 1, false), "{count}");
        }
    }
}
