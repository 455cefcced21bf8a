//! The URL of the user list, and the corresponding API parameters.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, SecondsFormat, SubsecRound, TimeDelta, Utc};
use form_urlencoded::Serializer;
use steward_client::UserList;
use steward_contracts::bodies::UserRole;
use steward_domain::{Order, SearchTerm, UserSort};

use crate::roles;

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

/// The filter of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) search: Option<SearchTerm>,
    /// `Admin` is every administrator, as in the API.
    pub(crate) role: Option<UserRole>,
    pub(crate) is_active: Option<bool>,
    pub(crate) last_login: Option<LastLogin>,
    /// The first day, in UTC.
    pub(crate) registered_from: Option<NaiveDate>,
    /// The last day, in UTC.
    pub(crate) registered_to: Option<NaiveDate>,
    pub(crate) locked: Option<bool>,
}

/// A filter by last log-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastLogin {
    /// Within this period.
    Within(Period),
    /// Before this period, but at least once.
    Before(Period),
    Never,
    /// From one instant until before another. The page does not offer it; segments of other clients may contain it.
    Between(Option<DateTime<Utc>>, Option<DateTime<Utc>>),
}

/// A period before the reference time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Period {
    Day,
    Week,
    Month,
    Quarter,
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

impl Period {
    pub(super) fn duration(self) -> TimeDelta {
        TimeDelta::days(match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
            Self::Quarter => 90,
        })
    }
}

impl LastLogin {
    /// The choices that the page offers.
    pub(crate) const CHOICES: [Self; 6] = [
        Self::Within(Period::Day),
        Self::Within(Period::Week),
        Self::Within(Period::Month),
        Self::Before(Period::Month),
        Self::Before(Period::Quarter),
        Self::Never,
    ];

    /// Returns the value in URLs.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Within(period) => period.name().to_owned(),
            Self::Before(period) => format!("over-{}", period.name()),
            Self::Never => "never".to_owned(),
            Self::Between(from, to) => format!("{}..{}", instant(from), instant(to)),
        }
    }

    /// Returns the id of the text that names it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Within(Period::Day) => "users-last-login-day",
            Self::Within(Period::Week) => "users-last-login-week",
            Self::Within(Period::Month | Period::Quarter) => "users-last-login-month",
            Self::Before(Period::Day | Period::Week | Period::Month) => "users-last-login-over-month",
            Self::Before(Period::Quarter) => "users-last-login-over-quarter",
            Self::Never => "users-last-login-never",
            Self::Between(None, None) => "users-last-login-ever",
            Self::Between(Some(_), None) => "users-last-login-since",
            Self::Between(None, Some(_)) => "users-last-login-until",
            Self::Between(Some(_), Some(_)) => "users-last-login-between",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some(choice) = Self::CHOICES.into_iter().find(|choice| choice.name() == text) {
            return Some(choice);
        }
        let (from, to) = text.split_once("..")?;
        let end = |text: &str| if text.is_empty() { Some(None) } else { parse_instant(text).map(Some) };
        Self::between(end(from)?, end(to)?)
    }

    /// Returns the span unless it is empty.
    pub(super) fn between(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Option<Self> {
        let is_empty = from.zip(to).is_some_and(|(from, to)| to <= from);
        (!is_empty).then_some(Self::Between(from, to))
    }

    pub(super) fn is_relative(self) -> bool {
        matches!(self, Self::Within(_) | Self::Before(_))
    }
}

