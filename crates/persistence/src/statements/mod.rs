//! The statements that several ports need inside a running transaction.
//!
//! Most statements are macros, because `each!` compiles them for the connection of each database. A condition is a
//! function.

mod actor;
mod change_user;
mod erase_user;
mod links;
mod login_failures;
mod record;
mod sessions;
mod spellings;

pub(crate) use self::actor::check_actor;
pub(crate) use self::change_user::{UserMutation, change_user, revoke_sessions};
pub(crate) use self::erase_user::erase_user;
pub(crate) use self::links::{
    SUPERSEDED_BY_ADDRESS, SUPERSEDED_BY_PASSWORD, is_open_link, is_open_link_of, supersede_links,
};
pub(crate) use self::login_failures::forget_failures;
pub(crate) use self::record::{write_messages, write_record};
pub(crate) use self::sessions::{end_active_sessions, is_active_session_of, is_open_session_of};
pub(crate) use self::spellings::{is_taken, spellings};
