//! How a user replaces their own password: locked, checked, written, with its audit entry, in one transaction.

use diesel::prelude::*;
use steward_domain::ports::{PasswordChange, PasswordChangeError};
use steward_domain::{AuditEntry, User};

use crate::audit_log::NewEntry;
use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::failure::Failure;
use crate::schema::{audit_logs, sessions, users};
use crate::timestamp::DbTimestamp;
use crate::users::UserRow;

/// Does what `Accounts::change_password` says.
pub(crate) async fn run(db: &Database, change: PasswordChange, entry: AuditEntry) -> Result<User, PasswordChangeError> {
    db.call(move |db| {
        each!(db, |conn| conn.write(|conn| {
            let Some(user) = conn.lock_user(change.user.key())? else {
                return Err(Failure::Refused(PasswordChangeError::ActorGone));
            };
            let now = DbTimestamp::from(entry.timestamp);
            // A statement of its own after the lock, so that it sees what was committed while this one waited.
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
            let others = sessions::user_id.eq(user.id).and(sessions::ended_at.is_null());
            let others = others.and(sessions::sid.ne(change.session.as_bytes().as_slice()));
            diesel::update(sessions::table.filter(others)).set(sessions::ended_at.eq(now)).execute(conn)?;
            diesel::insert_into(audit_logs::table).values(NewEntry::from(&entry)).execute(conn)?;
            Ok(User::try_from(changed)?)
        }))
    })
    .await
}
