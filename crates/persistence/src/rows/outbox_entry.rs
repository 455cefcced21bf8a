use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use steward_domain::ports::StoreError;
use steward_domain::timeline::EventSource;
use steward_domain::{
    DeliveryOutcome, ExportedMail, MailState, Origin, OutboxEntry, TimelineCursor, TimelineEvent, TimelineItem,
};

use crate::schema::outbox;
use crate::timestamp::DbTimestamp;

/// Whether a mail is queued. A literal, because the partial indexes have this condition and a parameter would not match
/// it.
pub(crate) fn is_queued() -> SqlLiteral<Bool> {
    sql("outbox.state = 'queued'")
}

/// A queued mail, with the columns that show whether it can be claimed.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub(crate) struct QueuedMailRow {
    pub(crate) id: i64,
    next_attempt_at: Option<DbTimestamp>,
    is_waiting: bool,
}

impl QueuedMailRow {
    /// Whether an attempt is due at `now`.
    pub(crate) fn is_due(&self, now: DbTimestamp) -> bool {
        !self.is_waiting && self.next_attempt_at.is_some_and(|at| at <= now)
    }
}

/// A stored mail for administrators.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub(crate) struct OutboxEntryRow {
    pub(crate) id: i64,
    kind: String,
    address: String,
    state: String,
    attempts: i32,
    last_error: Option<String>,
    created_at: DbTimestamp,
    next_attempt_at: Option<DbTimestamp>,
    sent_at: Option<DbTimestamp>,
}

/// Parses a stored state.
pub(crate) fn mail_state(text: &str) -> Result<MailState, StoreError> {
    MailState::parse(text).map_err(|reason| StoreError::failed(format!("outbox.state {reason}")))
}

impl TryFrom<OutboxEntryRow> for OutboxEntry {
    type Error = StoreError;

    fn try_from(row: OutboxEntryRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            kind: row.kind,
            recipient: row.address,
            state: mail_state(&row.state)?,
            attempts: u32::try_from(row.attempts).unwrap_or(0),
            last_error: row.last_error,
            created_at: row.created_at.into(),
            next_attempt_at: row.next_attempt_at.map(Into::into),
            sent_at: row.sent_at.map(Into::into),
        })
    }
}

/// A stored mail as an item of its user's timeline.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub(crate) struct UserMailRow {
    id: i64,
    kind: String,
    state: String,
    attempts: i32,
    created_at: DbTimestamp,
    sent_at: Option<DbTimestamp>,
}

impl TryFrom<UserMailRow> for TimelineItem {
    type Error = StoreError;

    fn try_from(row: UserMailRow) -> Result<Self, StoreError> {
        Ok(Self {
            cursor: TimelineCursor { at: row.created_at.into(), source: EventSource::Mails, id: row.id },
            event: TimelineEvent::Mail {
                kind: row.kind,
                state: mail_state(&row.state)?,
                attempts: u32::try_from(row.attempts).unwrap_or(0),
                sent_at: row.sent_at.map(Into::into),
            },
            origin: Origin::default(),
        })
    }
}

/// A stored mail for its recipient's export.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub(crate) struct ExportedMailRow {
    kind: String,
    address: String,
    state: String,
    created_at: DbTimestamp,
    sent_at: Option<DbTimestamp>,
}

impl TryFrom<ExportedMailRow> for ExportedMail {
    type Error = StoreError;

    fn try_from(row: ExportedMailRow) -> Result<Self, StoreError> {
        Ok(Self {
            kind: row.kind,
            address: row.address,
            state: mail_state(&row.state)?,
            created_at: row.created_at.into(),
            sent_at: row.sent_at.map(Into::into),
        })
    }
}

/// The columns of a mail that change; `None` leaves a column as it is, and `Some(None)` deletes the value.
#[derive(Default, AsChangeset)]
#[diesel(table_name = outbox)]
#[expect(clippy::option_option, reason = "Diesel distinguishes an unchanged column from NULL by it")]
pub(crate) struct MailUpdate {
    state: Option<&'static str>,
    attempts: Option<i32>,
    name: Option<Option<String>>,
    content: Option<Option<String>>,
    last_error: Option<Option<String>>,
    next_attempt_at: Option<Option<DbTimestamp>>,
    sent_at: Option<DbTimestamp>,
    over_at: Option<Option<DbTimestamp>>,
    is_waiting: Option<bool>,
}

impl MailUpdate {
    /// The columns that the outcome of an attempt with this number changes.
    pub(crate) fn after(outcome: DeliveryOutcome, attempts: i32, now: DbTimestamp) -> Self {
        match outcome {
            DeliveryOutcome::Sent => {
                Self { sent_at: Some(now), last_error: Some(None), ..Self::end(MailState::Sent, now) }
            }
            DeliveryOutcome::Retry { at, error } => {
                Self { last_error: Some(Some(error)), next_attempt_at: Some(Some(at.into())), ..Self::default() }
            }
            DeliveryOutcome::Deferred { at } => Self {
                attempts: Some(attempts.saturating_sub(1)),
                next_attempt_at: Some(Some(at.into())),
                ..Self::default()
            },
            DeliveryOutcome::Failed { error } => {
                Self { last_error: Some(Some(error)), ..Self::end(MailState::Failed, now) }
            }
            DeliveryOutcome::Cancelled => Self::end(MailState::Cancelled, now),
        }
    }

    /// The columns that a cancellation changes.
    pub(crate) fn cancel(now: DbTimestamp) -> Self {
        Self::end(MailState::Cancelled, now)
    }

    /// The columns that change when a failed mail is queued again.
    pub(crate) fn queue_again(now: DbTimestamp) -> Self {
        Self {
            state: Some(MailState::Queued.as_str()),
            attempts: Some(0),
            next_attempt_at: Some(Some(now)),
            over_at: Some(None),
            ..Self::default()
        }
    }

    /// The columns that change when a mail leaves the queue. A failed mail keeps its content, because it may be queued
    /// again.
    fn end(state: MailState, now: DbTimestamp) -> Self {
        let deleted = (state != MailState::Failed).then_some(None);
        Self {
            state: Some(state.as_str()),
            name: deleted.clone(),
            content: deleted,
            next_attempt_at: Some(None),
            over_at: Some(Some(now)),
            is_waiting: Some(false),
            ..Self::default()
        }
    }

    /// Whether the mail leaves the queue.
    pub(crate) fn ends(&self) -> bool {
        matches!(self.over_at, Some(Some(_)))
    }
}
