use chrono::{DateTime, Utc};
use steward_domain::{Invalid, Order, Role, UserSort};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::UserRole;
use super::instant::{format_instant, parse_instant};

/// The parameters of `GET /api/admin/users`. The API's default applies to each that is `None`.
///
/// This type is the only definition of the parameters: clients and saved segments write them with [`UserList::query`],
/// services read them with [`UserList::set`], and the documentation of the fields is their description in OpenAPI.
#[derive(Debug, Clone, Default, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UserList {
    /// The page number, from 1
    #[param(minimum = 1, example = 1)]
    pub page: Option<u32>,
    /// Users per page
    #[param(minimum = 1, maximum = 100, example = 10)]
    pub page_size: Option<u32>,
    /// Words that all occur in user_id, email or name, ignoring case and accents
    #[param(max_length = 100, example = "john")]
    pub search: Option<String>,
    /// `user` and `super_admin` match exactly; `admin` matches admins and super_admins
    #[param(inline)]
    pub role: Option<UserRole>,
    /// Only active or only inactive users
    pub is_active: Option<bool>,
    /// Only accounts created at or after this instant (RFC 3339)
    pub created_from: Option<DateTime<Utc>>,
    /// Only accounts created before this instant (RFC 3339)
    pub created_to: Option<DateTime<Utc>>,
    /// Only users with a last sign-in at or after this instant (RFC 3339)
    pub last_login_from: Option<DateTime<Utc>>,
    /// Only users with a last sign-in before this instant (RFC 3339); excludes users without one
    pub last_login_to: Option<DateTime<Utc>>,
    /// Only users who never signed in, or only users who did; `true` excludes `last_login_…`
    pub never_signed_in: Option<bool>,
    /// Only currently locked accounts (see `locked_until`), or only unlocked ones
    pub locked: Option<bool>,
    /// The sort key; `created_at` by default
    #[param(inline, value_type = Option<SortNames>)]
    pub sort: Option<UserSort>,
    /// The sort direction; `desc` by default
    #[param(inline, value_type = Option<OrderNames>)]
    pub order: Option<Order>,
    /// `next_cursor` of the previous page, with the same filters and order; `page` is then ignored
    pub cursor: Option<String>,
}

impl UserList {
    /// The names of the parameters of filter and order, which [`UserList::set`] parses. The other parameters select a
    /// page and are the same for every list.
    pub const FILTER_AND_ORDER: [&'static str; 11] = [
        "search",
        "role",
        "is_active",
        "created_from",
        "created_to",
        "last_login_from",
        "last_login_to",
        "never_signed_in",
        "locked",
        "sort",
        "order",
    ];

    /// Parses one parameter of filter or order. Instants may have any offset and are cut to microseconds.
    ///
    /// An unknown name or an invalid value is an error and changes nothing. The caller decides whether to report it.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Invalid> {
        match name {
            "search" => self.search = Some(value.to_owned()),
            "role" => self.role = Some(Role::parse(value)?.into()),
            "is_active" => self.is_active = Some(parse_flag(value)?),
            "created_from" => self.created_from = Some(parse_instant(value)?),
            "created_to" => self.created_to = Some(parse_instant(value)?),
            "last_login_from" => self.last_login_from = Some(parse_instant(value)?),
            "last_login_to" => self.last_login_to = Some(parse_instant(value)?),
            "never_signed_in" => self.never_signed_in = Some(parse_flag(value)?),
            "locked" => self.locked = Some(parse_flag(value)?),
            "sort" => self.sort = Some(UserSort::parse(value)?),
            "order" => self.order = Some(Order::parse(value)?),
            _ => return Err(Invalid::new("is an unknown field")),
        }
        Ok(())
    }

    /// Returns the names and values of the parameters that are not `None`, not yet escaped.
    pub fn query(&self) -> Vec<(&'static str, String)> {
        let parameters = [
            ("search", self.search.clone()),
            ("role", self.role.map(|role| Role::from(role).as_str().to_owned())),
            ("is_active", self.is_active.map(|is_active| is_active.to_string())),
            ("created_from", self.created_from.map(format_instant)),
            ("created_to", self.created_to.map(format_instant)),
            ("last_login_from", self.last_login_from.map(format_instant)),
            ("last_login_to", self.last_login_to.map(format_instant)),
            ("never_signed_in", self.never_signed_in.map(|never| never.to_string())),
            ("locked", self.locked.map(|locked| locked.to_string())),
            ("sort", self.sort.map(|sort| sort.as_str().to_owned())),
            ("order", self.order.map(|order| order.as_str().to_owned())),
            ("page", self.page.map(|page| page.to_string())),
            ("page_size", self.page_size.map(|size| size.to_string())),
            ("cursor", self.cursor.clone()),
        ];
        parameters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// Parses `true`, `false`, `1` or `0`.
fn parse_flag(text: &str) -> Result<bool, Invalid> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Invalid::new("must be true or false")),
    }
}

