use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use steward_contracts::bodies::{Interval, UserRole};

/// Which users to list, in what order, and which page of them. What is `None` is left to the API.
#[derive(Debug, Clone, Default)]
pub struct UserList {
    /// Words, each part of user id, e-mail address or name, in any case, with or without accents.
    pub search: Option<String>,
    /// `Admin` lists every administrator.
    pub role: Option<UserRole>,
    /// Only active, or only inactive users.
    pub is_active: Option<bool>,
    /// Only accounts made from this instant on.
    pub created_from: Option<DateTime<Utc>>,
    /// Only accounts made before this instant.
    pub created_to: Option<DateTime<Utc>>,
    /// Only who signed in last from this instant on.
    pub last_login_from: Option<DateTime<Utc>>,
    /// Only who signed in last before this instant.
    pub last_login_to: Option<DateTime<Utc>>,
    /// Only who never signed in, or only who did.
    pub never_signed_in: Option<bool>,
    /// Only users whom somebody is locked out of right now, or only the others.
    pub locked: Option<bool>,
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
    pub actor_id: Option<String>,
    /// Only this action, such as `USER_UPDATED`.
    pub action: Option<String>,
    /// Only what was done to this user.
    pub target: Option<String>,
    /// Only from this instant on.
    pub from: Option<DateTime<Utc>>,
    /// Only before this instant.
    pub to: Option<DateTime<Utc>>,
    /// Words, each part of any text of the entry, in any case, with or without accents.
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
    /// Words, each part of the user's id, name or e-mail address, in any case, with or without accents; or the whole
    /// address of the sign-in. A list of one user's sessions takes none.
    pub search: Option<String>,
    /// The page's number, from 1.
    pub page: Option<u32>,
    /// 1 to 100.
    pub page_size: Option<u32>,
    /// The page before's `next_cursor`.
    pub cursor: Option<String>,
}

/// Which days' activity to tell of, and by what. What is `None` is left to the API: the last 30 days, day by day.
#[derive(Debug, Clone, Copy, Default)]
pub struct ActivityRange {
    /// The first day (UTC).
    pub from: Option<NaiveDate>,
    /// The first day after.
    pub to: Option<NaiveDate>,
    /// By day, week or month.
    pub interval: Option<Interval>,
}

type Query = Vec<(&'static str, String)>;

impl UserList {
    /// The same as parameters of a query, by name; they are still to be escaped.
    pub fn query(&self) -> Vec<(&'static str, String)> {
        let role = self.role.map(|role| match role {
            UserRole::User => "user",
            UserRole::Admin => "admin",
            UserRole::SuperAdmin => "super_admin",
        });
        given([
            ("search", self.search.clone()),
            ("role", role.map(str::to_owned)),
            ("is_active", self.is_active.map(|active| active.to_string())),
            ("created_from", self.created_from.map(instant)),
            ("created_to", self.created_to.map(instant)),
            ("last_login_from", self.last_login_from.map(instant)),
            ("last_login_to", self.last_login_to.map(instant)),
            ("never_signed_in", self.never_signed_in.map(|never| never.to_string())),
            ("locked", self.locked.map(|locked| locked.to_string())),
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
        given([
            ("admin_id", self.actor_id.clone()),
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

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

impl ActivityRange {
    pub(crate) fn query(&self) -> Query {
        given([
            ("from", self.from.map(|day| day.to_string())),
            ("to", self.to.map(|day| day.to_string())),
            ("interval", self.interval.map(|interval| interval.as_str().to_owned())),
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
