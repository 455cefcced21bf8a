use std::fmt;
use std::num::NonZeroI64;

/// Storage's key of a user: never 0, and never used again. Unlike a [`UserId`](crate::UserId), no user can choose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserKey(NonZeroI64);

impl UserKey {
    /// Creates the key of a stored user. Returns `None` for 0.
    pub fn new(key: i64) -> Option<Self> {
        NonZeroI64::new(key).map(Self)
    }

    /// Returns the key as a number, for storage and for the wire.
    pub fn get(self) -> i64 {
        self.0.get()
    }

    /// Returns the key as a number, or 0 without a user. A query or a tag for 0 does the same work as for a user.
    pub fn or_zero(user: Option<Self>) -> i64 {
        user.map_or(0, Self::get)
    }
}

impl fmt::Display for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
