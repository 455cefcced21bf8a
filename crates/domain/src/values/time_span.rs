use super::Invalid;
use crate::Timestamp;

/// A span of time: from its first instant, which belongs to it, to its end, which does not. Either may be open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct TimeSpan {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl TimeSpan {
    /// The span between two instants. One that holds no instant is refused, by what is wrong with its end.
    pub fn parse(from: Option<Timestamp>, to: Option<Timestamp>) -> Result<Self, Invalid> {
        match (from, to) {
            (Some(from), Some(to)) if to <= from => Err(Invalid::new("must be later than where the span begins")),
            _ => Ok(Self { from, to }),
        }
    }

    /// The first instant of it.
    pub fn from(&self) -> Option<Timestamp> {
        self.from
    }

    /// The first instant after it.
    pub fn to(&self) -> Option<Timestamp> {
        self.to
    }

    /// Whether an instant lies in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn a_span_has_its_beginning_and_not_its_end() {
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
