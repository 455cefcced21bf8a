//! How often something may happen.
//!
//! - [`Quota`]: so many in this time, of which so many at once; read from a setting such as `60/min:20`.
//! - [`gcra`]: the arithmetic, the same for every adapter of [`crate::ports::RateLimiter`].

pub mod gcra;
mod quota;

pub use quota::{Quota, RatePeriod};
