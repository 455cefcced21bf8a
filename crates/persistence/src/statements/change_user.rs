//! How an administrator changes a user: the row is locked, the change is decided and written with its record, in one
//! transaction.
//!
//! Transactions take locks in one order, so that they cannot deadlock: the target's row; the lock on changes of
//! administrators, exclusive if the target is one and shared if not; the row of the acting session; all others. An
//! administrator's own change and a demotion of that administrator are therefore serialized.

use diesel::prelude::*;
use steward_domain::ports::{ChangeError, Decision, LockedUser, UniqueKey};
use steward_domain::{LinkPurpose, PasswordHash, Record, Role, SessionSelector, User, UserChange, UserId};

use super::{
    SUPERSEDED_BY_ADDRESS, SUPERSEDED_BY_PASSWORD, check_actor, end_active_sessions, erase_user, forget_failures,
    is_open_session_of, is_taken, supersede_links, write_record,
};
use crate::database::{Database, each};
use crate::dialect::{Dialect, ExclusiveLock};
use crate::failure::{Failure, conflict};
use crate::rows::{UserRow, UserUpdate};
use crate::schema::{sessions, users};
use crate::timestamp::DbTimestamp;

/// A change of a user.
pub(crate) enum UserMutation {
    /// Changes some fields.
    Change(UserChange),
    /// Sets a password, which the user must change, and ends all sessions.
    Password(PasswordHash),
    /// Deletes the failed sign-ins; without any, nothing is written.
    Unlock,
    /// Erases the user: see [`erase_user!`](super::erase_user).
    Delete,
    /// Deactivates the user and schedules the erasure, if this is the stored password hash.
    ScheduleDeletion { checked: PasswordHash, purge_at: DbTimestamp },
    /// Activates the user and cancels the erasure, if this is the stored password hash.
    Restore { checked: PasswordHash },
    /// Ends the active ones of the selected sessions; without any, nothing is written.
    Sessions(SessionSelector),
}

const ACTIVATION: UserChange = UserChange { email: None, name: None, role: None, is_active: Some(true) };

/// Locks a user, applies the mutation that `decide` returns, and writes the record. Returns the user after the
/// mutation; of a deleted user, as it was before.
pub(crate) async fn change_user(
    db: &Database,
    target: &UserId,
    decide: Decision<Option<(UserMutation, Record)>>,
) -> Result<User, ChangeError> {
    run(db, target, decide).await.map(|(user, _)| user)
}

/// Ends the active ones of the target's selected sessions if `decide` allows it. Returns their number.
pub(crate) async fn revoke_sessions(
    db: &Database,
    target: &UserId,
    selector: SessionSelector,
    decide: Decision<Record>,
) -> Result<u64, ChangeError> {
    let decide: Decision<_> = Box::new(move |locked| Ok(Some((UserMutation::Sessions(selector), decide(locked)?))));
    run(db, target, decide).await.map(|(_, ended)| ended as u64)
}

