//! What people do about sessions: see them and end them, their own or, as administrators, those of others.

mod end;
mod list;
mod revoke;

pub use list::OWN_LISTED;
