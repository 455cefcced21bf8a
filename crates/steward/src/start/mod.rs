//! What happens between the command and the first request, and beside the requests.
//!
//! - [`database`]: waited for, migrated, filled with sample users.
//! - [`banner`]: what a developer wants to know first.
//! - [`housekeeping`]: what is done now and then.
//! - [`serving`]: listening and draining.

pub(crate) mod banner;
pub(crate) mod database;
pub(crate) mod housekeeping;
pub(crate) mod serving;
