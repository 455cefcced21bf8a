//! Rate limits.
//!
//! - [`Quota`]: a limit per period and a burst, read from a setting such as `60/min:20`.
//! - [`gcra`]: the arithmetic, shared by all adapters of [`crate::ports::RateLimiter`].

pub mod gcra;
mod quota;

pub use quota::{Quota, RatePeriod};
