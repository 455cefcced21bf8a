use diesel::dsl::auto_type;
use diesel::prelude::*;
use steward_domain::ports::StoreError;
use steward_domain::timeline::EventSource;
use steward_domain::{
    DisplayName, ExportedSession, NewSession, Origin, Role, SessionId, SessionRecord, TimelineCursor, TimelineEvent,
    TimelineItem, UserId,
};

use crate::schema::{instant_or, sessions, users};
use crate::timestamp::DbTimestamp;

/// A stored session, with the columns that a refresh reads.
#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub(crate) struct SessionRow {
    pub(crate) id: i64,
    pub(crate) sid: Vec<u8>,
    pub(crate) user_id: i64,
    pub(crate) created_at: DbTimestamp,
    pub(crate) expires_at: DbTimestamp,
    pub(crate) ended_at: Option<DbTimestamp>,
    pub(crate) ends_at: Option<DbTimestamp>,
    pub(crate) last_seen_at: Option<DbTimestamp>,
}

/// The session id in a row.
pub(crate) fn session_id(sid: &[u8]) -> Result<SessionId, StoreError> {
    let bytes = sid.try_into().map_err(|_| StoreError::failed("sessions.sid has not 16 bytes"))?;
    Ok(SessionId::from_bytes(bytes))
}

/// A session to insert.
#[derive(Insertable)]
#[diesel(table_name = sessions)]
pub(crate) struct NewSessionRow {
    sid: Vec<u8>,
    pub(crate) user_id: i64,
    pub(crate) created_at: DbTimestamp,
    expires_at: DbTimestamp,
    ends_at: DbTimestamp,
    last_seen_at: DbTimestamp,
    ip_address: Option<String>,
    user_agent: Option<String>,
    address_key: Option<String>,
    device_key: String,
}

impl From<NewSession> for NewSessionRow {
    fn from(session: NewSession) -> Self {
        Self {
            address_key: session.origin.address_key(),
            device_key: session.origin.device_key(),
            sid: session.id.as_bytes().to_vec(),
            user_id: session.user.get(),
            created_at: session.created_at.into(),
            expires_at: session.expires_at.into(),
            ends_at: session.ends_at.into(),
            last_seen_at: session.created_at.into(),
            ip_address: session.origin.ip_address,
            user_agent: session.origin.user_agent,
        }
    }
}

/// A stored session with its user, as an item of a list. The fields are in the order of
/// [`session_record_columns`].
#[derive(Queryable)]
pub(crate) struct SessionRecordRow {
    pub(crate) id: i64,
    sid: Vec<u8>,
    user_id: String,
    user_name: String,
    user_role: String,
    pub(crate) created_at: DbTimestamp,
    last_seen_at: DbTimestamp,
    expires_at: DbTimestamp,
    ip_address: Option<String>,
    user_agent: Option<String>,
}

/// A stored session for its user's export. The fields are in the order of [`exported_session_columns`].
#[derive(Queryable)]
pub(crate) struct ExportedSessionRow {
    sid: Vec<u8>,
    created_at: DbTimestamp,
    last_seen_at: DbTimestamp,
    expires_at: DbTimestamp,
    ended_at: Option<DbTimestamp>,
    ip_address: Option<String>,
    user_agent: Option<String>,
}

/// The columns of an [`ExportedSessionRow`].
#[auto_type]
pub(crate) fn exported_session_columns() -> _ {
    (
        sessions::sid,
        sessions::created_at,
        instant_or(sessions::last_seen_at, sessions::created_at),
        sessions::expires_at,
        sessions::ended_at,
        sessions::ip_address,
        sessions::user_agent,
    )
}

impl TryFrom<ExportedSessionRow> for ExportedSession {
    type Error = StoreError;

    fn try_from(row: ExportedSessionRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: session_id(&row.sid)?,
            created_at: row.created_at.into(),
            last_seen_at: row.last_seen_at.into(),
            expires_at: row.expires_at.into(),
            ended_at: row.ended_at.map(Into::into),
            origin: Origin { ip_address: row.ip_address, user_agent: row.user_agent },
        })
    }
}

/// The columns of a [`SessionRecordRow`], in a query of sessions with their users.
#[auto_type]
pub(crate) fn session_record_columns() -> _ {
    (
        sessions::id,
        sessions::sid,
        users::user_id,
        users::name,
        users::role,
        sessions::created_at,
        instant_or(sessions::last_seen_at, sessions::created_at),
        sessions::expires_at,
        sessions::ip_address,
        sessions::user_agent,
    )
}

impl TryFrom<SessionRecordRow> for SessionRecord {
    type Error = StoreError;

    fn try_from(row: SessionRecordRow) -> Result<Self, StoreError> {
        let unreadable = |reason| StoreError::failed(format!("the user of the session with key {}: {reason}", row.id));
        Ok(Self {
            id: session_id(&row.sid)?,
            user_id: UserId::parse(&row.user_id).map_err(unreadable)?,
            user_name: DisplayName::from_stored(row.user_name),
            user_role: Role::parse(&row.user_role).map_err(unreadable)?,
            created_at: row.created_at.into(),
            last_seen_at: row.last_seen_at.into(),
            expires_at: row.expires_at.into(),
            origin: Origin { ip_address: row.ip_address, user_agent: row.user_agent },
        })
    }
}

/// A stored session as the item of its user's timeline at which it ended.
#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub(crate) struct SessionEndRow {
    id: i64,
    sid: Vec<u8>,
    ended_at: Option<DbTimestamp>,
    over_at: DbTimestamp,
    ip_address: Option<String>,
    user_agent: Option<String>,
}

impl TryFrom<SessionEndRow> for TimelineItem {
    type Error = StoreError;

    fn try_from(row: SessionEndRow) -> Result<Self, StoreError> {
        Ok(Self {
            cursor: TimelineCursor { at: row.over_at.into(), source: EventSource::SessionEnds, id: row.id },
            event: TimelineEvent::SessionEnd {
                session: session_id(&row.sid)?,
                expired: row.ended_at != Some(row.over_at),
            },
            origin: Origin { ip_address: row.ip_address, user_agent: row.user_agent },
        })
    }
}
