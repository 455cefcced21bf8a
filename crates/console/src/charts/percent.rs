use std::fmt;

use super::numbers::fraction;

/// A position in a drawing: hundredths of a percent of its width or height, from the left or the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Percent(u32);

impl Percent {
    pub(crate) const WHOLE: Self = Self(10_000);

    /// Returns `part` of `whole`, at most 100 %. The result is zero if `whole` is zero.
    pub(crate) fn of(part: u64, whole: u64) -> Self {
        if whole == 0 {
            return Self(0);
        }
        let hundredths = u128::from(part.min(whole)) * u128::from(Self::WHOLE.0) / u128::from(whole);
        Self(u32::try_from(hundredths).unwrap_or(Self::WHOLE.0))
    }

    /// Returns the difference to 100 %.
    pub(crate) fn rest(self) -> Self {
        Self(Self::WHOLE.0.saturating_sub(self.0))
    }

    /// Returns this many percent of the value.
    pub(crate) fn scaled(self, hundredths: u32) -> Self {
        Self(self.0 * hundredths / 100)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.0 / 100, fraction((self.0 % 100).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_zeros_are_omitted() {
        for (part, whole, text) in [
            (0, 7, "0"),
            (7, 7, "100"),
            (9, 7, "100"),
            (1, 8, "12.5"),
            (1, 3, "33.33"),
            (1, 2_000, "0.05"),
            (5, 0, "0"),
            (u64::MAX, u64::MAX, "100"),
            (u64::MAX / 2, u64::MAX, "49.99"),
        ] {
            assert_eq!(Percent::of(part, whole).to_string(), text, "{part} of {whole}");
        }
    }

    #[test]
    fn the_rest_completes_the_whole() {
        assert_eq!(Percent::of(1, 4).rest().to_string(), "75");
        assert_eq!(Percent::WHOLE.rest(), Percent::default());
        assert_eq!(Percent::of(1, 2).scaled(62).to_string(), "31");
    }
}
