//! Times and days in the time zone of the viewer.

use chrono::{DateTime, NaiveDate, Utc};
use steward_domain::TimeZone;

/// Times and days in the time zone of the viewer's profile, or in UTC without one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Times(Option<TimeZone>);

impl Times {
    /// Creates the times of the zone with this name. An unknown name means UTC.
    pub(crate) fn new(time_zone: Option<&str>) -> Self {
        Self(time_zone.and_then(|name| TimeZone::parse(name).ok()).filter(|zone| *zone != TimeZone::default()))
    }

    /// Returns the name of the zone, unless it is the default one.
    pub(crate) fn zone(self) -> Option<&'static str> {
        self.0.map(|zone| zone.name())
    }

    /// Returns the name of the zone.
    pub(crate) fn zone_or_utc(self) -> &'static str {
        self.0.unwrap_or_default().name()
    }

    /// Formats day and time, with the abbreviation of the zone.
    pub(crate) fn instant(self, at: &DateTime<Utc>) -> String {
        match self.0 {
            Some(zone) => format!("{} {}", zone.local(*at).format("%Y-%m-%d %H:%M"), zone.abbreviation(*at)),
            None => utc(at),
        }
    }

    /// Formats day and time as [`Times::instant`], and in UTC.
    pub(crate) fn instant_and_utc(self, at: &DateTime<Utc>) -> String {
        match self.0 {
            Some(_) => format!("{} · {}", self.instant(at), utc(at)),
            None => utc(at),
        }
    }

    /// Formats the time of the day.
    pub(crate) fn time_of_day(self, at: &DateTime<Utc>) -> String {
        match self.0 {
            Some(zone) => zone.local(*at).format("%H:%M:%S").to_string(),
            None => at.format("%H:%M:%S").to_string(),
        }
    }

    /// Returns the day.
    pub(crate) fn day(self, at: DateTime<Utc>) -> NaiveDate {
        self.0.unwrap_or_default().day(at)
    }

    /// Returns the first instant of a day.
    pub(crate) fn start_of(self, day: NaiveDate) -> DateTime<Utc> {
        self.0.unwrap_or_default().start_of(day)
    }

    /// Returns the first instant after a day; `None` after the last day that can be represented. A day that the zone
    /// skips ends with the next one.
    pub(crate) fn end_of(self, day: NaiveDate) -> Option<DateTime<Utc>> {
        let start = self.start_of(day);
        day.iter_days().skip(1).map(|next| self.start_of(next)).find(|end| *end > start)
    }
}

/// Formats day and time in UTC.
pub(crate) fn utc(at: &DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_the_zone_of_the_viewer() {
        let at = "2026-01-02T20:04:05Z".parse::<DateTime<Utc>>().unwrap();
        let seoul = Times::new(Some("Asia/Seoul"));
        assert_eq!(seoul.instant(&at), "2026-01-03 05:04 KST");
        assert_eq!(seoul.instant_and_utc(&at), "2026-01-03 05:04 KST · 2026-01-02 20:04 UTC");
        assert_eq!((seoul.time_of_day(&at).as_str(), seoul.day(at).to_string().as_str()), ("05:04:05", "2026-01-03"));
        assert_eq!((seoul.zone(), seoul.zone_or_utc()), (Some("Asia/Seoul"), "Asia/Seoul"));
        for utc in [Times::default(), Times::new(Some("unknown"))] {
            assert_eq!((utc.instant(&at), utc.zone()), ("2026-01-02 20:04 UTC".to_owned(), None));
            assert_eq!(utc.zone_or_utc(), "UTC");
            assert_eq!(utc.instant_and_utc(&at), "2026-01-02 20:04 UTC");
            assert_eq!((utc.time_of_day(&at).as_str(), utc.day(at).to_string().as_str()), ("20:04:05", "2026-01-02"));
        }
    }

    #[test]
    fn a_day_is_not_empty() {
        for (zone, day, start, end) in [
            (None, "2026-03-29", "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z"),
            (Some("Asia/Seoul"), "2026-03-29", "2026-03-28T15:00:00Z", "2026-03-29T15:00:00Z"),
            (Some("Europe/Berlin"), "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            (Some("Africa/Cairo"), "2026-04-24", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"),
            (Some("Pacific/Apia"), "2011-12-29", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"),
            // The zone skipped this day.
            (Some("Pacific/Apia"), "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"),
        ] {
            let (times, day) = (Times::new(zone), day.parse::<NaiveDate>().unwrap());
            let [start, end] = [start, end].map(|at| at.parse::<DateTime<Utc>>().unwrap());
            assert_eq!((times.start_of(day), times.end_of(day)), (start, Some(end)), "{zone:?} {day}");
        }
        assert_eq!(Times::default().end_of(NaiveDate::MAX), None);
    }
}
