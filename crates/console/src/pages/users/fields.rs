use steward_contracts::bodies::format_instant;
use steward_domain::{Order, UserSort};

use super::filter::{Choice, Select};
use super::query::{ListQuery, default_order};
use crate::language::Language;
use crate::times::Times;

/// The fields of the list's form.
pub(super) struct Fields {
    pub(super) search: String,
    /// Fields that are always visible.
    pub(super) main: Vec<Select>,
    pub(super) registered_from: String,
    pub(super) registered_to: String,
    /// An instant that the form keeps unless a first day is chosen.
    pub(super) registered_since: Option<String>,
    /// Fields that the form shows on request.
    pub(super) more: Vec<Select>,
    /// The page size, if it is not the default.
    pub(super) page_size: Option<u32>,
}

impl Fields {
    pub(super) fn new(language: Language, times: Times, query: &ListQuery) -> Self {
        let filter = &query.filter;
        let mut more = filter.more_selects(language);
        more.extend([sort(language, query), order(language, query)]);
        Self {
            search: filter.search.as_ref().map(|search| search.as_str().to_owned()).unwrap_or_default(),
            main: filter.main_selects(language, times),
            registered_from: filter.registered_from.map(|day| day.to_string()).unwrap_or_default(),
            registered_to: filter.registered_to.map(|day| day.to_string()).unwrap_or_default(),
            registered_since: filter.registered_since.map(format_instant),
            more,
            page_size: (query.page_size != ListQuery::default().page_size).then_some(query.page_size),
        }
    }
}

/// The sort keys and their text ids.
const SORTS: [(UserSort, &str); 5] = [
    (UserSort::CreatedAt, "users-created"),
    (UserSort::LastLogin, "users-last-login"),
    (UserSort::Name, "users-name"),
    (UserSort::UserId, "users-id"),
    (UserSort::Email, "users-email"),
];

fn sort(language: Language, query: &ListQuery) -> Select {
    let choice = |(sort, text): (UserSort, &str)| {
        let name = if sort == UserSort::default() { "" } else { sort.as_str() };
        Choice::new(name, language.text(text), query.sort == sort)
    };
    Select { name: "sort", label: language.text("users-sort"), choices: SORTS.map(choice).into() }
}

fn order(language: Language, query: &ListQuery) -> Select {
    let is_default = query.order == default_order(query.sort);
    let choices = [
        ("", "users-order-usual", is_default),
        (Order::Asc.as_str(), "users-order-asc", !is_default && query.order == Order::Asc),
        (Order::Desc.as_str(), "users-order-desc", !is_default && query.order == Order::Desc),
    ];
    let choice = |(name, text, is_selected)| Choice::new(name, language.text(text), is_selected);
    Select { name: "order", label: language.text("users-order"), choices: choices.map(choice).into() }
}
