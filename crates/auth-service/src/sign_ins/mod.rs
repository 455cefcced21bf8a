//! Attempts to sign in, as they are kept: for the user, for administrators, and for a while.

mod purge;
mod timeline;

pub use timeline::TimelineError;
