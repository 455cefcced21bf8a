//! What tests are built of. A dev-dependency only.
//!
//! - [`contracts`]: one suite per port, written once and run against every adapter. A difference between adapters is a
//!   bug that a suite must be able to see.
//! - `http` (a feature): a caller of the API who checks every answer against the API's own description.
//! - `browser` (a feature): pages in a headless Chromium, and what axe-core says of them.
//! - [`servers`]: throw-away PostgreSQL and Redis, which a test may stop, pause and restart.
//! - [`a_user`] and its builder, [`an_actor`], [`an_entry`]: valid domain values in one line.
//! - [`signing_keys`]: key files for tokens.
//! - [`TestClock`], [`TestIds`]: time that moves when told to, and randomness that repeats itself.
//!
//! How to add a suite: a file in `contracts` with one `pub async fn` per behaviour that takes the adapter as its
//! fixture, and a macro that lists them in `contracts/lists.rs`, where a test fails while one is not listed.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a test that cannot go on is to fail at the spot"
)]

#[cfg(feature = "browser")]
pub mod browser;
mod builders;
mod clock;
pub mod contracts;
#[cfg(feature = "http")]
pub mod http;
mod ids;
pub mod servers;
pub mod signing_keys;

pub use builders::{UserBuilder, a_user, an_actor, an_entry, at, the_beginning, user_id};
pub use clock::TestClock;
pub use ids::TestIds;
