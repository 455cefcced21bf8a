use form_urlencoded::byte_serialize;
use steward_contracts::bodies::UserBody;

use crate::pages::user::may::May;
use crate::request::Session;

/// A user in the list.
pub(super) struct Row {
    pub(super) user: UserBody,
    /// The day on which the account was made, in UTC.
    pub(super) created_on: String,
    /// Whether it stands open.
    pub(super) is_open: bool,
    /// Where this list is with the row open: after something was done there, it is shown so.
    pub(super) page: String,
    /// Where one is asked whether to delete the user.
    pub(super) delete: String,
    pub(super) may: May,
}

impl Row {
    /// `list` is the address of the list, and `open` who stands open in it.
    pub(super) fn new(user: UserBody, session: &Session, list: &str, open: Option<&str>) -> Self {
        let joint = if list.contains('?') { '&' } else { '?' };
        let back: String = byte_serialize(list.as_bytes()).collect();
        Self {
            created_on: user.created_at.format("%Y-%m-%d").to_string(),
            is_open: open == Some(&user.user_id),
            page: format!("{list}{joint}open={}", user.user_id),
            delete: format!("/users/{}/delete?back={back}", user.user_id),
            may: May::of(session, &user.user_id, user.role),
            user,
        }
    }
}

/// Who stands open in the list at this address.
pub(super) fn open(target: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    form_urlencoded::parse(query.as_bytes()).find_map(|(name, value)| (name == "open").then(|| value.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::query::ListQuery;
    use super::*;

    #[test]
    fn whoever_stands_open_is_told_by_the_address() {
        let page = |query: &str| format!("{}&open=a.b-c", ListQuery::parse(query).address());
        assert_eq!(open(&page("search=open%3Dx&role=user")).as_deref(), Some("a.b-c"));
        assert_eq!(open("/users?open=x&open=y").as_deref(), Some("x"));
        assert!(open("/users").is_none() && open("/users?search=open").is_none());
    }
}
