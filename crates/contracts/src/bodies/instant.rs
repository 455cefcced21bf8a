//! Instants in RFC 3339.
//!
//! Serialization has the format of chrono (in UTC, with as many digits of a second as necessary) and takes a fraction of
//! its time. Instants are the largest part of a user list.

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};
use serde::{Serialize, Serializer};
use steward_domain::{Invalid, truncate};

/// Maximum length of the text: `2026-01-02T03:04:05.678901234Z`.
const LONGEST: usize = 30;

/// Parses an instant (RFC 3339) of a query, with any offset, and cuts it to microseconds. An unescaped `+` in a query
/// means a space, so a space before the offset is accepted.
pub fn parse_instant(text: &str) -> Result<DateTime<Utc>, Invalid> {
    let at = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_rfc3339(&text.replace(' ', "+")))
        .map_err(|_| Invalid::new("must be an instant such as 2026-01-31T00:00:00Z (RFC 3339)"))?;
    Ok(truncate(at.to_utc()))
}

/// Formats an instant for a query (RFC 3339), in UTC with as many digits of a second as necessary.
pub fn format_instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

pub(crate) fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = [0; LONGEST];
    match write(at, &mut text) {
        Some(text) => serializer.serialize_str(text),
        None => at.serialize(serializer),
    }
}

/// Serializes an optional instant.
pub(crate) mod option {
    use super::{DateTime, Serializer, Utc};

    #[expect(clippy::ref_option, reason = "serde requires this signature")]
    pub(crate) fn serialize<S: Serializer>(at: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => super::serialize(at, serializer),
            None => serializer.serialize_none(),
        }
    }
}

/// Formats the instant. Returns `None` for years without exactly four digits, and for leap seconds.
fn write<'t>(at: &DateTime<Utc>, text: &'t mut [u8; LONGEST]) -> Option<&'t str> {
    let (at, nanos) = (at.naive_utc(), at.nanosecond());
    let year = u32::try_from(at.year()).ok().filter(|year| (1..=9999).contains(year))?;
    if nanos >= 1_000_000_000 {
        return None;
    }
    text.copy_from_slice(b"0000-00-00T00:00:00.000000000Z");
    let numbers = [
        (0..4, year),
        (5..7, at.month()),
        (8..10, at.day()),
        (11..13, at.hour()),
        (14..16, at.minute()),
        (17..19, at.second()),
        (20..29, nanos),
    ];
    for (place, mut number) in numbers {
        for digit in text.get_mut(place)?.iter_mut().rev() {
            *digit = b'0' + u8::try_from(number % 10).ok()?;
            number /= 10;
        }
    }
    let end = match nanos {
        0 => 19,
        _ if nanos % 1_000_000 == 0 => 23,
        _ if nanos % 1_000 == 0 => 26,
        _ => 29,
    };
    *text.get_mut(end)? = b'Z';
    std::str::from_utf8(text.get(..=end)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(at: DateTime<Utc>) -> String {
        let mut json = serde_json::Serializer::new(Vec::new());
        serialize(&at, &mut json).unwrap();
        String::from_utf8(json.into_inner()).unwrap()
    }

    proptest! {
        #[test]
        fn output_equals_that_of_chrono(seconds in -70_000_000_000_i64..300_000_000_000, nanos in 0..2_000_000_000_u32, digits in 0..10_u32) {
            let nanos = nanos / 10_u32.pow(9 - digits) * 10_u32.pow(9 - digits);
            if let Some(at) = DateTime::from_timestamp(seconds, nanos) {
                prop_assert_eq!(written(at), serde_json::to_string(&at).unwrap());
            }
        }
    }

    #[test]
    fn extreme_instants_equal_the_output_of_chrono() {
        for at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, DateTime::UNIX_EPOCH] {
            assert_eq!(written(at), serde_json::to_string(&at).unwrap());
        }
    }

    #[test]
    fn instants_are_read_with_any_offset_escaped_or_not() {
        let expected = parse_instant("2026-01-02T03:04:05.678901Z").unwrap();
        for text in
            ["2026-01-02T12:04:05.678901+09:00", "2026-01-02T12:04:05.678901 09:00", "2026-01-02T03:04:05.678901999Z"]
        {
            assert_eq!(parse_instant(text).unwrap(), expected, "{text}");
        }
        for text in ["", "2026-01-02", "2026-01-02T03:04:05", "1767323045", "2026-02-30T00:00:00Z"] {
            assert!(parse_instant(text).is_err(), "{text:?}");
        }
    }
}
