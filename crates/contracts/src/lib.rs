//! The contracts between processes.
//!
//! - [`bodies`]: requests and responses of the public API. [`Problem`]: its error format (RFC 9457).
//! - `services` (a feature): the contracts between services. The SDK does not need it.

#![deny(missing_docs)]

pub mod bodies;
mod problem;
#[cfg(feature = "services")]
pub mod services;

pub use problem::{Extensions, FieldError, Problem};
