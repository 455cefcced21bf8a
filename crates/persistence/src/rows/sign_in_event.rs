use diesel::dsl::auto_type;
use diesel::prelude::*;
use steward_domain::ports::StoreError;
use steward_domain::timeline::EventSource;
use steward_domain::{
    ExportedSignIn, FailedSignIn, NewSession, Origin, SignInRecord, TimelineCursor, TimelineEvent, TimelineItem,
    UserId, UserKey,
};

use super::session_id;
use crate::schema::{sign_in_events, users};
use crate::timestamp::DbTimestamp;

const SUCCESS: &str = "success";
const FAILURE: &str = "failure";

/// A sign-in attempt to insert.
#[derive(Insertable)]
#[diesel(table_name = sign_in_events)]
pub(crate) struct NewSignInEventRow {
    at: DbTimestamp,
    user_id: Option<i64>,
    outcome: &'static str,
    reason: Option<&'static str>,
    session: Option<Vec<u8>>,
    network: String,
    ip_address: Option<String>,
    user_agent: Option<String>,
    address_key: Option<String>,
    device_key: String,
}

impl NewSignInEventRow {
    /// The attempt without a reference to its user.
    pub(crate) fn without_user(self) -> Self {
        Self { user_id: None, ..self }
    }
}

/// The sign-in that opens a session.
impl From<&NewSession> for NewSignInEventRow {
    fn from(session: &NewSession) -> Self {
        Self {
            at: session.created_at.into(),
            user_id: Some(session.user.get()),
            outcome: SUCCESS,
            reason: None,
            session: Some(session.id.as_bytes().to_vec()),
            network: session.origin.network().to_string(),
            address_key: session.origin.address_key(),
            device_key: session.origin.device_key(),
            ip_address: session.origin.ip_address.clone(),
            user_agent: session.origin.user_agent.clone(),
        }
    }
}

impl From<FailedSignIn> for NewSignInEventRow {
    fn from(failure: FailedSignIn) -> Self {
        Self {
            at: failure.at.into(),
            user_id: failure.user.map(UserKey::get),
            outcome: FAILURE,
            reason: Some(failure.reason.as_str()),
            session: None,
            network: failure.origin.network().to_string(),
            address_key: failure.origin.address_key(),
            device_key: failure.origin.device_key(),
            ip_address: failure.origin.ip_address,
            user_agent: failure.origin.user_agent,
        }
    }
}

/// A stored sign-in attempt of a user.
#[derive(Queryable, Selectable)]
#[diesel(table_name = sign_in_events)]
pub(crate) struct SignInEventRow {
    id: i64,
    at: DbTimestamp,
    reason: Option<String>,
    session: Option<Vec<u8>>,
    ip_address: Option<String>,
    user_agent: Option<String>,
}

impl TryFrom<SignInEventRow> for TimelineItem {
    type Error = StoreError;

    fn try_from(row: SignInEventRow) -> Result<Self, StoreError> {
        Ok(Self {
            cursor: TimelineCursor { at: row.at.into(), source: EventSource::SignIns, id: row.id },
            event: match row.reason {
                Some(reason) => TimelineEvent::FailedSignIn { reason },
                None => TimelineEvent::SignIn { session: row.session.as_deref().map(session_id).transpose()? },
            },
            origin: Origin { ip_address: row.ip_address, user_agent: row.user_agent },
        })
    }
}

/// A stored sign-in attempt for its user's export.
impl TryFrom<SignInEventRow> for ExportedSignIn {
    type Error = StoreError;

    fn try_from(row: SignInEventRow) -> Result<Self, StoreError> {
        Ok(Self {
            at: row.at.into(),
            reason: row.reason,
            session: row.session.as_deref().map(session_id).transpose()?,
            origin: Origin { ip_address: row.ip_address, user_agent: row.user_agent },
        })
    }
}

/// A stored sign-in attempt with its user, as an item of a list. The fields are in the order of
/// [`sign_in_record_columns`].
#[derive(Queryable)]
pub(crate) struct SignInRecordRow {
    pub(crate) id: i64,
    pub(crate) at: DbTimestamp,
    user_id: Option<String>,
    reason: Option<String>,
    ip_address: Option<String>,
    user_agent: Option<String>,
}

/// The columns of a [`SignInRecordRow`], in a query of attempts with their users.
#[auto_type]
pub(crate) fn sign_in_record_columns() -> _ {
    (
        sign_in_events::id,
        sign_in_events::at,
        users::user_id.nullable(),
        sign_in_events::reason,
        sign_in_events::ip_address,
        sign_in_events::user_agent,
    )
}

impl TryFrom<SignInRecordRow> for SignInRecord {
    type Error = StoreError;

    fn try_from(row: SignInRecordRow) -> Result<Self, StoreError> {
        let unreadable = |reason| StoreError::failed(format!("the user of the sign-in with key {}: {reason}", row.id));
        Ok(Self {
            id: row.id,
            at: row.at.into(),
            user_id: row.user_id.map(|id| UserId::parse(&id)).transpose().map_err(unreadable)?,
            reason: row.reason,
            origin: Origin { ip_address: row.ip_address, user_agent: row.user_agent },
        })
    }
}

/// The key and the origin of a row without the keys of its origin.
pub(crate) type OriginRow = (i64, Option<String>, Option<String>);

/// The keys of an origin to store.
#[derive(AsChangeset)]
#[diesel(table_name = sign_in_events)]
pub(crate) struct OriginKeys {
    pub(crate) address_key: Option<String>,
    pub(crate) device_key: String,
}

impl OriginKeys {
    /// The keys of this address and user agent.
    pub(crate) fn new(ip_address: Option<String>, user_agent: Option<String>) -> Self {
        let origin = Origin { ip_address, user_agent };
        Self { address_key: origin.address_key(), device_key: origin.device_key() }
    }
}
