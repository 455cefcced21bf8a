use chrono::{DateTime, NaiveDate, Utc};
use steward_contracts::bodies::{AttemptOutcome, Interval, InvitationState, MailState, format_instant};

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

/// Parameters of [`Client::sign_ins`](crate::Client::sign_ins). The API's default applies to each that is `None`.
#[derive(Debug, Clone, Default)]
pub struct SignInList {
    /// Only attempts with this outcome.
    pub outcome: Option<AttemptOutcome>,
    /// Only attempts as this user.
    pub user_id: Option<String>,
    /// Only attempts from this address, or from this network in CIDR notation.
    pub address: Option<String>,
    /// A part of the name of a browser or system, or else the beginning of the name of another program.
    pub device: Option<String>,
    /// Only attempts at or after this instant.
    pub from: Option<DateTime<Utc>>,
    /// Only attempts before this instant.
    pub to: Option<DateTime<Utc>>,
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
    /// Words that the user's id, name or e-mail address must contain, or the full IP address of the sign-in. This and the
    /// other filters must be `None` for [`Client::user_sessions`](crate::Client::user_sessions).
    pub search: Option<String>,
    /// Only sessions of this user.
    pub user_id: Option<String>,
    /// Only sessions whose sign-in came from this address, or from this network in CIDR notation.
    pub address: Option<String>,
    /// A part of the name of a browser or system, or else the beginning of the name of another program.
    pub device: Option<String>,
    /// Page number, from 1.
    pub page: Option<u32>,
    /// Items per page, 1 to 100.
    pub page_size: Option<u32>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// Parameters of [`Client::outbox`](crate::Client::outbox). The API's default applies to each that is `None`.
#[derive(Debug, Clone, Default)]
pub struct OutboxList {
    /// Only mails with this state.
    pub state: Option<MailState>,
    /// Page number, from 1.
    pub page: Option<u32>,
    /// Items per page, 1 to 100.
    pub page_size: Option<u32>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// Parameters of [`Client::invitations`](crate::Client::invitations). The API's default applies to each that is `None`.
#[derive(Debug, Clone, Default)]
pub struct InvitationList {
    /// Only invitations in this state.
    pub state: Option<InvitationState>,
    /// Page number, from 1.
    pub page: Option<u32>,
    /// Items per page, 1 to 100.
    pub page_size: Option<u32>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// Parameters of [`Client::activity`](crate::Client::activity). By default, the last 30 days, by day.
#[derive(Debug, Clone, Default)]
pub struct ActivityRange {
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The day after the last one.
    pub to: Option<NaiveDate>,
    /// Size of one step: a day, a week or a month.
    pub interval: Option<Interval>,
    /// The time zone of the days, by its name in the IANA database; UTC by default.
    pub time_zone: Option<String>,
}

type Query = Vec<(&'static str, String)>;

impl AuditList {
    pub(crate) fn query(&self) -> Query {
        given([
            ("admin_id", self.actor_id.clone()),
            ("action", self.action.clone()),
            ("target", self.target.clone()),
            ("from", self.from.map(format_instant)),
            ("to", self.to.map(format_instant)),
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

impl SignInList {
    pub(crate) fn query(&self) -> Query {
        given([
            ("outcome", self.outcome.map(|outcome| outcome.as_str().to_owned())),
            ("user_id", self.user_id.clone()),
            ("address", self.address.clone()),
            ("device", self.device.clone()),
            ("from", self.from.map(format_instant)),
            ("to", self.to.map(format_instant)),
            ("page", self.page.map(|page| page.to_string())),
            ("page_size", self.page_size.map(|size| size.to_string())),
            ("cursor", self.cursor.clone()),
        ])
    }
}

impl SessionList {
    pub(crate) fn query(&self) -> Query {
        given([
            ("search", self.search.clone()),
            ("user_id", self.user_id.clone()),
            ("address", self.address.clone()),
            ("device", self.device.clone()),
            ("page", self.page.map(|page| page.to_string())),
            ("page_size", self.page_size.map(|size| size.to_string())),
            ("cursor", self.cursor.clone()),
        ])
    }
}

impl OutboxList {
    pub(crate) fn query(&self) -> Query {
        given([
            ("state", self.state.map(|state| state.as_str().to_owned())),
            ("page", self.page.map(|page| page.to_string())),
            ("page_size", self.page_size.map(|size| size.to_string())),
            ("cursor", self.cursor.clone()),
        ])
    }
}

impl InvitationList {
    pub(crate) fn query(&self) -> Query {
        given([
            ("state", self.state.map(|state| state.as_str().to_owned())),
            ("page", self.page.map(|page| page.to_string())),
            ("page_size", self.page_size.map(|size| size.to_string())),
            ("cursor", self.cursor.clone()),
        ])
    }
}

impl ActivityRange {
    pub(crate) fn query(&self) -> Query {
        given([
            ("from", self.from.map(|day| day.to_string())),
            ("to", self.to.map(|day| day.to_string())),
            ("interval", self.interval.map(|interval| interval.as_str().to_owned())),
            ("time_zone", self.time_zone.clone()),
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
        assert!(AuditList::default().query().is_empty());
        let list = AuditList { actor_id: Some("root".to_owned()), page: Some(2), ..AuditList::default() };
        assert_eq!(list.query(), [("admin_id", "root".to_owned()), ("page", "2".to_owned())]);
    }
}
