use diesel::prelude::*;
use steward_domain::ports::StoreError;
use steward_domain::{AccountName, Email, Locale, Origin, ResetRequest, UserId};

use crate::schema::password_reset_requests;
use crate::timestamp::DbTimestamp;

/// A request to reset a password, to insert.
#[derive(Insertable)]
#[diesel(table_name = password_reset_requests)]
pub(crate) struct NewResetRequestRow {
    user_id: Option<String>,
    email: Option<String>,
    locale: Option<String>,
    ip_address: Option<String>,
    user_agent: Option<String>,
    requested_at: DbTimestamp,
}

impl From<ResetRequest> for NewResetRequestRow {
    fn from(request: ResetRequest) -> Self {
        let (user_id, email) = match request.account {
            AccountName::UserId(id) => (Some(id.to_string()), None),
            AccountName::Email(email) => (None, Some(email.to_string())),
        };
        Self {
            user_id,
            email,
            locale: request.locale.map(|locale| locale.to_string()),
            ip_address: request.origin.ip_address,
            user_agent: request.origin.user_agent,
            requested_at: request.requested_at.into(),
        }
    }
}

/// A stored request to reset a password.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = password_reset_requests)]
pub(crate) struct ResetRequestRow {
    pub(crate) id: i64,
    user_id: Option<String>,
    email: Option<String>,
    locale: Option<String>,
    ip_address: Option<String>,
    user_agent: Option<String>,
    requested_at: DbTimestamp,
}

impl TryFrom<ResetRequestRow> for ResetRequest {
    type Error = StoreError;

    fn try_from(row: ResetRequestRow) -> Result<Self, StoreError> {
        let unreadable = |reason: &str| StoreError::failed(format!("password_reset_requests, id {}: {reason}", row.id));
        let account = match (row.user_id, row.email) {
            (Some(id), _) => {
                AccountName::UserId(UserId::parse(&id).map_err(|invalid| unreadable(&invalid.to_string()))?)
            }
            (None, Some(email)) => AccountName::Email(Email::from_stored(email)),
            (None, None) => return Err(unreadable("neither user_id nor email is set")),
        };
        Ok(Self {
            account,
            locale: row.locale.as_deref().and_then(|tag| Locale::parse(tag).ok()),
            origin: Origin { ip_address: row.ip_address, user_agent: row.user_agent },
            requested_at: row.requested_at.into(),
        })
    }
}
