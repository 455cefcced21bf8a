//! Building blocks of tests. A dev-dependency only.
//!
//! - [`contracts`]: one suite per port, written once and run against every adapter. Any difference between adapters is
//!   a bug.
//! - `http` (a feature): a client of the API that checks every response against the API's own description.
//! - `browser` (a feature): a headless Chromium, and accessibility checks by axe-core.
//! - [`servers`]: temporary PostgreSQL and Redis servers, which a test can stop, pause and restart; with the feature
//!   `mail` also a mail server that fails by script.
//! - [`a_user`] and its builder, [`an_actor`], [`an_entry`]: valid domain values in one line.
//! - [`signing_keys`]: PEM keys that sign tokens.
//! - [`TestClock`], [`TestIds`]: a clock that tests move, and reproducible ids.
//!
//! How to add a suite: a file in `contracts` with one `pub async fn` per behaviour, which takes the adapter as its
//! fixture, and a macro that lists them in `contracts/lists.rs`. A test fails if a function is not listed.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a failed step must fail the test"
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

pub use builders::{UserBuilder, a_hash, a_user, an_actor, an_entry, at, the_beginning, user_id};
pub use clock::TestClock;
pub use ids::TestIds;
