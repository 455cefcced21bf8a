//! Filters of the user list that administrators keep, each for themself. A preference and no change of any account: it
//! leaves no entry in the audit trail.

mod delete;
mod list;
mod save;

pub use save::SaveError;
