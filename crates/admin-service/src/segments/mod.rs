//! Saved filters of the user list. Each administrator has their own. A segment is a preference, not a change of an
//! account, so it adds no audit entry.

mod delete;
mod list;
mod save;

pub use save::SaveError;