/// Returns the user and the number of ended sessions.
async fn run(
    db: &Database,
    target: &UserId,
    decide: Decision<Option<(UserMutation, Record)>>,
) -> Result<(User, usize), ChangeError> {
    let target = target.clone();
    db.call(move |db| {
        each!(db, |conn| conn.write(|conn| {
            let Some(row) = conn.lock_user(target.key())? else {
                return Err(Failure::Refused(ChangeError::NotFound));
            };
            let id = row.id;
            let user = User::try_from(row)?;
            let is_administrator = user.role != Role::User;
            if is_administrator {
                conn.acquire_exclusive(ExclusiveLock::ChangeAdministrator)?;
            }
            let is_super_admin = user.role == Role::SuperAdmin && user.is_active;
            // A separate statement, so that it sees commits of the time in which this transaction waited for the lock.
            let is_last_super_admin = is_super_admin
                && !diesel::select(diesel::dsl::exists(users::table.filter(
                    users::role.eq(Role::SuperAdmin.as_str()).and(users::is_active.eq(true)).and(users::id.ne(id)),
                )))
                .get_result::<bool>(conn)?;

            let locked = LockedUser { user, is_last_super_admin };
            let decision = decide(&locked).map_err(|rejection| Failure::Refused(rejection.into()))?;
            let user = locked.user;
            let Some((mutation, record)) = decision else { return Ok((user, 0)) };
            let now = DbTimestamp::from(record.audit.timestamp);
            check_actor(conn, record.audit.acting, now, is_administrator, ChangeError::ActorGone)?;

            if let UserMutation::Change(UserChange { email: Some(email), .. }) = &mutation
                && is_taken!(conn, email, id)
            {
                return Err(Failure::Refused(ChangeError::Conflict(UniqueKey::Email)));
            }
            if let UserMutation::ScheduleDeletion { checked, .. } | UserMutation::Restore { checked } = &mutation {
                let same = users::table.filter(users::id.eq(id).and(users::password_hash.eq(checked.expose())));
                if !diesel::select(diesel::dsl::exists(same)).get_result::<bool>(conn)? {
                    return Err(Failure::Refused(ChangeError::Stale));
                }
            }
            let ended = match &mutation {
                // Sessions that have expired by this process's clock too: the clock of another process may be behind.
                UserMutation::Change(UserChange { is_active: Some(false), .. })
                | UserMutation::Password(_)
                | UserMutation::ScheduleDeletion { .. } => {
                    diesel::update(sessions::table.filter(is_open_session_of(id)))
                        .set(sessions::ended_at.eq(now))
                        .execute(conn)?
                }
                UserMutation::Sessions(selector) => end_active_sessions!(conn, id, *selector, now),
                UserMutation::Change(_)
                | UserMutation::Unlock
                | UserMutation::Delete
                | UserMutation::Restore { .. } => 0,
            };
            let update = match &mutation {
                UserMutation::Sessions(_) if ended == 0 => return Ok((user, 0)),
                UserMutation::Unlock if forget_failures!(conn, target.key()) == 0 => return Ok((user, 0)),
                UserMutation::Sessions(_) | UserMutation::Unlock => None,
                UserMutation::Delete => {
                    erase_user!(conn, &user, now);
                    None
                }
                UserMutation::Change(change) => Some(UserUpdate::edit(change, now)),
                UserMutation::Password(hash) => Some(UserUpdate::reset_password(hash, now)),
                UserMutation::ScheduleDeletion { purge_at, .. } => Some(UserUpdate::schedule_deletion(*purge_at, now)),
                UserMutation::Restore { .. } => Some(UserUpdate::edit(&ACTIVATION, now)),
            };
            let user = match update {
                Some(update) => diesel::update(users::table.find(id))
                    .set(update)
                    .returning(UserRow::as_returning())
                    .get_result(conn)
                    .map_err(conflict(ChangeError::Conflict))?
                    .try_into()?,
                None => user,
            };
            if let Some(purposes) = superseded_links(&mutation) {
                supersede_links!(conn, id, purposes, now);
            }
            write_record(conn, &record)?;
            Ok((user, ended))
        }))
    })
    .await
}

/// Returns the purposes of the links that a mutation supersedes.
fn superseded_links(mutation: &UserMutation) -> Option<&'static [LinkPurpose]> {
    match mutation {
        UserMutation::Change(UserChange { email: Some(_), .. } | UserChange { is_active: Some(false), .. }) => {
            Some(&LinkPurpose::ALL)
        }
        // A thief who changed the address may delete the account, too. The owner's undo restores both.
        UserMutation::ScheduleDeletion { .. } => Some(SUPERSEDED_BY_ADDRESS),
        UserMutation::Password(_) => Some(SUPERSEDED_BY_PASSWORD),
        // A thief may have requested the change with one of the ended sessions.
        UserMutation::Sessions(SessionSelector::All) => Some(&[LinkPurpose::ChangeEmail]),
        UserMutation::Change(_)
        | UserMutation::Unlock
        | UserMutation::Delete
        | UserMutation::Restore { .. }
        | UserMutation::Sessions(_) => None,
    }
}
