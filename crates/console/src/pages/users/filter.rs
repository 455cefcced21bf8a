//! The filter of the list, in each of its forms: URL, API parameters, fields of the form, and chips.
//!
//! A new field of the filter is added here alone, with its texts in `locales/`. The form shows all of
//! [`Filter::main_selects`] and [`Filter::more_selects`].

use chrono::{DateTime, NaiveDate, Utc};
use steward_contracts::bodies::{UserList, UserRole, format_instant};
use steward_domain::SearchTerm;

use super::dates::{day_of, is_supported, last_day_before, parse_day, parse_instant};
use super::last_login::LastLogin;
use crate::isolate::isolated;
use crate::language::Language;
use crate::roles;
use crate::times::Times;

/// The filter of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(super) search: Option<SearchTerm>,
    /// `Admin` is every administrator, as in the API.
    pub(super) role: Option<UserRole>,
    pub(super) is_active: Option<bool>,
    pub(super) last_login: Option<LastLogin>,
    /// The first day, in the time zone of the viewer.
    pub(super) registered_from: Option<NaiveDate>,
    /// The last day, in the time zone of the viewer.
    pub(super) registered_to: Option<NaiveDate>,
    pub(super) locked: Option<bool>,
    /// Registered at this instant or later, for links from a number of the last days. The form offers days.
    pub(super) registered_since: Option<DateTime<Utc>>,
}

/// A field of the form with a choice of values.
pub(super) struct Select {
    /// The name in URLs.
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) choices: Vec<Choice>,
}

/// A value of a [`Select`].
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) is_selected: bool,
}

/// An active field of the filter.
pub(super) struct ActiveFilter {
    pub(super) text: String,
    pub(super) remove: fn(&mut Filter),
}

/// The values of a yes-or-no filter in URLs, each with the id of its text.
type YesNo = [(&'static str, &'static str); 2];

const STATUS: YesNo = [("active", "users-active"), ("inactive", "users-inactive")];
const LOCKED: YesNo = [("yes", "users-locked-yes"), ("no", "users-locked-no")];

impl Filter {
    /// Parses the query of the list's URL. Values that are missing or not valid do not filter.
    pub(super) fn parse(query: &str) -> Self {
        let mut filter = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "search" => filter.search = parse_search(&value),
                "role" => filter.role = roles::parse(&value),
                "status" => filter.is_active = parse_yes_no(STATUS, &value),
                "last_login" => filter.last_login = LastLogin::parse(&value),
                "registered_from" => filter.registered_from = parse_day(&value),
                "registered_to" => filter.registered_to = parse_day(&value),
                "locked" => filter.locked = parse_yes_no(LOCKED, &value),
                "registered_since" => filter.registered_since = parse_instant(&value),
                _ => {}
            }
        }
        // A range with its days in reverse is swapped.
        if filter.registered_from.zip(filter.registered_to).is_some_and(|(from, to)| to < from) {
            std::mem::swap(&mut filter.registered_from, &mut filter.registered_to);
        }
        // A first day replaces an instant, and so does a last day before it.
        let (from, to) = (filter.registered_from, filter.registered_to);
        let can_follow = |since: &DateTime<Utc>| from.is_none() && to.is_none_or(|to| since.date_naive() < to);
        filter.registered_since = filter.registered_since.filter(can_follow);
        filter
    }

    /// Returns the parameters of the list's URL.
    pub(super) fn to_query(&self) -> Vec<(&'static str, String)> {
        let Self { search, role, is_active, last_login, registered_from, registered_to, locked, registered_since } =
            self;
        let parameters = [
            ("search", search.as_ref().map(|search| search.as_str().to_owned())),
            ("role", role.map(|role| roles::name(role).to_owned())),
            ("status", is_active.map(|is_active| yes_no(STATUS, is_active).0.to_owned())),
            ("last_login", last_login.map(LastLogin::name)),
            ("registered_from", registered_from.map(|day| day.to_string())),
            ("registered_to", registered_to.map(|day| day.to_string())),
            ("locked", locked.map(|locked| yes_no(LOCKED, locked).0.to_owned())),
            ("registered_since", registered_since.map(format_instant)),
        ];
        parameters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Returns the API parameters.
    pub(super) fn to_api(&self, times: Times, reference_time: DateTime<Utc>) -> UserList {
        let Self { search, role, is_active, last_login, registered_from, registered_to, locked, registered_since } =
            self;
        UserList {
            search: search.as_ref().map(|search| search.as_str().to_owned()),
            role: *role,
            is_active: *is_active,
            created_from: registered_from.map(|day| times.start_of(day)).or(*registered_since),
            created_to: registered_to.and_then(|day| times.end_of(day)),
            locked: *locked,
            ..last_login.map(|last_login| last_login.to_api(reference_time)).unwrap_or_default()
        }
    }

    /// Reads API parameters that were saved at a known time. The page only knows days of registration, so instants are
    /// rounded to their day.
    pub(super) fn from_api(list: &UserList, times: Times, saved_at: DateTime<Utc>) -> Self {
        let supported = |at: Option<DateTime<Utc>>| at.filter(is_supported);
        let (from, to) = (supported(list.last_login_from), supported(list.last_login_to));
        Self {
            search: list.search.as_deref().and_then(parse_search),
            role: list.role,
            is_active: list.is_active,
            last_login: LastLogin::from_api(from, to, list.never_signed_in, saved_at),
            registered_from: list.created_from.and_then(|at| day_of(times, at)),
            registered_to: list.created_to.and_then(|at| last_day_before(times, at)),
            locked: list.locked,
            registered_since: None,
        }
    }

    /// Returns the fields of the form that are always visible.
    pub(super) fn main_selects(&self, language: Language, times: Times) -> Vec<Select> {
        let role = |role| Choice::new(roles::name(role), language.text(role_text(role)), self.role == Some(role));
        let last_login = |choice: LastLogin| {
            Choice::new(choice.name(), choice.text(language, times), self.last_login == Some(choice))
        };
        let unlisted = self.last_login.filter(|choice| !LastLogin::CHOICES.contains(choice));
        let last_logins = LastLogin::CHOICES.into_iter().chain(unlisted);
        vec![
            Select::optional("role", "users-role", language, roles::ALL.into_iter().map(role)),
            Select::yes_no("status", "users-status", language, STATUS, self.is_active),
            Select::optional("last_login", "users-last-login", language, last_logins.map(last_login)),
        ]
    }

    /// Returns the fields of the form that it shows on request.
    pub(super) fn more_selects(&self, language: Language) -> Vec<Select> {
        vec![Select::yes_no("locked", "users-locked", language, LOCKED, self.locked)]
    }

    /// Describes each active filter.
    pub(super) fn active(&self, language: Language, times: Times) -> Vec<ActiveFilter> {
        let Self { search, role, is_active, last_login, registered_from, registered_to, locked, registered_since } =
            self;
        let named = |id: &str, value: &str| format!("{}: {}", language.text(id), isolated(value));
        let mut active = Vec::new();
        let mut push = |text, remove| active.push(ActiveFilter { text, remove });
        if let Some(search) = search {
            push(named("users-search-chip", search.as_str()), |filter| filter.search = None);
        }
        if let Some(role) = role {
            push(named("users-role", &language.text(role_text(*role))), |filter| filter.role = None);
        }
        if let Some(is_active) = is_active {
            let status = language.text(yes_no(STATUS, *is_active).1);
            push(named("users-status", &status), |filter| filter.is_active = None);
        }
        if let Some(last_login) = last_login {
            push(named("users-last-login", &last_login.text(language, times)), |filter| filter.last_login = None);
        }
        if let Some(days) = days_text(language, *registered_from, *registered_to) {
            push(named("users-created", &days), |filter| {
                (filter.registered_from, filter.registered_to) = (None, None);
            });
        }
        if let Some(since) = registered_since {
            let since = language.text_with("users-since", &[("from", times.instant(since).into())]);
            push(named("users-created", &since), |filter| filter.registered_since = None);
        }
        if let Some(locked) = locked {
            push(language.text(yes_no(LOCKED, *locked).1), |filter| filter.locked = None);
        }
        active
    }
}

