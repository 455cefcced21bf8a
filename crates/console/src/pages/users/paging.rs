use chrono::{DateTime, Utc};
use steward_contracts::bodies::UserPage;

use super::query::{LAST_NUMBERED_PAGE, ListQuery, PAGE_SIZES, PagePosition};

/// Links to the other pages of the list.
pub(super) struct Paging {
    /// The page sizes: number of rows, URL, and whether it is the current one.
    pub(super) sizes: Vec<(u32, String, bool)>,
    /// The first and the last row, counted from 1.
    pub(super) span: Option<(u64, u64)>,
    pub(super) first: Option<String>,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
}

impl Paging {
    pub(super) fn new(query: &ListQuery, page: &UserPage, now: DateTime<Utc>) -> Self {
        let start = query.first_page();
        let sizes = PAGE_SIZES.map(|page_size| {
            let list = ListQuery { page_size, ..start.clone() };
            (page_size, list.address(), page_size == query.page_size)
        });
        let before = u64::from(page.page.saturating_sub(1)) * u64::from(page.page_size);
        let is_first = query.position == PagePosition::First;
        // Cursors only lead forwards. Numbered pages are expensive far into the list, so the browser's back button
        // remains there.
        let previous = match page.page.saturating_sub(1) {
            0 => None,
            _ if is_first => None,
            1 => Some(PagePosition::First),
            number => (number <= LAST_NUMBERED_PAGE).then_some(PagePosition::Number(number)),
        };
        Self {
            sizes: sizes.into(),
            span: (!page.items.is_empty()).then(|| (before + 1, before + page.items.len() as u64)),
            first: (!is_first).then(|| start.address()),
            previous: previous.map(|position| query.at(position, now).address()),
            next: page.next_cursor.clone().map(|cursor| query.at(PagePosition::After(cursor), now).address()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::query::tests::now;
    use super::*;

    fn paging(query: &str, page: u32, next: Option<&str>) -> Paging {
        let user = serde_json::json!({
            "id": 1, "user_id": "alice", "email": "a@b.c", "name": "Alice", "role": "user", "is_active": true,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "last_login": null,
        });
        let page = serde_json::json!({
            "items": [user, user], "total": 52, "total_is_exact": true, "page": page, "page_size": 25, "total_pages": 3,
            "next_cursor": next,
        });
        Paging::new(&ListQuery::parse(query), &serde_json::from_value(page).unwrap(), now())
    }

    #[test]
    fn the_first_page_links_to_the_next_only() {
        let paging = paging("role=user", 1, Some("c2"));
        assert_eq!((paging.first, paging.previous, paging.span), (None, None, Some((1, 2))));
        assert_eq!(paging.next.unwrap(), "/users?role=user&cursor=c2");
    }

    #[test]
    fn later_pages_link_back() {
        let second = paging("role=user&cursor=c2", 2, Some("c3"));
        assert_eq!(second.first.as_deref(), Some("/users?role=user"));
        assert_eq!(second.previous, second.first);
        let third = paging("role=user&cursor=c3", 3, None);
        assert_eq!(
            (third.previous.unwrap(), third.next, third.span),
            ("/users?role=user&page=2".to_owned(), None, Some((51, 52)))
        );
        assert_eq!(paging("cursor=c", LAST_NUMBERED_PAGE + 2, None).previous, None, "too expensive");
    }

    #[test]
    fn another_page_size_starts_at_the_first_page() {
        let sizes = paging("sort=name&cursor=c2", 2, None).sizes;
        assert_eq!(sizes[0], (10, "/users?sort=name&page_size=10".to_owned(), false));
        assert_eq!(sizes[1], (25, "/users?sort=name".to_owned(), true));
    }
}
