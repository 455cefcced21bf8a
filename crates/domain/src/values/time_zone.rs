use std::fmt;
use std::hash::{Hash, Hasher};

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, Offset, Utc};
use tz::TimeZoneRef;
use tzdb_data::{TZ_NAMES, find_tz};

use super::Invalid;
use crate::Timestamp;

/// A time zone of the IANA database, such as `Asia/Seoul`. The default is `UTC`.
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

    /// Returns the local day of an instant.
    pub fn day(&self, at: Timestamp) -> NaiveDate {
        self.local(at).date_naive()
    }

    /// Returns the first instant of a local day. If the clock skips midnight, it is the instant of the change. If the
    /// clock passes midnight twice, it is the first time. A day that the zone skips has the first instant of the next
    /// day, so that it is empty.
    pub fn start_of(&self, day: NaiveDate) -> Timestamp {
        let [month, of_month] = [day.month(), day.day()].map(|part| u8::try_from(part).unwrap_or(1));
        let mut earliest = [None];
        let found = tz::DateTime::find_n(&mut earliest, day.year(), month, of_month, 0, 0, 0, 0, *self.rules);
        let start = found.ok().and_then(|found| found.earliest());
        start
            .and_then(|start| DateTime::from_timestamp(start.unix_time(), 0))
            .unwrap_or_else(|| day.and_time(NaiveTime::MIN).and_utc())
    }

    /// Returns the abbreviation of the local time at an instant, such as `KST`. Zones without one have the offset from
    /// UTC, such as `-03`.
    pub fn abbreviation(&self, at: Timestamp) -> &'static str {
        let local_time = self.rules.find_local_time_type(at.timestamp()).ok();
        local_time.map_or("UTC", |local_time| local_time.time_zone_designation())
    }
}

static UTC: TimeZoneRef<'static> = TimeZoneRef::utc();

impl Default for TimeZone {
    fn default() -> Self {
        Self { name: "UTC", rules: &UTC }
    }
}

/// Two zones are equal if they have the same name.
impl PartialEq for TimeZone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for TimeZone {}

impl Hash for TimeZone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

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
    use chrono::{Days, TimeDelta};
    use proptest::prelude::*;

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

    #[test]
    fn days_begin_at_their_first_instant() {
        for (name, day, start, hours) in [
            ("UTC", "2026-11-23", "2026-11-23T00:00:00Z", 24),
            ("Asia/Seoul", "2026-11-23", "2026-11-22T15:00:00Z", 24),
            ("Asia/Kolkata", "2026-11-23", "2026-11-22T18:30:00Z", 24),
            ("Europe/Berlin", "2026-03-28", "2026-03-27T23:00:00Z", 24),
            ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", 23),
            ("Europe/Berlin", "2026-03-30", "2026-03-29T22:00:00Z", 24),
            ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z", 25),
            ("Europe/Berlin", "2045-10-29", "2045-10-28T22:00:00Z", 25),
            // Midnight is skipped: the day begins at 01:00.
            ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", 23),
            ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z", 23),
            // The hour before midnight occurs twice.
            ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00Z", 25),
            ("Africa/Cairo", "2026-10-29", "2026-10-28T21:00:00Z", 25),
            // The hour after midnight occurs twice.
            ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z", 25),
            // The zone moved across the date line.
            ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z", 24),
            ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", 0),
            ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", 24),
        ] {
            let (zone, day) = (zone(name), day.parse::<NaiveDate>().unwrap());
            let length = zone.start_of(day.succ_opt().unwrap()) - zone.start_of(day);
            assert_eq!(
                (zone.start_of(day), length),
                (start.parse::<Timestamp>().unwrap(), TimeDelta::hours(hours)),
                "{name} {day}"
            );
        }
    }

    #[test]
    fn the_default_zone_is_utc() {
        let utc = TimeZone::default();
        assert_eq!((utc, TimeZone::names().contains(&utc.name())), (zone("UTC"), true));
        for day in [NaiveDate::MIN, NaiveDate::MAX] {
            assert_eq!(utc.start_of(day), day.and_time(NaiveTime::MIN).and_utc());
        }
    }

    proptest! {
        #[test]
        fn days_follow_each_other(
            name in prop::sample::select(vec![
                "Europe/Berlin", "America/Sao_Paulo", "Asia/Seoul", "Pacific/Apia", "Africa/Cairo", "Asia/Kathmandu",
            ]),
            days in 0..30_000_u64,
        ) {
            let zone = zone(name);
            let day = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + Days::new(days);
            let (start, end) = (zone.start_of(day), zone.start_of(day.succ_opt().unwrap()));
            prop_assert!(start <= end);
            let instant = TimeDelta::microseconds(1);
            prop_assert!(zone.day(start - instant) < day && zone.day(end - instant) <= day);
            if start < end {
                prop_assert_eq!((zone.day(start), zone.day(end - instant)), (day, day));
                prop_assert!((23..=25).contains(&(end - start).num_hours()));
            }
        }
    }
}
