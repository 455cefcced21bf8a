use steward_contracts::bodies::UserRole;

use super::query::{Filter, LastLogin, ListQuery};
use crate::frame;
use crate::isolate::isolated;
use crate::language::Language;
use crate::roles;

/// An active filter.
pub(super) struct Chip {
    pub(super) text: String,
    /// The URL of the list without it.
    pub(super) without: String,
}

/// Returns the id of a role's text in the filters, where `Admin` is every administrator.
pub(super) fn role_text(role: UserRole) -> &'static str {
    if role == UserRole::Admin { "users-all-admins" } else { roles::text(role) }
}

/// Formats a filter by last log-in.
pub(super) fn last_login_text(language: Language, last_login: LastLogin) -> String {
    let LastLogin::Between(from, to) = last_login else { return language.text(last_login.text()) };
    let [from, to] = [from, to].map(|at| at.as_ref().map(frame::instant).unwrap_or_default());
    language.text_with(last_login.text(), &[("from", from.into()), ("to", to.into())])
}

/// Returns the active filters, each with the URL of the list without it.
pub(super) fn chips(language: Language, query: &ListQuery) -> Vec<Chip> {
    let Filter { search, role, is_active, last_login, registered_from, registered_to, locked } = &query.filter;
    let mut chips = Vec::new();
    let mut push = |text: String, drop: fn(&mut Filter)| {
        let mut without = query.first_page();
        drop(&mut without.filter);
        chips.push(Chip { text, without: without.address() });
    };
    let named = |id: &str, value: &str| format!("{}: {}", language.text(id), isolated(value));
    if let Some(search) = search {
        push(named("users-search-chip", search.as_str()), |filter| filter.search = None);
    }
    if let Some(role) = role {
        push(named("users-role", &language.text(role_text(*role))), |filter| filter.role = None);
    }
    if let Some(is_active) = is_active {
        let id = if *is_active { "users-active" } else { "users-inactive" };
        push(named("users-status", &language.text(id)), |filter| filter.is_active = None);
    }
    if let Some(last_login) = last_login {
        push(named("users-last-login", &last_login_text(language, *last_login)), |filter| filter.last_login = None);
    }
    if registered_from.is_some() || registered_to.is_some() {
        let [from, to] = [registered_from, registered_to].map(|day| day.map(|day| day.to_string()).unwrap_or_default());
        let span = match (from.is_empty(), to.is_empty()) {
            (false, true) => language.text_with("users-since", &[("from", from.into())]),
            (true, _) => language.text_with("users-until", &[("to", to.into())]),
            (false, false) if from == to => from,
            (false, false) => format!("{from} – {to}"),
        };
        push(named("users-created", &span), |filter| {
            filter.registered_from = None;
            filter.registered_to = None;
        });
    }
    if let Some(locked) = locked {
        let id = if *locked { "users-locked-yes" } else { "users-locked-no" };
        push(language.text(id), |filter| filter.locked = None);
    }
    chips
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(language: Language, query: &str) -> Vec<String> {
        chips(language, &ListQuery::parse(query)).into_iter().map(|chip| chip.text).collect()
    }

    #[test]
    fn each_active_filter_is_named_and_can_be_removed() {
        let query = "search=%3Cb%3E&role=admin&status=active&last_login=7d&registered_from=2026-01-01&locked=yes";
        let active = chips(Language::English, &ListQuery::parse(&format!("{query}&sort=name&page_size=10&cursor=x")));
        let text: Vec<_> = active.iter().map(|chip| chip.text.as_str()).collect();
        assert_eq!(
            text,
            [
                "Search: <b>",
                "Role: Admin (all)",
                "Status: Active",
                "Last log-in: Last 7 days",
                "Registered: from 2026-01-01 on",
                "Locked out now",
            ]
        );
        for (chip, filter) in active.iter().zip(query.split('&')) {
            let rest: Vec<_> = query.split('&').filter(|other| *other != filter).collect();
            assert_eq!(chip.without, format!("/users?{}&sort=name&page_size=10", rest.join("&")));
        }
        assert!(texts(Language::English, "sort=name&page_size=10&order=desc").is_empty());
    }

    #[test]
    fn days_are_formatted_as_a_span() {
        for (query, text) in [
            ("registered_to=2026-01-31", "가입일: 2026-01-31까지"),
            ("registered_from=2026-01-01&registered_to=2026-01-31", "가입일: 2026-01-01 – 2026-01-31"),
            ("registered_from=2026-01-01&registered_to=2026-01-01", "가입일: 2026-01-01"),
            ("last_login=..2026-01-01T00:00:00Z", "마지막 로그인: 2026-01-01 00:00 UTC 이전"),
        ] {
            assert_eq!(texts(Language::Korean, query), [text], "{query}");
        }
    }
}