impl Select {
    /// Creates a field whose first choice does not filter.
    fn optional(name: &'static str, label: &str, language: Language, choices: impl Iterator<Item = Choice>) -> Self {
        let mut choices: Vec<_> = choices.collect();
        let is_any = choices.iter().all(|choice| !choice.is_selected);
        choices.insert(0, Choice::new("", language.text("users-any"), is_any));
        Self { name, label: language.text(label), choices }
    }

    fn yes_no(name: &'static str, label: &str, language: Language, values: YesNo, selected: Option<bool>) -> Self {
        let choice = |is_yes| {
            let (value, text) = yes_no(values, is_yes);
            Choice::new(value, language.text(text), selected == Some(is_yes))
        };
        Self::optional(name, label, language, [true, false].into_iter().map(choice))
    }
}

impl Choice {
    pub(super) fn new(value: impl Into<String>, text: String, is_selected: bool) -> Self {
        Self { value: value.into(), text, is_selected }
    }
}

/// Parses a search term, without characters that are not valid in one.
pub(crate) fn parse_search(text: &str) -> Option<SearchTerm> {
    let text: String = text.trim().chars().filter(|c| !c.is_control()).collect();
    let cut = |_| SearchTerm::parse(&text.chars().take(SearchTerm::MAX).collect::<String>());
    SearchTerm::parse(&text).or_else(cut).ok().flatten()
}

fn parse_yes_no(values: YesNo, text: &str) -> Option<bool> {
    [true, false].into_iter().find(|is_yes| yes_no(values, *is_yes).0 == text)
}

fn yes_no([yes, no]: YesNo, is_yes: bool) -> (&'static str, &'static str) {
    if is_yes { yes } else { no }
}

/// Returns the id of a role's text in the filter, where `Admin` is every administrator.
fn role_text(role: UserRole) -> &'static str {
    if role == UserRole::Admin { "users-all-admins" } else { roles::text(role) }
}

/// Formats a span of days; `None` if it has no end.
fn days_text(language: Language, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Option<String> {
    Some(match (from, to) {
        (None, None) => return None,
        (Some(from), None) => language.text_with("users-since", &[("from", from.to_string().into())]),
        (None, Some(to)) => language.text_with("users-until", &[("to", to.to_string().into())]),
        (Some(from), Some(to)) if from == to => from.to_string(),
        (Some(from), Some(to)) => format!("{from} – {to}"),
    })
}
