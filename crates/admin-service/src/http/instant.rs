use chrono::DateTime;
use steward_domain::{Invalid, Timestamp, truncate};

/// Parses an instant (RFC 3339) of a query, with any offset. An unescaped `+` in a query means a space, so a space
/// before the offset is accepted.
pub(super) fn parse_instant(text: &str) -> Result<Timestamp, Invalid> {
    let at = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_rfc3339(&text.replace(' ', "+")))
        .map_err(|_| Invalid::new("must be an instant such as 2026-01-31T00:00:00Z (RFC 3339)"))?;
    Ok(truncate(at.to_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
