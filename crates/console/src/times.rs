//! Times in the time zone of the viewer.

use chrono::{DateTime, NaiveDate, Utc};
use steward_domain::TimeZone;

/// Formats times in the time zone of the viewer's profile, or in UTC without one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Times(Option<TimeZone>);

impl Times {
    /// Formats times in the zone with this name. An unknown name means UTC.
    pub(crate) fn new(time_zone: Option<&str>) -> Self {
        Self(time_zone.and_then(|name| TimeZone::parse(name).ok()))
    }

    /// Returns the name of the zone, unless it is the default one.
    pub(crate) fn zone(self) -> Option<&'static str> {
        self.0.map(|zone| zone.name())
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
        self.0.map_or_else(|| at.date_naive(), |zone| zone.local(at).date_naive())
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
        assert_eq!(seoul.zone(), Some("Asia/Seoul"));
        for utc in [Times::default(), Times::new(Some("unknown"))] {
            assert_eq!((utc.instant(&at), utc.zone()), ("2026-01-02 20:04 UTC".to_owned(), None));
            assert_eq!(utc.instant_and_utc(&at), "2026-01-02 20:04 UTC");
            assert_eq!((utc.time_of_day(&at).as_str(), utc.day(at).to_string().as_str()), ("20:04:05", "2026-01-02"));
        }
    }
}
