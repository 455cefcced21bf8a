//! What the address of the user list says, and what the API is asked for it.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, SecondsFormat, SubsecRound, TimeDelta, Utc};
use form_urlencoded::Serializer;
use steward_client::UserList;
use steward_contracts::bodies::UserRole;
use steward_domain::{Order, SearchTerm, UserSort};

use crate::roles;

/// Where the list is.
pub(crate) const LIST: &str = "/users";
/// How many users a page may hold; the second unless somebody says otherwise.
pub(crate) const PAGE_SIZES: [u32; 4] = [10, 25, 50, 100];
const USUAL_SIZE: u32 = PAGE_SIZES[1];
/// Longer than any cursor of the API.
const LONGEST_CURSOR: usize = 2_000;
/// Last page that is asked for by its number, which costs more the later it is.
pub(super) const LAST_NUMBERED: u32 = 100;

/// What the address of the list says. What is missing, unknown or broken stands for what holds without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListQuery {
    pub(crate) filter: Filter,
    pub(crate) sort: UserSort,
    pub(crate) order: Order,
    pub(crate) page_size: u32,
    pub(crate) place: Place,
    /// From when the last log-in is reckoned, where that is relative: the pages of one list have to be of one moment.
    pub(crate) as_of: Option<DateTime<Utc>>,
}

/// Which users.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) search: Option<SearchTerm>,
    /// `Admin` is every administrator, as for the API.
    pub(crate) role: Option<UserRole>,
    pub(crate) is_active: Option<bool>,
    pub(crate) last_login: Option<LastLogin>,
    /// A day in UTC, and the days after it.
    pub(crate) registered_from: Option<NaiveDate>,
    /// A day in UTC, and the days before it.
    pub(crate) registered_to: Option<NaiveDate>,
    pub(crate) locked: Option<bool>,
}

/// When those in the list signed in last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastLogin {
    /// No longer ago than this.
    Within(Ago),
    /// Longer ago than this, but some time.
    Before(Ago),
    Never,
    /// From an instant on, and before another. No choice of the page: for segments that others saved.
    Between(Option<DateTime<Utc>>, Option<DateTime<Utc>>),
}

/// How long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ago {
    Day,
    Week,
    Month,
    Quarter,
}

/// Which page of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Place {
    #[default]
    First,
    /// What follows the page that gave this cursor.
    After(String),
    /// By number, from 2: the way back, which cursors do not have.
    Number(u32),
}

impl Ago {
    pub(super) fn length(self) -> TimeDelta {
        TimeDelta::days(match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
            Self::Quarter => 90,
        })
    }
}

impl LastLogin {
    /// What the page lets one choose from.
    pub(crate) const CHOICES: [Self; 6] = [
        Self::Within(Ago::Day),
        Self::Within(Ago::Week),
        Self::Within(Ago::Month),
        Self::Before(Ago::Month),
        Self::Before(Ago::Quarter),
        Self::Never,
    ];

    /// As it stands in addresses.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Within(ago) => ago.name().to_owned(),
            Self::Before(ago) => format!("over-{}", ago.name()),
            Self::Never => "never".to_owned(),
            Self::Between(from, to) => format!("{}..{}", instant(from), instant(to)),
        }
    }

    /// The id of the text that names it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Within(Ago::Day) => "users-last-login-day",
            Self::Within(Ago::Week) => "users-last-login-week",
            Self::Within(Ago::Month | Ago::Quarter) => "users-last-login-month",
            Self::Before(Ago::Day | Ago::Week | Ago::Month) => "users-last-login-over-month",
            Self::Before(Ago::Quarter) => "users-last-login-over-quarter",
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

    /// The span, if there is any instant in it.
    pub(super) fn between(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Option<Self> {
        let is_empty = from.zip(to).is_some_and(|(from, to)| to <= from);
        (!is_empty).then_some(Self::Between(from, to))
    }

    pub(super) fn is_relative(self) -> bool {
        matches!(self, Self::Within(_) | Self::Before(_))
    }
}

impl Ago {
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
        let (filter, order) = (Filter::default(), usual_order(sort));
        Self { filter, sort, order, page_size: USUAL_SIZE, place: Place::First, as_of: None }
    }
}

/// Names from the first letter on, times from the latest on.
pub(super) fn usual_order(sort: UserSort) -> Order {
    match sort {
        UserSort::CreatedAt | UserSort::LastLogin => Order::Desc,
        UserSort::UserId | UserSort::Email | UserSort::Name => Order::Asc,
    }
}

impl ListQuery {
    /// What the query of an address of ours says.
    pub(crate) fn of(target: &str) -> Self {
        Self::parse(target.split_once('?').map_or("", |(_, query)| query))
    }

