use std::fmt;

use chrono::{DateTime, FixedOffset, Offset, Utc};
use tz::TimeZoneRef;
use tzdb_data::{TZ_NAMES, find_tz};

use super::Invalid;
use crate::Timestamp;

/// A time zone of the IANA database, such as `Asia/Seoul`.
#[derive(Clone, Copy)]
pub struct TimeZone {
    name: &'static str,
    rules: &'static TimeZoneRef<'static>,
}

impl TimeZone {
    /// Parses the name of a zone in any case.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let name = TZ_NAMES.iter().find(|name| name.eq_ignore_ascii_case(text)).copied();
        name.and_then(|name| Some(Self { name, rules: find_tz(name.as_bytes())? }))
            .ok_or_else(|| Invalid::new("must be a time zone of the IANA database, such as Asia/Seoul"))
    }

    /// Returns the names of all zones, sorted. Some name the same zone.
    pub fn names() -> &'static [&'static str] {
        TZ_NAMES
    }

    /// Returns the name, in the spelling of the database.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns an instant in the local time of the zone.
    pub fn local(&self, at: Timestamp) -> DateTime<FixedOffset> {
        let local_time = self.rules.find_local_time_type(at.timestamp()).ok();
        let offset = local_time.and_then(|local_time| FixedOffset::east_opt(local_time.ut_offset()));
        at.with_timezone(&offset.unwrap_or_else(|| Utc.fix()))
    }

    /// Returns the abbreviation of the local time at an instant, such as `KST`. Zones without one have the offset from
    /// UTC, such as `-03`.
    pub fn abbreviation(&self, at: Timestamp) -> &'static str {
        let local_time = self.rules.find_local_time_type(at.timestamp()).ok();
        local_time.map_or("UTC", |local_time| local_time.time_zone_designation())
    }
}

/// Two zones are equal if they have the same name.
impl PartialEq for TimeZone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for TimeZone {}

impl fmt::Debug for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TimeZone({})", self.name)
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::parse(name).unwrap()
    }

    #[test]
    fn a_zone_has_the_spelling_of_the_database() {
        for (text, name) in
            [("asia/SEOUL", "Asia/Seoul"), ("utc", "UTC"), ("America/Port-au-Prince", "America/Port-au-Prince")]
        {
            assert_eq!(zone(text).name(), name);
        }
        for text in ["", "Seoul", "Asia/Seoul ", "KST", "+09:00", "Asia/../UTC", "Asia/Se\0oul"] {
            assert!(TimeZone::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn every_name_is_a_zone() {
        assert!(TimeZone::names().len() > 400);
        for name in TimeZone::names() {
            assert_eq!(zone(name).name(), *name);
        }
    }

    #[test]
    fn local_time_follows_daylight_saving_time() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (name, instant, local, abbreviation) in [
            ("Asia/Seoul", "2026-01-02T03:04:05Z", "2026-01-02T12:04:05+09:00", "KST"),
            ("Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29T01:59:59+01:00", "CET"),
            ("Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00", "CEST"),
            ("America/Sao_Paulo", "2040-07-01T12:00:00Z", "2040-07-01T09:00:00-03:00", "-03"),
            ("Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01T05:45:00+05:45", "+0545"),
            ("UTC", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00+00:00", "UTC"),
        ] {
            let zone = zone(name);
            assert_eq!(zone.local(at(instant)).to_rfc3339(), local, "{name}");
            assert_eq!(zone.abbreviation(at(instant)), abbreviation, "{name}");
        }
    }
}
