//! Use cases of administrators on invitations.

mod list;
mod revoke;
mod send;