/// The names of the sort keys, for the OpenAPI document.
struct SortNames;

impl PartialSchema for SortNames {
    fn schema() -> RefOr<Schema> {
        names("The sort keys.", &UserSort::ALL.map(UserSort::as_str))
    }
}

impl ToSchema for SortNames {}

/// The names of the directions, for the OpenAPI document.
struct OrderNames;

impl PartialSchema for OrderNames {
    fn schema() -> RefOr<Schema> {
        names("The sort directions.", &[Order::Asc, Order::Desc].map(Order::as_str))
    }
}

impl ToSchema for OrderNames {}

fn names(description: &str, names: &[&str]) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String).description(Some(description));
    text.enum_values(Some(names.iter().copied())).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_parameter() -> UserList {
        let at = |second| DateTime::from_timestamp(second, 678_901_000);
        UserList {
            search: Some("Jörg & co".to_owned()),
            role: Some(UserRole::SuperAdmin),
            is_active: Some(false),
            created_from: at(1),
            created_to: at(2),
            last_login_from: at(3),
            last_login_to: at(4),
            never_signed_in: Some(false),
            locked: Some(true),
            sort: Some(UserSort::LastLogin),
            order: Some(Order::Asc),
            page: Some(2),
            page_size: Some(50),
            cursor: Some("eyJ".to_owned()),
        }
    }

    #[test]
    fn only_parameters_with_a_value_are_written() {
        assert!(UserList::default().query().is_empty());
        let list = UserList { role: Some(UserRole::SuperAdmin), page: Some(2), ..UserList::default() };
        assert_eq!(list.query(), [("role", "super_admin".to_owned()), ("page", "2".to_owned())]);
    }

    #[test]
    fn written_parameters_are_read_again() {
        let written = every_parameter().query();
        let (filter_and_order, page) = written.split_at(UserList::FILTER_AND_ORDER.len());
        let names =
            |parameters: &[(&'static str, String)]| parameters.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        assert_eq!(names(filter_and_order), UserList::FILTER_AND_ORDER);
        assert_eq!(names(page), ["page", "page_size", "cursor"]);
        let mut read =
            UserList { page: Some(2), page_size: Some(50), cursor: Some("eyJ".to_owned()), ..UserList::default() };
        for (name, value) in filter_and_order {
            read.set(name, value).unwrap();
        }
        assert_eq!(read, every_parameter());
    }

    #[test]
    fn an_error_has_a_reason_and_changes_nothing() {
        for (name, value, reason) in [
            ("role", "boss", "must be one of user, admin, super_admin"),
            ("is_active", "yes", "must be true or false"),
            ("created_to", "2026", "must be an instant such as 2026-01-31T00:00:00Z (RFC 3339)"),
            ("sort", "id", "must be one of created_at, user_id, email, name, last_login"),
            ("order", "up", "must be asc or desc"),
            ("page", "2", "is an unknown field"),
            ("colour", "red", "is an unknown field"),
        ] {
            let mut list = every_parameter();
            assert_eq!(list.set(name, value).unwrap_err().to_string(), reason, "{name}");
            assert_eq!(list, every_parameter(), "{name}");
        }
    }

    #[test]
    fn a_flag_is_a_word_or_a_digit() {
        let flags = ["true", "1", "false", "0", "TRUE", ""].map(|text| parse_flag(text).ok());
        assert_eq!(flags, [Some(true), Some(true), Some(false), Some(false), None, None]);
    }
}
