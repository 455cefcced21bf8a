//! The requests for links. A transaction locks the user before the links of the user, as `statements/change_user.rs`
//! does.

use diesel::dsl::auto_type;
use diesel::prelude::*;
use steward_domain::ports::{ChangeError, LinkRequestDecision, ResetDecision, StoreError};
use steward_domain::{AccountName, LinkPurpose, MailKind, ResetRequest, Timestamp, User, UserId};

use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::failure::Failure;
use crate::rows::NewResetRequestRow;
use crate::schema::{outbox, password_reset_requests, users};
use crate::statements::{check_actor, spellings, write_record};
use crate::timestamp::DbTimestamp;

/// Implements `Links::request_reset`.
pub(super) async fn store(db: &Database, request: ResetRequest) -> Result<(), StoreError> {
    let row = NewResetRequestRow::from(request);
    db.call(move |db| {
        each!(db, |conn| conn.write(|conn| {
            diesel::insert_into(password_reset_requests::table).values(&row).execute(conn)?;
            Ok(())
        }))
    })
    .await
}

/// Implements `Links::resolve_reset`.
pub(super) async fn resolve(db: &Database, since: Timestamp, decide: ResetDecision) -> Result<bool, StoreError> {
    db.call(move |db| {
        // Usually there is none, and then the task must not hold up the transactions that write.
        let is_pending = diesel::dsl::exists(password_reset_requests::table.select(password_reset_requests::id));
        if !each!(db, |conn| Ok::<bool, Failure>(diesel::select(is_pending).get_result(conn)?))? {
            return Ok(false);
        }
        each!(db, |conn| conn.write(|conn| {
            let Some(row) = conn.lock_reset_request()? else { return Ok(false) };
            diesel::delete(password_reset_requests::table.find(row.id)).execute(conn)?;
            let request = match ResetRequest::try_from(row) {
                Ok(request) => request,
                Err(error) => {
                    log_dropped(&error);
                    return Ok(true);
                }
            };
            let key = match &request.account {
                AccountName::UserId(id) => Some(id.key().to_owned()),
                AccountName::Email(email) => users::table
                    .filter(users::email.eq_any(spellings(email)))
                    .select(users::user_id)
                    .first::<String>(conn)
                    .optional()?
                    .map(|id| id.to_ascii_lowercase()),
            };
            let Some(key) = key else { return Ok(true) };
            let Some(row) = conn.lock_user(&key)? else { return Ok(true) };
            let user = match User::try_from(row) {
                Ok(user) => user,
                Err(error) => {
                    log_dropped(&error);
                    return Ok(true);
                }
            };
            // The address may have changed while this transaction waited for the lock.
            if let AccountName::Email(email) = &request.account
                && !spellings(email).iter().any(|spelling| spelling == user.email.as_str())
            {
                return Ok(true);
            }
            let count = requested_mails(user.id.get(), LinkPurpose::ResetPassword, since.into());
            let recent: i64 = count.count().get_result(conn)?;
            if let Some(record) = decide(&request, &user, u64::try_from(recent).unwrap_or_default()) {
                write_record(conn, &record)?;
            }
            Ok(true)
        }))
    })
    .await
}

/// Implements `Links::request`.
pub(super) async fn run(
    db: &Database,
    target: UserId,
    purpose: LinkPurpose,
    since: Timestamp,
    decide: LinkRequestDecision,
) -> Result<bool, ChangeError> {
    db.call(move |db| {
        each!(db, |conn| conn.write(|conn| {
            let Some(row) = conn.lock_user(target.key())? else {
                return Err(Failure::Refused(ChangeError::NotFound));
            };
            let user = User::try_from(row)?;
            let recent: i64 = requested_mails(user.id.get(), purpose, since.into()).count().get_result(conn)?;
            let Some(record) = decide(&user, u64::try_from(recent).unwrap_or_default()) else { return Ok(false) };
            // The actor is the target, whose row is locked.
            check_actor(conn, record.audit.acting, record.audit.timestamp.into(), true, ChangeError::ActorGone)?;
            write_record(conn, &record)?;
            Ok(true)
        }))
    })
    .await
}

/// The mails to a user with a link of this purpose that were requested at `since` or later. The links of notices do not
/// count: another person can cause them.
#[auto_type]
fn requested_mails(user: i64, purpose: LinkPurpose, since: DbTimestamp) -> _ {
    let kind: &'static str = MailKind::requested_for(purpose).map_or("", MailKind::as_str);
    outbox::table.filter(outbox::user_id.eq(user)).filter(outbox::kind.eq(kind)).filter(outbox::created_at.ge(since))
}

/// An unreadable request or user must not block the requests behind it.
fn log_dropped(error: &StoreError) {
    tracing::error!(%error, "dropped a request to reset a password");
}
