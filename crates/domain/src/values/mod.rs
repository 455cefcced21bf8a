//! Value objects. The constructor of each is `parse`. Its errors state the reason in words for the sender.
//!
//! Two values are equal if they have the same meaning, not only if they have the same spelling:
//!
//! ```
//! use steward_domain::{DisplayName, Email, Role, SearchTerm};
//!
//! assert_eq!(Email::parse("KIM@xn--mnchen-3ya.example")?, Email::parse("kim@münchen.example")?);
//! assert_eq!(DisplayName::parse(" Zoe\u{308} ")?, DisplayName::parse("Zoë")?);
//! assert_eq!(SearchTerm::parse("Doe JÖRG")?, SearchTerm::parse("jorg doe")?);
//! assert!(Role::Admin < Role::SuperAdmin && Role::parse("root").is_err());
//! # Ok::<(), steward_domain::Invalid>(())
//! ```
//!
//! `from_stored` of some types wraps a text from storage without these rules, so that a later rule cannot make stored
//! data unreadable. It is for adapters only.

mod address_range;
mod attributes;
mod cursor;
mod display_name;
mod domain_name;
mod email;
mod locale;
mod opaque_string;
mod page;
mod password;
mod phone_number;
mod profile_text;
mod reserved_ids;
mod role;
mod search;
mod search_fold;
mod text;
mod time_span;
mod time_zone;
mod user_id;
mod user_key;

use std::borrow::Cow;

pub use address_range::{AddressRange, address_key};
pub use attributes::Attributes;
pub use cursor::{Cursor, Position};
pub use display_name::DisplayName;
pub use email::Email;
pub use locale::Locale;
pub use page::{Order, Page, PageRequest, PageSize, Total};
pub use password::{Password, PasswordAttempt};
pub use phone_number::PhoneNumber;
pub use profile_text::ProfileText;
pub use reserved_ids::ReservedIds;
pub use role::Role;
pub use search::SearchTerm;
pub use search_fold::search_fold;
pub(crate) use text::parse_name;
pub use time_span::TimeSpan;
pub use time_zone::TimeZone;
pub use user_id::UserId;
pub use user_key::UserKey;

/// The reason why a value is invalid, in words for the sender. Never contains a secret.
///
/// The text continues the name of the field:
///
/// ```
/// use steward_domain::UserId;
///
/// let invalid = UserId::parse("-john").unwrap_err();
/// assert_eq!(format!("user_id {invalid}"), "user_id must begin with a letter or a digit");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(Cow<'static, str>);

impl Invalid {
    /// Creates an error with this reason, such as `must be at least 3 characters`.
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(reason.into())
    }
}

#[cfg(test)]
mod tests;
