use super::Invalid;
use crate::Timestamp;

/// A half-open time span: it includes its first instant and excludes its end. Either bound may be missing.
///
/// ```
/// use chrono::{DateTime, TimeDelta};
/// use steward_domain::TimeSpan;
///
/// let (start, end) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + TimeDelta::days(1));
/// let day = TimeSpan::parse(Some(start), Some(end))?;
/// assert!(day.contains(start) && !day.contains(end));
/// assert!(TimeSpan::default().contains(end));
/// # Ok::<(), steward_domain::Invalid>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct TimeSpan {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl TimeSpan {
    /// Creates the span between two instants. Refuses an empty span with a reason about its end.
    pub fn parse(from: Option<Timestamp>, to: Option<Timestamp>) -> Result<Self, Invalid> {
        match (from, to) {
            (Some(from), Some(to)) if to <= from => Err(Invalid::new("must be later than the start")),
            _ => Ok(Self { from, to }),
        }
    }

    /// Returns the first instant.
    pub fn from(&self) -> Option<Timestamp> {
        self.from
    }

    /// Returns the first instant after the span.
    pub fn to(&self) -> Option<Timestamp> {
        self.to
    }

    /// Whether the span contains an instant.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn a_span_includes_its_start_and_excludes_its_end() {
        let (from, to) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + TimeDelta::seconds(1));
        let span = TimeSpan::parse(Some(from), Some(to)).unwrap();
        assert!(span.contains(from) && !span.contains(to));
        assert!(!span.contains(from - TimeDelta::microseconds(1)));
        assert!(TimeSpan::default().contains(from));
        for (from, to) in [(from, from), (to, from)] {
            assert!(TimeSpan::parse(Some(from), Some(to)).is_err());
        }
    }
}
