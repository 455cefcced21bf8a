use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use steward_contracts::bodies::{Interval, UserRole};

/// Parameters of [`Client::users`](crate::Client::users). The API's default applies to each that is `None`.
#[derive(Debug, Clone, Default)]
pub struct UserList {
    /// Words that the user id, e-mail address or name must contain, in any order; case and accents are ignored.
    pub search: Option<String>,
    /// Only users with this role; `Admin` includes super administrators.
    pub role: Option<UserRole>,
    /// Only active, or only inactive users.
    pub is_active: Option<bool>,
    /// Only accounts created at or after this instant.
    pub created_from: Option<DateTime<Utc>>,
    /// Only accounts created before this instant.
    pub created_to: Option<DateTime<Utc>>,
    /// Only users whose last sign-in was at or after this instant.
    pub last_login_from: Option<DateTime<Utc>>,
    /// Only users whose last sign-in was before this instant.
    pub last_login_to: Option<DateTime<Utc>>,
    /// Only users who never signed in, or only users who did.
    pub never_signed_in: Option<bool>,
    /// Only users with an active lock-out, or only users without one.
    pub locked: Option<bool>,
    /// `created_at`, `user_id`, `email`, `name` or `last_login`.
    pub sort: Option<String>,
    /// `asc` or `desc`.
    pub order: Option<String>,
    /// Page number, from 1.
    pub page: Option<u32>,
    /// Items per page, 1 to 100.
    pub page_size: Option<u32>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// Parameters of [`Client::audit_logs`](crate::Client::audit_logs). The API's default applies to each that is `None`.
#[derive(Debug, Clone, Default)]
pub struct AuditList {
    /// Only actions of this user.
    pub actor_id: Option<String>,
    /// Only this action, such as `USER_UPDATED`.
    pub action: Option<String>,
    /// Only actions on this user.
    pub target: Option<String>,
    /// Only entries at or after this instant.
    pub from: Option<DateTime<Utc>>,
    /// Only entries before this instant.
    pub to: Option<DateTime<Utc>>,
    /// Words that the texts of an entry must contain, in any order; case and accents are ignored.
    pub search: Option<String>,
    /// Page number, from 1.
    pub page: Option<u32>,
    /// Items per page, 1 to 100.
    pub page_size: Option<u32>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// Parameters of lists of sessions. The API's default applies to each that is `None`.
#[derive(Debug, Clone, Default)]
pub struct SessionList {
    /// Words that the user's id, name or e-mail address must contain, or the full IP address of the sign-in. Must be
    /// `None` for the sessions of one user.
    pub search: Option<String>,
    /// Page number, from 1.
    pub page: Option<u32>,
    /// Items per page, 1 to 100.
    pub page_size: Option<u32>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// Parameters of [`Client::activity`](crate::Client::activity). By default, the last 30 days, by day.
#[derive(Debug, Clone, Copy, Default)]
pub struct ActivityRange {
    /// The first day (UTC).
    pub from: Option<NaiveDate>,
    /// The day after the last one (UTC).
    pub to: Option<NaiveDate>,
    /// Size of one step: a day, a week or a month.
    pub interval: Option<Interval>,
}

type Query = Vec<(&'static str, String)>;

impl UserList {
    /// Names and values of the query parameters, not yet escaped.
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

/// Query parameters of a timeline.
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
    fn only_parameters_with_a_value_are_sent() {
        assert!(UserList::default().query().is_empty() && AuditList::default().query().is_empty());
        let list = UserList { role: Some(UserRole::SuperAdmin), page: Some(2), ..UserList::default() };
        assert_eq!(list.query(), [("role", "super_admin".to_owned()), ("page", "2".to_owned())]);
    }
}
