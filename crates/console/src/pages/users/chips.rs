use super::filter::ActiveFilter;
use super::query::ListQuery;
use crate::language::Language;
use crate::times::Times;

/// An active filter.
pub(super) struct Chip {
    pub(super) text: String,
    /// The URL of the list without it.
    pub(super) without: String,
}

/// Returns the active filters, each with the URL of the list without it.
pub(super) fn chips(language: Language, times: Times, query: &ListQuery) -> Vec<Chip> {
    let chip = |active: ActiveFilter| {
        let mut without = query.first_page();
        (active.remove)(&mut without.filter);
        Chip { text: active.text, without: without.address() }
    };
    query.filter.active(language, times).into_iter().map(chip).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(language: Language, query: &str) -> Vec<String> {
        chips(language, Times::default(), &ListQuery::parse(query)).into_iter().map(|chip| chip.text).collect()
    }

    #[test]
    fn each_active_filter_is_named_and_can_be_removed() {
        let query = "search=%3Cb%3E&role=admin&status=active&last_login=7d&registered_from=2026-01-01&locked=yes";
        let list = ListQuery::parse(&format!("{query}&sort=name&page_size=10&cursor=x"));
        let active = chips(Language::English, Times::default(), &list);
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
            ("registered_since=2026-01-02T03:04:05Z", "가입일: 2026-01-02 03:04 UTC부터"),
            ("registered_to=2026-01-31", "가입일: 2026-01-31까지"),
            ("registered_from=2026-01-01&registered_to=2026-01-31", "가입일: 2026-01-01 – 2026-01-31"),
            ("registered_from=2026-01-01&registered_to=2026-01-01", "가입일: 2026-01-01"),
            ("last_login=..2026-01-01T00:00:00Z", "마지막 로그인: 2026-01-01 00:00 UTC 이전"),
        ] {
            assert_eq!(texts(Language::Korean, query), [text], "{query}");
        }
    }

    #[test]
    fn instants_are_in_the_zone_of_the_viewer() {
        let list = ListQuery::parse("last_login=2026-01-01T00:00:00Z..");
        let active = chips(Language::English, Times::new(Some("Asia/Seoul")), &list);
        assert_eq!(active[0].text, "Last log-in: From 2026-01-01 09:00 KST on");
    }
}
