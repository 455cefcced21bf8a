//! Rate limits.
//!
//! - [`Quota`]: a limit per period and a burst, read from a setting such as `60/min:20`.
//! - [`gcra`]: the arithmetic, shared by all adapters of [`crate::ports::RateLimiter`].
//!
//! ```
//! use steward_domain::Quota;
//! use steward_domain::rate_limit::gcra;
//!
//! let quota = Quota::parse("60/min:2")?;
//! let now = 1_700_000_000_000_000;
//! let drained_at = gcra::charged(quota, now, gcra::charged(quota, now, now));
//! assert!(!gcra::has_room(quota, now, drained_at), "two calls may come at once");
//! assert_eq!(gcra::retry_after(quota, now, drained_at).as_secs(), 1);
//! # Ok::<(), steward_domain::Invalid>(())
//! ```

pub mod gcra;
mod quota;

pub use quota::{Quota, RatePeriod};
