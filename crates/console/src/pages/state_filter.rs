//! The filter of a list by the state of its items, with the position in the list.

use steward_domain::{InvitationState, MailState};

/// Items per page of such a list.
pub(super) const PAGE_SIZE: u32 = 25;

/// The state of the items of a list.
pub(super) trait ItemState: Copy {
    /// The path of the list's page.
    const PATH: &'static str;

    /// Parses the name of a state.
    fn parse(name: &str) -> Option<Self>;

    /// Returns the name of the state.
    fn name(self) -> &'static str;
}

impl ItemState for MailState {
    const PATH: &'static str = "/outbox";

    fn parse(name: &str) -> Option<Self> {
        Self::parse(name).ok()
    }

    fn name(self) -> &'static str {
        self.as_str()
    }
}

impl ItemState for InvitationState {
    const PATH: &'static str = "/invitations";

    fn parse(name: &str) -> Option<Self> {
        Self::parse(name).ok()
    }

    fn name(self) -> &'static str {
        self.as_str()
    }
}

/// The requested part of a list. The page's URL contains all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StateFilter<State> {
    pub(super) state: Option<State>,
    pub(super) cursor: Option<String>,
}

impl<State> Default for StateFilter<State> {
    /// The first page of the whole list.
    fn default() -> Self {
        Self { state: None, cursor: None }
    }
}

impl<State: ItemState> StateFilter<State> {
    /// Parses the query of the URL. Values that are not valid are ignored.
    pub(super) fn parse(query: &str) -> Self {
        let mut filter = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "state" => filter.state = State::parse(&value),
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
        self.state.is_some_and(|state| state.name() == name)
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
            query.append_pair("state", state.name());
        }
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        let query = query.finish();
        if query.is_empty() { State::PATH.to_owned() } else { format!("{}?{query}", State::PATH) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_the_url_contains_the_whole_filter<State: ItemState>(state: &str, other: &str) {
        let filter = StateFilter::<State>::parse(&format!("state={state}&cursor=abc&x=1"));
        assert_eq!(
            (filter.first(), filter.next("x/y")),
            (format!("{}?state={state}", State::PATH), format!("{}?state={state}&cursor=x%2Fy", State::PATH))
        );
        assert!(filter.has_state(state) && !filter.has_state(other) && !filter.is_unfiltered());
        assert_eq!(filter.cursor.as_deref(), Some("abc"));
        let whole = StateFilter::<State>::parse("state=lost&cursor=");
        assert!(whole.is_unfiltered() && whole.cursor.is_none());
        assert_eq!(whole.first(), State::PATH);
    }

    #[test]
    fn the_url_contains_the_whole_filter() {
        assert_the_url_contains_the_whole_filter::<InvitationState>("expired", "pending");
        assert_the_url_contains_the_whole_filter::<MailState>("failed", "sent");
    }
}
