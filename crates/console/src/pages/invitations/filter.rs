use steward_client::InvitationList;
use steward_domain::InvitationState;

use super::INVITATIONS;

/// The number of invitations per page.
const PAGE_SIZE: u32 = 25;

/// The requested part of the list. The page's URL contains all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    state: Option<InvitationState>,
    pub(super) cursor: Option<String>,
}

impl Filter {
    /// Parses the query of the URL. Values that are not valid are ignored.
    pub(super) fn parse(query: &str) -> Self {
        let mut filter = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "state" => filter.state = InvitationState::parse(&value).ok(),
                "cursor" => filter.cursor = Some(value.into_owned()).filter(|cursor| !cursor.is_empty()),
                _ => {}
            }
        }
        filter
    }

    pub(super) fn is_unfiltered(&self) -> bool {
        self.state.is_none()
    }

    pub(super) fn has_state(&self, name: &str) -> bool {
        self.state.is_some_and(|state| state.as_str() == name)
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
        if let Some(state) = self.state {
            query.append_pair("state", state.as_str());
        }
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        let query = query.finish();
        if query.is_empty() { INVITATIONS.to_owned() } else { format!("{INVITATIONS}?{query}") }
    }

    /// Returns the filter as API parameters.
    pub(super) fn to_api(&self) -> InvitationList {
        InvitationList {
            state: self.state.map(Into::into),
            page: None,
            page_size: Some(PAGE_SIZE),
            cursor: self.cursor.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_contains_the_whole_filter() {
        let filter = Filter::parse("state=expired&cursor=abc&x=1");
        assert_eq!(
            (filter.first(), filter.next("x/y")),
            ("/invitations?state=expired".to_owned(), "/invitations?state=expired&cursor=x%2Fy".to_owned())
        );
        assert!(filter.has_state("expired") && !filter.has_state("pending") && !filter.is_unfiltered());
        let list = filter.to_api();
        assert_eq!((list.state, list.cursor.as_deref()), (Some(InvitationState::Expired.into()), Some("abc")));
        assert_eq!(Filter::parse("state=lost&cursor="), Filter::default());
        assert_eq!(Filter::default().first(), "/invitations");
    }
}
