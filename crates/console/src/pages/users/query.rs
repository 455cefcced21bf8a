//! The URL of the user list, and the corresponding API parameters.

use chrono::{DateTime, SubsecRound, Utc};
use form_urlencoded::Serializer;
use steward_contracts::bodies::{UserList, format_instant};
use steward_domain::{Order, UserSort};

use super::dates::parse_instant;
use super::filter::Filter;
use super::last_login::LastLogin;
use crate::times::Times;

/// The path of the list.
pub(crate) const LIST: &str = "/users";
/// The page sizes; the second is the default.
pub(crate) const PAGE_SIZES: [u32; 4] = [10, 25, 50, 100];
const DEFAULT_PAGE_SIZE: u32 = PAGE_SIZES[1];
/// Longer than any cursor of the API.
const MAX_CURSOR_LENGTH: usize = 2_000;
/// The last page that is requested by number. The cost of such a request grows with the number.
pub(super) const LAST_NUMBERED_PAGE: u32 = 100;

/// The query of the list's URL. Values that are missing, unknown or not valid count as their defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListQuery {
    pub(crate) filter: Filter,
    pub(crate) sort: UserSort,
    pub(crate) order: Order,
    pub(crate) page_size: u32,
    pub(crate) position: PagePosition,
    /// The reference time of a relative last log-in. It is the same on all pages of a list.
    pub(crate) as_of: Option<DateTime<Utc>>,
}

/// The position of a page in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum PagePosition {
    #[default]
    First,
    /// The page after the one that returned this cursor.
    After(String),
    /// A page by number, from 2. Cursors do not lead backwards.
    Number(u32),
}

impl Default for ListQuery {
    fn default() -> Self {
        let sort = UserSort::default();
        let (filter, order) = (Filter::default(), default_order(sort));
        Self { filter, sort, order, page_size: DEFAULT_PAGE_SIZE, position: PagePosition::First, as_of: None }
    }
}

/// Returns the default order: names ascending, times descending.
pub(super) fn default_order(sort: UserSort) -> Order {
    match sort {
        UserSort::CreatedAt | UserSort::LastLogin => Order::Desc,
        UserSort::UserId | UserSort::Email | UserSort::Name => Order::Asc,
    }
}

impl ListQuery {
    /// Parses the query of a path of the console.
    pub(crate) fn from_target(target: &str) -> Self {
        Self::parse(target.split_once('?').map_or("", |(_, query)| query))
    }

    pub(crate) fn parse(query: &str) -> Self {
        let mut list = Self { filter: Filter::parse(query), ..Self::default() };
        let (mut order, mut cursor, mut number) = (None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "sort" => list.sort = UserSort::parse(&value).unwrap_or_default(),
                "order" => order = Order::parse(&value).ok(),
                "page_size" => list.page_size = parse_size(&value),
                "cursor" => cursor = Some(value.into_owned()).filter(|cursor| is_cursor(cursor)),
                "page" => number = value.parse().ok().filter(|number| (2..=LAST_NUMBERED_PAGE).contains(number)),
                "as_of" => list.as_of = parse_instant(&value),
                _ => {}
            }
        }
        list.order = order.unwrap_or_else(|| default_order(list.sort));
        list.position = cursor.map(PagePosition::After).or(number.map(PagePosition::Number)).unwrap_or_default();
        list.as_of = list.as_of.filter(|_| list.is_relative());
        list
    }

    /// Serialises the query without default values.
    pub(crate) fn to_query(&self) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(self.filter.to_query());
        let mut append = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        };
        append("sort", (self.sort != UserSort::default()).then(|| self.sort.as_str()));
        append("order", (self.order != default_order(self.sort)).then(|| self.order.as_str()));
        append("page_size", (self.page_size != DEFAULT_PAGE_SIZE).then(|| self.page_size.to_string()).as_deref());
        match &self.position {
            PagePosition::First => {}
            PagePosition::After(cursor) => append("cursor", Some(cursor)),
            PagePosition::Number(number) => append("page", Some(&number.to_string())),
        }
        append("as_of", self.as_of.map(format_instant).as_deref());
        query.finish()
    }

    /// Returns the URL of the list.
    pub(crate) fn address(&self) -> String {
        let query = self.to_query();
        if query.is_empty() { LIST.to_owned() } else { format!("{LIST}?{query}") }
    }

    /// Returns the first page of the list, without a reference time.
    #[must_use]
    pub(crate) fn first_page(&self) -> Self {
        Self { position: PagePosition::First, as_of: None, ..self.clone() }
    }

    /// Returns another page of the list, with the same reference time.
    #[must_use]
    pub(crate) fn at(&self, position: PagePosition, now: DateTime<Utc>) -> Self {
        Self { position, ..self.as_of(now) }
    }

    /// Returns the list with its reference time fixed.
    #[must_use]
    pub(crate) fn as_of(&self, now: DateTime<Utc>) -> Self {
        Self { as_of: self.is_relative().then(|| self.reference_time(now)), ..self.clone() }
    }

    /// Returns whether both list the same users in the same order, regardless of the page.
    pub(crate) fn is_same_list(&self, other: &Self) -> bool {
        (&self.filter, self.sort, self.order) == (&other.filter, other.sort, other.order)
    }

    /// Returns the API parameters. Days are those of the viewer.
    pub(crate) fn to_api(&self, times: Times, now: DateTime<Utc>) -> UserList {
        let (page, cursor) = match &self.position {
            PagePosition::First => (None, None),
            PagePosition::After(cursor) => (None, Some(cursor.clone())),
            PagePosition::Number(number) => (Some(*number), None),
        };
        UserList {
            sort: Some(self.sort),
            order: Some(self.order),
            page,
            page_size: Some(self.page_size),
            cursor,
            ..self.filter.to_api(times, self.reference_time(now))
        }
    }

    /// Whether the filter depends on the reference time.
    fn is_relative(&self) -> bool {
        self.filter.last_login.is_some_and(LastLogin::is_relative)
    }

    fn reference_time(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.as_of.unwrap_or(now).trunc_subsecs(0)
    }
}

fn parse_size(text: &str) -> u32 {
    let size = text.parse().ok().filter(|size| PAGE_SIZES.contains(size));
    size.unwrap_or(DEFAULT_PAGE_SIZE)
}

fn is_cursor(text: &str) -> bool {
    (1..=MAX_CURSOR_LENGTH).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
pub(super) mod tests;
