use std::fmt;
use std::time::Duration;

use crate::Invalid;

/// What a quota's limit is per.
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

    /// The period's name in a setting.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Second => "sec",
            Self::Minute => "min",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// How long it is, in seconds.
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    /// How long it is, in microseconds.
    const fn micros(self) -> u64 {
        self.seconds() as u64 * 1_000_000
    }
}

/// How often something may happen: `limit` times in a period, evenly spread, of which `burst` may come at once.
///
/// Whoever was quiet may do `burst` at once, and gets one more every `period / limit` from then on, up to `burst`. So
/// any stretch as long as the period sees `limit + burst` at the very most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    limit: u32,
    period: RatePeriod,
    burst: u32,
}

impl Quota {
    /// `limit` in a `period`, all of which may come at once.
    ///
    /// Refuses 0, and more than one in a microsecond, which is the finest that is counted.
    pub fn new(limit: u32, period: RatePeriod) -> Result<Self, Invalid> {
        if limit == 0 {
            return Err(Invalid::new("must allow at least one; to allow everything, write off"));
        }
        if u64::from(limit) > period.micros() {
            return Err(Invalid::new("must not allow more than 1000000 in a second"));
        }
        Ok(Self { limit, period, burst: limit })
    }

    /// The same with no more than `burst` at once: 1 to the limit.
    ///
    /// Many at once and few later is said by a longer period: `60/hour:10` is ten, then one in a minute.
    pub fn with_burst(self, burst: u32) -> Result<Self, Invalid> {
        if !(1..=self.limit).contains(&burst) {
            return Err(Invalid::new(format!("must allow 1 to {} at once", self.limit)));
        }
        Ok(Self { burst, ..self })
    }

    /// Reads `60/min`, or `60/min:20` where no more than 20 may come at once. Periods are `sec`, `min`, `hour`, `day`.
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

    /// Reads what [`Quota::parse`] reads, or `off` (`None`) where nothing is to be limited.
    pub fn parse_or_off(text: &str) -> Result<Option<Self>, Invalid> {
        if text == "off" { Ok(None) } else { Self::parse(text).map(Some) }
    }

    /// How many are allowed in a period.
    pub const fn limit(self) -> u32 {
        self.limit
    }

    /// What the limit is per.
    pub const fn period(self) -> RatePeriod {
        self.period
    }

    /// How many are allowed at once.
    pub const fn burst(self) -> u32 {
        self.burst
    }

    /// After how long one more is allowed: GCRA's emission interval. In whole microseconds, rounded down, so that a
    /// whole burst is back within the period and not a moment after it.
    pub const fn interval(self) -> Duration {
        Duration::from_micros(self.interval_micros())
    }

    /// After how long a whole burst is allowed again, at most a day: GCRA's capacity.
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

/// A number in digits alone.
fn number(text: &str) -> Option<u32> {
    // `parse` takes a plus sign too.
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// As [`Quota::parse`] reads it.
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
    fn a_setting_reads_back() {
        for text in ["60/min", "60/min:20", "1/sec", "1000000/sec", "1/day", "5000/hour:1"] {
            assert_eq!(Quota::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Quota::parse("60/min:60"), Quota::parse("60/min"));
        assert_eq!(Quota::parse_or_off("off"), Ok(None));
        assert_eq!(Quota::parse_or_off("60/min"), Quota::parse("60/min").map(Some));
    }

    #[test]
    fn what_is_no_quota_is_refused_with_what_would_be_one() {
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
        assert!(Quota::parse("4294967296/day").is_err(), "more than a number holds");
    }

    #[test]
    fn a_whole_burst_is_back_within_the_period() {
        for text in ["7/min", "11/sec", "86399/day", "999999/sec", "3/hour:2"] {
            let quota = Quota::parse(text).unwrap();
            let period = Duration::from_secs(quota.period().seconds().into());
            assert!(quota.full_after() <= period, "{text}");
            assert!(quota.interval() * quota.burst() == quota.full_after(), "{text}");
        }
    }
}
