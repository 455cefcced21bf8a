//! Numbers about all users.

mod users;
