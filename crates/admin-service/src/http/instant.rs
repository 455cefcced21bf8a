use chrono::DateTime;
use steward_domain::{Invalid, Timestamp, truncate};

/// Reads an instant out of a query (RFC 3339), with any offset. A `+` in a query stands for a space, so an offset that
/// was not escaped arrives with one.
pub(super) fn instant(text: &str) -> Result<Timestamp, Invalid> {
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
        let expected = instant("2026-01-02T03:04:05.678901Z").unwrap();
        for text in
            ["2026-01-02T12:04:05.678901+09:00", "2026-01-02T12:04:05.678901 09:00", "2026-01-02T03:04:05.678901999Z"]
        {
            assert_eq!(instant(text).unwrap(), expected, "{text}");
        }
        for text in ["", "2026-01-02", "2026-01-02T03:04:05", "1767323045", "2026-02-30T00:00:00Z"] {
            assert!(instant(text).is_err(), "{text:?}");
        }
    }
}
