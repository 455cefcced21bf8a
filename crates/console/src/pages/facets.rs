//! The filter of a list by texts, with the position in the list. The page's URL contains all of it.

/// The page sizes; the first is the default.
pub(super) const PAGE_SIZES: [u32; 3] = [25, 50, 100];

/// The requested part of a list, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facets<const N: usize> {
    path: &'static str,
    names: [&'static str; N],
    /// The value of each facet; empty for no restriction.
    values: [String; N],
    pub(super) page_size: u32,
    pub(super) cursor: Option<String>,
}

impl<const N: usize> Facets<N> {
    /// Parses the query of the URL of the list at `path`. The names are those of the facets, in URLs and forms.
    pub(super) fn parse(path: &'static str, names: [&'static str; N], query: &str) -> Self {
        let values = std::array::from_fn(|_| String::new());
        let mut facets = Self { path, names, values, page_size: PAGE_SIZES[0], cursor: None };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            match &*name {
                "page_size" => {
                    let size = value.parse().ok().filter(|size| PAGE_SIZES.contains(size));
                    facets.page_size = size.unwrap_or(PAGE_SIZES[0]);
                }
                "cursor" => facets.cursor = Some(value.to_owned()).filter(|cursor| !cursor.is_empty()),
                name => facets.set(name, value),
            }
        }
        facets
    }

    pub(super) fn path(&self) -> &'static str {
        self.path
    }

    /// Returns the value of a facet, which is empty for no restriction.
    pub(super) fn get(&self, facet: &str) -> &str {
        self.names.iter().position(|name| *name == facet).map_or("", |at| &self.values[at])
    }

    /// Returns the value of a facet; `None` for no restriction.
    pub(super) fn given(&self, facet: &str) -> Option<&str> {
        Some(self.get(facet)).filter(|value| !value.is_empty())
    }

    /// Sets a facet. An unknown name is ignored.
    pub(super) fn set(&mut self, facet: &str, value: &str) {
        if let Some(at) = self.names.iter().position(|name| *name == facet) {
            value.clone_into(&mut self.values[at]);
        }
    }

    pub(super) fn has_page_size(&self, size: &u32) -> bool {
        self.page_size == *size
    }

    /// Returns the facets that have a value.
    pub(super) fn active(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.names.into_iter().zip(self.values.iter().map(String::as_str)).filter(|(_, value)| !value.is_empty())
    }

    /// Whether this is the first page of the whole list.
    pub(super) fn is_whole_list(&self) -> bool {
        self.active().next().is_none() && self.cursor.is_none()
    }

    /// Returns the URL of the first page without this facet.
    pub(super) fn without(&self, facet: &str) -> String {
        self.with(facet, "")
    }

    /// Returns the URL of the first page with this value of a facet.
    pub(super) fn with(&self, facet: &str, value: &str) -> String {
        let mut facets = self.clone();
        facets.set(facet, value);
        facets.first()
    }

    /// Returns the URL of the first page.
    pub(super) fn first(&self) -> String {
        self.address(None)
    }

    /// Returns the URL of the page at this cursor.
    pub(super) fn next(&self, cursor: &str) -> String {
        self.address(Some(cursor))
    }

    fn address(&self, cursor: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.active());
        if self.page_size != PAGE_SIZES[0] {
            query.append_pair("page_size", &self.page_size.to_string());
        }
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        let query = query.finish();
        if query.is_empty() { self.path.to_owned() } else { format!("{}?{query}", self.path) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Facets<3> {
        Facets::parse("/list", ["user", "address", "search"], query)
    }

    #[test]
    fn the_url_contains_the_whole_filter() {
        let facets = parse("search=a%26b+c&user=+bob+&address=&page_size=100&cursor=abc&x=1");
        assert_eq!((facets.page_size, facets.cursor.as_deref()), (100, Some("abc")));
        assert_eq!(facets.active().collect::<Vec<_>>(), [("user", "bob"), ("search", "a&b c")]);
        assert_eq!((facets.get("user"), facets.given("address"), facets.get("x")), ("bob", None, ""));
        assert_eq!(facets.first(), "/list?user=bob&search=a%26b+c&page_size=100");
        assert_eq!(facets.without("search"), "/list?user=bob&page_size=100");
        assert_eq!(facets.with("address", "::1"), "/list?user=bob&address=%3A%3A1&search=a%26b+c&page_size=100");
        assert_eq!(facets.next("x/y"), "/list?user=bob&search=a%26b+c&page_size=100&cursor=x%2Fy");
        assert_eq!(parse("page_size=7").page_size, 25);
        assert_eq!(parse("").first(), "/list");
        assert!(parse("x=1").is_whole_list() && !facets.is_whole_list() && !parse("cursor=a").is_whole_list());
    }
}
