//! Lists and ends sessions: of the signed-in user, and of other users for administrators.

mod end;
mod list;
mod revoke;

pub use list::OWN_LISTED;
