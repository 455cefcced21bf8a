//! How a user changes the own password: the row is locked, the old hash is compared, and the new one is written with
//! its record, in one transaction.

use diesel::prelude::*;
use steward_domain::ports::{PasswordChange, PasswordChangeError};
use steward_domain::{Record, User};

use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::failure::Failure;
use crate::rows::UserRow;
use crate::schema::{sessions, users};
use crate::statements::{SUPERSEDED_BY_PASSWORD, is_open_session_of, supersede_links, write_record};
use crate::timestamp::DbTimestamp;

/// Implements `Accounts::change_password`.
pub(super) async fn run(db: &Database, change: PasswordChange, record: Record) -> Result<User, PasswordChangeError> {
    db.call(move |db| {
        each!(db, |conn| conn.write(|conn| {
            let Some(user) = conn.lock_user(change.user.key())? else {
                return Err(Failure::Refused(PasswordChangeError::ActorGone));
            };
            let now = DbTimestamp::from(record.audit.timestamp);
            // A separate statement after the lock, so that it sees commits of the time in which this one waited.
            match conn.lock_actor(change.session, now)? {
                Some((actor, Some(_))) if actor == user.id => {}
                _ => return Err(Failure::Refused(PasswordChangeError::ActorGone)),
            }
            let changed: Option<UserRow> = diesel::update(
                users::table.filter(users::id.eq(user.id).and(users::password_hash.eq(change.old.expose()))),
            )
            .set((
                users::password_hash.eq(change.new.expose()),
                users::must_change_password.eq(false),
                users::updated_at.eq(now),
            ))
            .returning(UserRow::as_returning())
            .get_result(conn)
            .optional()?;
            let Some(changed) = changed else { return Err(Failure::Refused(PasswordChangeError::Stale)) };
            let others = is_open_session_of(user.id).and(sessions::sid.ne(change.session.as_bytes().as_slice()));
            diesel::update(sessions::table.filter(others)).set(sessions::ended_at.eq(now)).execute(conn)?;
            supersede_links!(conn, user.id, SUPERSEDED_BY_PASSWORD, now);
            write_record(conn, &record)?;
            Ok(User::try_from(changed)?)
        }))
    })
    .await
}
