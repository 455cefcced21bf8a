use chrono::NaiveDate;
use steward_domain::{Order, UserSort};

use super::chips::{last_login_text, role_text};
use super::query::{Filter, LastLogin, ListQuery, default_order};
use crate::language::Language;
use crate::roles;

/// The values of the filter fields.
pub(super) struct Fields {
    pub(super) search: String,
    pub(super) roles: Vec<Choice>,
    pub(super) statuses: Vec<Choice>,
    pub(super) last_logins: Vec<Choice>,
    pub(super) registered_from: String,
    pub(super) registered_to: String,
    pub(super) locked: Vec<Choice>,
    pub(super) sorts: Vec<Choice>,
    pub(super) orders: Vec<Choice>,
    /// The page size, if it is not the default.
    pub(super) page_size: Option<u32>,
}

/// An option of a select field.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) selected: bool,
}

impl Fields {
    pub(super) fn new(language: Language, query: &ListQuery) -> Self {
        let Filter { search, role, is_active, last_login, registered_from, registered_to, locked } = &query.filter;
        let day = |day: &Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        let is_choice = |choice: &LastLogin| LastLogin::CHOICES.contains(choice);
        let last_logins = LastLogin::CHOICES.into_iter().chain(last_login.filter(|choice| !is_choice(choice)));
        let either = |ids: [(&'static str, &'static str); 2], now: Option<bool>| {
            let [yes, no] = ids;
            vec![
                Choice::new("", language.text("users-any"), now.is_none()),
                Choice::new(yes.0, language.text(yes.1), now == Some(true)),
                Choice::new(no.0, language.text(no.1), now == Some(false)),
            ]
        };
        let any = |is_any: bool| std::iter::once(Choice::new("", language.text("users-any"), is_any));
        let role_choice = |one| Choice::new(roles::name(one), language.text(role_text(one)), *role == Some(one));
        let is_default_order = query.order == default_order(query.sort);
        Self {
            search: search.as_ref().map(|search| search.as_str().to_owned()).unwrap_or_default(),
            roles: any(role.is_none()).chain(roles::ALL.map(role_choice)).collect(),
            statuses: either([("active", "users-active"), ("inactive", "users-inactive")], *is_active),
            last_logins: any(last_login.is_none())
                .chain(
                    last_logins
                        .map(|one| Choice::new(one.name(), last_login_text(language, one), *last_login == Some(one))),
                )
                .collect(),
            registered_from: day(registered_from),
            registered_to: day(registered_to),
            locked: either([("yes", "users-locked-yes"), ("no", "users-locked-no")], *locked),
            sorts: SORTS
                .map(|(sort, id)| {
                    let name = if sort == UserSort::default() { "" } else { sort.as_str() };
                    Choice::new(name, language.text(id), query.sort == sort)
                })
                .into(),
            orders: [("", "users-order-usual", is_default_order)]
                .into_iter()
                .chain([Order::Asc, Order::Desc].map(|order| {
                    let id = if order == Order::Asc { "users-order-asc" } else { "users-order-desc" };
                    (order.as_str(), id, !is_default_order && query.order == order)
                }))
                .map(|(value, id, selected)| Choice::new(value, language.text(id), selected))
                .collect(),
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

impl Choice {
    fn new(value: impl Into<String>, text: String, selected: bool) -> Self {
        Self { value: value.into(), text, selected }
    }
}