impl Period {
    fn name(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Quarter => "90d",
        }
    }
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
        let mut list = Self::default();
        let (mut order, mut cursor, mut number) = (None, None, None);
        let Filter { search, role, is_active, last_login, registered_from, registered_to, locked } = &mut list.filter;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "search" => *search = parse_search(&value),
                "role" => *role = roles::parse(&value),
                "status" => *is_active = either(&value, "active", "inactive"),
                "last_login" => *last_login = LastLogin::parse(&value),
                "registered_from" => *registered_from = parse_day(&value),
                "registered_to" => *registered_to = parse_day(&value),
                "locked" => *locked = either(&value, "yes", "no"),
                "sort" => list.sort = UserSort::parse(&value).unwrap_or_default(),
                "order" => order = Order::parse(&value).ok(),
                "page_size" => list.page_size = parse_size(&value),
                "cursor" => cursor = Some(value.into_owned()).filter(|cursor| is_cursor(cursor)),
                "page" => number = value.parse().ok().filter(|number| (2..=LAST_NUMBERED_PAGE).contains(number)),
                "as_of" => list.as_of = parse_instant(&value),
                _ => {}
            }
        }
        // A range with its days in reverse is swapped.
        if registered_from.zip(*registered_to).is_some_and(|(from, to)| to < from) {
            std::mem::swap(registered_from, registered_to);
        }
        list.order = order.unwrap_or_else(|| default_order(list.sort));
        list.position = cursor.map(PagePosition::After).or(number.map(PagePosition::Number)).unwrap_or_default();
        list.as_of = list.as_of.filter(|_| list.filter.last_login.is_some_and(LastLogin::is_relative));
        list
    }

    /// Serialises the query without default values.
    pub(crate) fn to_query(&self) -> String {
        let mut query = Serializer::new(String::new());
        let Filter { search, role, is_active, last_login, registered_from, registered_to, locked } = &self.filter;
        let mut append = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        };
        append("search", search.as_ref().map(SearchTerm::as_str));
        append("role", role.map(roles::name));
        append("status", is_active.map(|is_active| if is_active { "active" } else { "inactive" }));
        append("last_login", last_login.map(LastLogin::name).as_deref());
        append("registered_from", registered_from.map(|day| day.to_string()).as_deref());
        append("registered_to", registered_to.map(|day| day.to_string()).as_deref());
        append("locked", locked.map(|locked| if locked { "yes" } else { "no" }));
        append("sort", (self.sort != UserSort::default()).then(|| self.sort.as_str()));
        append("order", (self.order != default_order(self.sort)).then(|| self.order.as_str()));
        append("page_size", (self.page_size != DEFAULT_PAGE_SIZE).then(|| self.page_size.to_string()).as_deref());
        match &self.position {
            PagePosition::First => {}
            PagePosition::After(cursor) => append("cursor", Some(cursor)),
            PagePosition::Number(number) => append("page", Some(&number.to_string())),
        }
        append("as_of", self.as_of.map(|at| instant(Some(at))).as_deref());
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
        let is_relative = self.filter.last_login.is_some_and(LastLogin::is_relative);
        Self { as_of: is_relative.then(|| self.reference_time(now)), ..self.clone() }
    }

    /// Returns whether both list the same users in the same order, regardless of the page.
    pub(crate) fn is_same_list(&self, other: &Self) -> bool {
        (&self.filter, self.sort, self.order) == (&other.filter, other.sort, other.order)
    }

    /// Returns the API parameters.
    pub(crate) fn to_api(&self, now: DateTime<Utc>) -> UserList {
        let Filter { search, role, is_active, last_login, registered_from, registered_to, locked } = &self.filter;
        let now = self.reference_time(now);
        let (from, to, never) = match *last_login {
            None => (None, None, None),
            Some(LastLogin::Within(period)) => (Some(now - period.duration()), None, None),
            Some(LastLogin::Before(period)) => (None, Some(now - period.duration()), None),
            Some(LastLogin::Never) => (None, None, Some(true)),
            Some(LastLogin::Between(None, None)) => (None, None, Some(false)),
            Some(LastLogin::Between(from, to)) => (from, to, None),
        };
        let (page, cursor) = match &self.position {
            PagePosition::First => (None, None),
            PagePosition::After(cursor) => (None, Some(cursor.clone())),
            PagePosition::Number(number) => (Some(*number), None),
        };
        UserList {
            search: search.as_ref().map(|search| search.as_str().to_owned()),
            role: *role,
            is_active: *is_active,
            created_from: registered_from.map(beginning),
            created_to: registered_to.and_then(|day| day.checked_add_days(Days::new(1))).map(beginning),
            last_login_from: from,
            last_login_to: to,
            never_signed_in: never,
            locked: *locked,
            sort: Some(self.sort.as_str().to_owned()),
            order: Some(self.order.as_str().to_owned()),
            page,
            page_size: Some(self.page_size),
            cursor,
        }
    }

    fn reference_time(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.as_of.unwrap_or(now).trunc_subsecs(0)
    }
}

fn beginning(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

fn instant(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)).unwrap_or_default()
}

/// Parses an instant to the microsecond. Years outside 1970 to 2999 are not valid.
pub(super) fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?.to_utc().trunc_subsecs(6);
    is_supported_day(at.date_naive()).then_some(at)
}

fn parse_day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok().filter(|day| is_supported_day(*day))
}

fn is_supported_day(day: NaiveDate) -> bool {
    (1970..3000).contains(&day.year())
}

/// Parses a search term, without characters that are not valid in one.
pub(crate) fn parse_search(text: &str) -> Option<SearchTerm> {
    let text: String = text.trim().chars().filter(|c| !c.is_control()).collect();
    let cut = |_| SearchTerm::parse(&text.chars().take(SearchTerm::MAX).collect::<String>());
    SearchTerm::parse(&text).or_else(cut).ok().flatten()
}

pub(super) fn either(text: &str, yes: &str, no: &str) -> Option<bool> {
    if text == yes { Some(true) } else { (text == no).then_some(false) }
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
