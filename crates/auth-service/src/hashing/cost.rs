use steward_domain::Invalid;

/// The cost of bcrypt: the binary logarithm of its rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(u32);

impl Cost {
    /// The minimum in production (OWASP).
    pub const MIN: Self = Self(10);
    /// The maximum; a hash takes about two seconds.
    pub const MAX: Self = Self(15);
    /// The minimum of bcrypt, for development and tests.
    pub const MIN_IN_DEVELOPMENT: Self = Self(4);

    /// Creates a cost from 4 to 15.
    pub fn new(cost: u32) -> Result<Self, Invalid> {
        if (Self::MIN_IN_DEVELOPMENT.0..=Self::MAX.0).contains(&cost) {
            Ok(Self(cost))
        } else {
            Err(Invalid::new("must be from 10 to 15 (in development from 4)"))
        }
    }

    /// Returns the valid cost nearest to `cost`.
    pub fn nearest_to(cost: u32) -> Self {
        Self(cost.clamp(Self::MIN_IN_DEVELOPMENT.0, Self::MAX.0))
    }

    /// Returns the cost as a number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for Cost {
    fn default() -> Self {
        Self(12)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_from_4_to_15() {
        assert!([4, 10, 12, 15].into_iter().all(|cost| Cost::new(cost).is_ok()));
        assert!([0, 3, 16, 31, u32::MAX].into_iter().all(|cost| Cost::new(cost).is_err()));
    }
}