    pub(crate) fn parse(query: &str) -> Self {
        let mut said = Self::default();
        let (mut order, mut cursor, mut number) = (None, None, None);
        let Filter { search, role, is_active, last_login, registered_from, registered_to, locked } = &mut said.filter;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "search" => *search = parse_search(&value),
                "role" => *role = roles::parse(&value),
                "status" => *is_active = either(&value, "active", "inactive"),
                "last_login" => *last_login = LastLogin::parse(&value),
                "registered_from" => *registered_from = parse_day(&value),
                "registered_to" => *registered_to = parse_day(&value),
                "locked" => *locked = either(&value, "yes", "no"),
                "sort" => said.sort = UserSort::parse(&value).unwrap_or_default(),
                "order" => order = Order::parse(&value).ok(),
                "page_size" => said.page_size = parse_size(&value),
                "cursor" => cursor = Some(value.into_owned()).filter(|cursor| is_cursor(cursor)),
                "page" => number = value.parse().ok().filter(|number| (2..=LAST_NUMBERED).contains(number)),
                "as_of" => said.as_of = parse_instant(&value),
                _ => {}
            }
        }
        // Whoever gave the two days the wrong way round means those between.
        if registered_from.zip(*registered_to).is_some_and(|(from, to)| to < from) {
            std::mem::swap(registered_from, registered_to);
        }
        said.order = order.unwrap_or_else(|| usual_order(said.sort));
        said.place = cursor.map(Place::After).or(number.map(Place::Number)).unwrap_or_default();
        said.as_of = said.as_of.filter(|_| said.filter.last_login.is_some_and(LastLogin::is_relative));
        said
    }

    /// The same as a query of an address of ours, without what holds anyway.
    pub(crate) fn print(&self) -> String {
        let mut query = Serializer::new(String::new());
        let Filter { search, role, is_active, last_login, registered_from, registered_to, locked } = &self.filter;
        let mut say = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        };
        say("search", search.as_ref().map(SearchTerm::as_str));
        say("role", role.map(roles::name));
        say("status", is_active.map(|is_active| if is_active { "active" } else { "inactive" }));
        say("last_login", last_login.map(LastLogin::name).as_deref());
        say("registered_from", registered_from.map(|day| day.to_string()).as_deref());
        say("registered_to", registered_to.map(|day| day.to_string()).as_deref());
        say("locked", locked.map(|locked| if locked { "yes" } else { "no" }));
        say("sort", (self.sort != UserSort::default()).then(|| self.sort.as_str()));
        say("order", (self.order != usual_order(self.sort)).then(|| self.order.as_str()));
        say("page_size", (self.page_size != USUAL_SIZE).then(|| self.page_size.to_string()).as_deref());
        match &self.place {
            Place::First => {}
            Place::After(cursor) => say("cursor", Some(cursor)),
            Place::Number(number) => say("page", Some(&number.to_string())),
        }
        say("as_of", self.as_of.map(|at| instant(Some(at))).as_deref());
        query.finish()
    }

    /// The address of this list.
    pub(crate) fn address(&self) -> String {
        let query = self.print();
        if query.is_empty() { LIST.to_owned() } else { format!("{LIST}?{query}") }
    }

    /// The same list from its beginning, as of whenever it is looked at.
    #[must_use]
    pub(crate) fn at_the_start(&self) -> Self {
        Self { place: Place::First, as_of: None, ..self.clone() }
    }

    /// Another page of the same list, as of the same moment.
    #[must_use]
    pub(crate) fn at(&self, place: Place, now: DateTime<Utc>) -> Self {
        Self { place, ..self.as_of(now) }
    }

    /// The same list, kept to the moment it is of.
    #[must_use]
    pub(crate) fn as_of(&self, now: DateTime<Utc>) -> Self {
        let is_relative = self.filter.last_login.is_some_and(LastLogin::is_relative);
        Self { as_of: is_relative.then(|| self.moment(now)), ..self.clone() }
    }

    /// The same users in the same order, whatever page of them.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        (&self.filter, self.sort, self.order) == (&other.filter, other.sort, other.order)
    }

    /// What the API is asked.
    pub(crate) fn to_api(&self, now: DateTime<Utc>) -> UserList {
        let Filter { search, role, is_active, last_login, registered_from, registered_to, locked } = &self.filter;
        let now = self.moment(now);
        let (from, to, never) = match *last_login {
            None => (None, None, None),
            Some(LastLogin::Within(ago)) => (Some(now - ago.length()), None, None),
            Some(LastLogin::Before(ago)) => (None, Some(now - ago.length()), None),
            Some(LastLogin::Never) => (None, None, Some(true)),
            Some(LastLogin::Between(None, None)) => (None, None, Some(false)),
            Some(LastLogin::Between(from, to)) => (from, to, None),
        };
        let (page, cursor) = match &self.place {
            Place::First => (None, None),
            Place::After(cursor) => (None, Some(cursor.clone())),
            Place::Number(number) => (Some(*number), None),
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

    fn moment(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.as_of.unwrap_or(now).trunc_subsecs(0)
    }
}

fn beginning(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

fn instant(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)).unwrap_or_default()
}

/// What the API can store and we can write: an instant of our time, to the microsecond.
pub(super) fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?.to_utc().trunc_subsecs(6);
    is_our_time(at.date_naive()).then_some(at)
}

fn parse_day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok().filter(|day| is_our_time(*day))
}

fn is_our_time(day: NaiveDate) -> bool {
    (1970..3000).contains(&day.year())
}

/// Drops what no search may hold.
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
    size.unwrap_or(USUAL_SIZE)
}

fn is_cursor(text: &str) -> bool {
    (1..=LONGEST_CURSOR).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
pub(super) mod tests;
