use form_urlencoded::byte_serialize;
use steward_contracts::bodies::UserBody;

use crate::pages::user::permissions::Permissions;
use crate::request::Session;

/// A row of the list.
pub(super) struct Row {
    pub(super) user: UserBody,
    /// The day of registration, in the time zone of the viewer.
    pub(super) created_on: String,
    /// Whether the row is expanded.
    pub(super) is_open: bool,
    /// The URL of the list with this row expanded, to which its actions return.
    pub(super) page: String,
    /// The URL of the deletion's confirmation page.
    pub(super) delete: String,
    /// The URL of the page that resets the password.
    pub(super) reset_password: String,
    pub(super) permissions: Permissions,
}

impl Row {
    /// Creates a row. `list` is the URL of the list, `open` the id of the user whose row is expanded.
    pub(super) fn new(user: UserBody, session: &Session, list: &str, open: Option<&str>) -> Self {
        let joint = if list.contains('?') { '&' } else { '?' };
        let page = format!("{list}{joint}open={}", user.user_id);
        let encoded = |page: &str| byte_serialize(page.as_bytes()).collect::<String>();
        Self {
            created_on: session.times().day(user.created_at).to_string(),
            is_open: open == Some(&user.user_id),
            delete: format!("/users/{}/delete?back={}", user.user_id, encoded(list)),
            reset_password: format!("/users/{}/reset-password?back={}", user.user_id, encoded(&page)),
            page,
            permissions: Permissions::new(session, &user.user_id, user.role),
            user,
        }
    }
}

/// Returns the id of the user whose row is expanded in the list at this URL.
pub(super) fn open_user(target: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    form_urlencoded::parse(query.as_bytes()).find_map(|(name, value)| (name == "open").then(|| value.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::query::ListQuery;
    use super::*;

    #[test]
    fn the_url_contains_the_expanded_row() {
        let page = |query: &str| format!("{}&open=a.b-c", ListQuery::parse(query).address());
        assert_eq!(open_user(&page("search=open%3Dx&role=user")).as_deref(), Some("a.b-c"));
        assert_eq!(open_user("/users?open=x&open=y").as_deref(), Some("x"));
        assert!(open_user("/users").is_none() && open_user("/users?search=open").is_none());
    }
}
