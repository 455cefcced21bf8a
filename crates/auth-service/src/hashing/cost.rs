use steward_domain::Invalid;

/// bcrypt's cost: the logarithm, to base 2, of its rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(u32);

impl Cost {
    /// The least that is safe to deploy (OWASP).
    pub const MIN: Self = Self(10);
    /// The most that a sign-in can wait for: some two seconds.
    pub const MAX: Self = Self(15);
    /// The least that bcrypt knows, for development and tests.
    pub const MIN_IN_DEVELOPMENT: Self = Self(4);

    /// A cost from 4 to 15.
    pub fn new(cost: u32) -> Result<Self, Invalid> {
        if (Self::MIN_IN_DEVELOPMENT.0..=Self::MAX.0).contains(&cost) {
            Ok(Self(cost))
        } else {
            Err(Invalid::new("must be from 10 to 15 (in development from 4)"))
        }
    }

    /// This cost, or the nearest one that there is.
    pub fn nearest_to(cost: u32) -> Self {
        Self(cost.clamp(Self::MIN_IN_DEVELOPMENT.0, Self::MAX.0))
    }

    /// The cost as bcrypt takes it.
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
    fn has_bounds() {
        assert!([4, 10, 12, 15].into_iter().all(|cost| Cost::new(cost).is_ok()));
        assert!([0, 3, 16, 31, u32::MAX].into_iter().all(|cost| Cost::new(cost).is_err()));
    }
}
