use chrono::{DateTime, SecondsFormat, Utc};
use steward_contracts::bodies::UserRole;

/// Which users to list, in what order, and which page of them. What is `None` is left to the API.
#[derive(Debug, Clone, Default)]
pub struct UserList {
    /// Part of user id, e-mail address or name, in any case.
    pub search: Option<String>,
    /// `Admin` lists every administrator.
    pub role: Option<UserRole>,
    /// Only active, or only inactive users.
    pub is_active: Option<bool>,
    /// `created_at`, `user_id`, `email`, `name` or `last_login`.
    pub sort: Option<String>,
    /// `asc` or `desc`.
    pub order: Option<String>,
    /// The page's number, from 1.
    pub page: Option<u32>,
    /// 1 to 100.
    pub page_size: Option<u32>,
    /// The page before's `next_cursor`.
    pub cursor: Option<String>,
}

/// Which entries of the audit trail to list, and which page of them. What is `None` is left to the API.
#[derive(Debug, Clone, Default)]
pub struct AuditList {
    /// Only what this user did.
    pub admin_id: Option<String>,
    /// Only this action, such as `USER_UPDATED`.
    pub action: Option<String>,
    /// Only what was done to this user.
    pub target: Option<String>,
    /// Only from this instant on.
    pub from: Option<DateTime<Utc>>,
    /// Only before this instant.
    pub to: Option<DateTime<Utc>>,
    /// Part of any text of the entry, in any case.
    pub search: Option<String>,
    /// The page's number, from 1.
    pub page: Option<u32>,
    /// 1 to 100.
    pub page_size: Option<u32>,
    /// The page before's `next_cursor`.
    pub cursor: Option<String>,
}

/// Which sessions to list, and which page of them. What is `None` is left to the API.
#[derive(Debug, Clone, Default)]
pub struct SessionList {
    /// Part of the user's id, name or e-mail address, in any case, or the whole address of the sign-in. A list of one
    /// user's sessions takes none.
    pub search: Option<String>,
    /// The page's number, from 1.
    pub page: Option<u32>,
    /// 1 to 100.
    pub page_size: Option<u32>,
    /// The page before's `next_cursor`.
    pub cursor: Option<String>,
}

type Query = Vec<(&'static str, String)>;

impl UserList {
    pub(crate) fn query(&self) -> Query {
        let role = self.role.map(|role| match role {
            UserRole::User => "user",
            UserRole::Admin => "admin",
            UserRole::SuperAdmin => "super_admin",
        });
        given([
            ("search", self.search.clone()),
            ("role", role.map(str::to_owned)),
            ("is_active", self.is_active.map(|active| active.to_string())),
            ("sort", self.sort.clone()),
            ("order", self.order.clone()),
            ("page", self.page.map(|page| page.to_string())),
            ("page_size", self.page_size.map(|size| size.to_string())),
            ("cursor", self.cursor.clone()),
        ])
    }
}

impl AuditList {
    pub(crate) fn query(&self) -> Query {
        let instant = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
        given([
            ("admin_id", self.admin_id.clone()),
            ("action", self.action.clone()),
            ("target", self.target.clone()),
            ("from", self.from.map(instant)),
            ("to", self.to.map(instant)),
            ("search", self.search.clone()),
            ("page", self.page.map(|page| page.to_string())),
            ("page_size", self.page_size.map(|size| size.to_string())),
            ("cursor", self.cursor.clone()),
        ])
    }
}

/// Which part of a timeline.
pub(crate) fn timeline_query(page_size: Option<u32>, cursor: Option<&str>) -> Query {
    given([("page_size", page_size.map(|size| size.to_string())), ("cursor", cursor.map(str::to_owned))])
}

impl SessionList {
    pub(crate) fn query(&self) -> Query {
        given([
            ("search", self.search.clone()),
            ("page", self.page.map(|page| page.to_string())),
            ("page_size", self.page_size.map(|size| size.to_string())),
            ("cursor", self.cursor.clone()),
        ])
    }
}

fn given<const N: usize>(parameters: [(&'static str, Option<String>); N]) -> Query {
    parameters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_given_is_sent() {
        assert!(UserList::default().query().is_empty() && AuditList::default().query().is_empty());
        let list = UserList { role: Some(UserRole::SuperAdmin), page: Some(2), ..UserList::default() };
        assert_eq!(list.query(), [("role", "super_admin".to_owned()), ("page", "2".to_owned())]);
    }
}
