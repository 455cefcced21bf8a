//! What crosses a process boundary.
//!
//! - [`bodies`]: requests and responses of the public API. [`Problem`]: its one form of error (RFC 9457).
//! - `services` (a feature): how one service asks another. The SDK does without it.

#![deny(missing_docs)]

pub mod bodies;
mod problem;
#[cfg(feature = "services")]
pub mod services;

pub use problem::{FieldError, Problem};
