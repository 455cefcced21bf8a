//! Numbers about all users, and how much goes on.

mod activity;
mod overview;
mod users;

pub use activity::{ActivityError, ActivityQuery};
