use std::fmt;
use std::time::Duration;

use crate::Invalid;

/// The period of a quota's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RatePeriod {
    /// One second.
    Second,
    /// Sixty seconds.
    Minute,
    /// Sixty minutes.
    Hour,
    /// Twenty-four hours.
    Day,
}

impl RatePeriod {
    /// Every period, shortest first.
    pub const ALL: [Self; 4] = [Self::Second, Self::Minute, Self::Hour, Self::Day];

    /// Returns the period's name in a setting.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Second => "sec",
            Self::Minute => "min",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// Returns the period's length in seconds.
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    /// Returns the period's length in microseconds.
    const fn micros(self) -> u64 {
        self.seconds() as u64 * 1_000_000
    }
}

/// A rate limit: `limit` calls per period, evenly spaced, of which `burst` may come at once.
///
/// After a pause a client may send `burst` calls at once. It then gains one call every `period / limit`, up to `burst`.
/// Therefore any period contains at most `limit + burst` calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    limit: u32,
    period: RatePeriod,
    burst: u32,
}

impl Quota {
    /// Creates a quota of `limit` per `period`, all of which may come at once.
    ///
    /// Refuses 0, and more than one call per microsecond, which is the finest resolution.
    pub fn new(limit: u32, period: RatePeriod) -> Result<Self, Invalid> {
        if limit == 0 {
            return Err(Invalid::new("must allow at least one; to allow everything, write off"));
        }
        if u64::from(limit) > period.micros() {
            return Err(Invalid::new("must not allow more than 1000000 in a second"));
        }
        Ok(Self { limit, period, burst: limit })
    }

    /// Sets the burst: 1 to the limit.
    ///
    /// For a large burst and a low rate, use a longer period: `60/hour:10` allows ten calls at once, then one per
    /// minute.
    pub fn with_burst(self, burst: u32) -> Result<Self, Invalid> {
        if !(1..=self.limit).contains(&burst) {
            return Err(Invalid::new(format!("must allow 1 to {} at once", self.limit)));
        }
        Ok(Self { burst, ..self })
    }

    /// Parses `60/min`, or `60/min:20` for a burst of 20. Periods are `sec`, `min`, `hour` and `day`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let syntax =
            || Invalid::new("must be like 60/min or 60/min:20 (per sec, min, hour or day; then at once) or off");
        let (rate, burst) = text.split_once(':').map_or((text, None), |(rate, burst)| (rate, Some(burst)));
        let (limit, period) = rate.split_once('/').ok_or_else(syntax)?;
        let period = RatePeriod::ALL.into_iter().find(|known| known.as_str() == period).ok_or_else(syntax)?;
        let quota = Self::new(number(limit).ok_or_else(syntax)?, period)?;
        match burst {
            None => Ok(quota),
            Some(burst) => quota.with_burst(number(burst).ok_or_else(syntax)?),
        }
    }

    /// Parses a quota as [`Quota::parse`] does, or `off`, for which it returns `None`.
    pub fn parse_or_off(text: &str) -> Result<Option<Self>, Invalid> {
        if text == "off" { Ok(None) } else { Self::parse(text).map(Some) }
    }

    /// Returns the number of calls per period.
    pub const fn limit(self) -> u32 {
        self.limit
    }

    /// Returns the period of the limit.
    pub const fn period(self) -> RatePeriod {
        self.period
    }

    /// Returns the number of calls that may come at once.
    pub const fn burst(self) -> u32 {
        self.burst
    }

    /// Returns the time after which one more call is allowed: GCRA's emission interval. It is in whole microseconds,
    /// rounded down, so that a whole burst is available again within the period.
    pub const fn interval(self) -> Duration {
        Duration::from_micros(self.interval_micros())
    }

    /// Returns the time after which a whole burst is allowed again, at most a day: GCRA's capacity.
    pub const fn full_after(self) -> Duration {
        Duration::from_micros(self.capacity_micros())
    }

    pub(super) const fn interval_micros(self) -> u64 {
        self.period.micros() / self.limit as u64
    }

    pub(super) const fn capacity_micros(self) -> u64 {
        self.interval_micros() * self.burst as u64
    }
}

/// Parses a number that consists of digits only.
fn number(text: &str) -> Option<u32> {
    // `parse` also accepts a plus sign.
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// Formats the quota as [`Quota::parse`] reads it.
impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.limit, self.period.as_str())?;
        if self.burst == self.limit { Ok(()) } else { write!(f, ":{}", self.burst) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsing_reverses_formatting() {
        for text in ["60/min", "60/min:20", "1/sec", "1000000/sec", "1/day", "5000/hour:1"] {
            assert_eq!(Quota::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Quota::parse("60/min:60"), Quota::parse("60/min"));
        assert_eq!(Quota::parse_or_off("off"), Ok(None));
        assert_eq!(Quota::parse_or_off("60/min"), Quota::parse("60/min").map(Some));
    }

    #[test]
    fn an_invalid_quota_is_refused_with_the_expected_syntax() {
        for text in ["", "60", "60/", "/min", "60/minute", "60 /min", "+60/min", "-1/min", "60/min:", "6e1/min", "OFF"]
        {
            let refusal = Quota::parse_or_off(text).unwrap_err().to_string();
            assert!(refusal.starts_with("must be like 60/min or 60/min:20"), "{text:?}: {refusal}");
        }
        for (text, expected) in [
            ("0/min", "at least one"),
            ("1000001/sec", "1000000 in a second"),
            ("60/min:0", "1 to 60 at once"),
            ("60/min:61", "1 to 60 at once"),
        ] {
            let refusal = Quota::parse_or_off(text).unwrap_err().to_string();
            assert!(refusal.contains(expected), "{text:?}: {refusal}");
        }
        assert!(Quota::parse("4294967296/day").is_err(), "more than 32 bits");
    }

    #[test]
    fn a_whole_burst_is_available_again_within_the_period() {
        for text in ["7/min", "11/sec", "86399/day", "999999/sec", "3/hour:2"] {
            let quota = Quota::parse(text).unwrap();
            let period = Duration::from_secs(quota.period().seconds().into());
            assert!(quota.full_after() <= period, "{text}");
            assert!(quota.interval() * quota.burst() == quota.full_after(), "{text}");
        }
    }
}
