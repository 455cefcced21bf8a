//! Statistics of users and their activity.

mod activity;
mod overview;
mod users;

pub use activity::{ActivityError, ActivityQuery};
