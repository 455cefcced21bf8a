//! The one way in which an administrator changes a user: locked, decided, written, with its audit entry, in one
//! transaction.
//!
//! Locks are taken in this order, so that no two changes wait for each other: the target's row; the lock on all changes
//! of administrators, alone if the target is one and shared if not; the row of the session that acts; all else. An
//! administrator's change and their own demotion so happen one after the other, whichever comes first.

use diesel::prelude::*;
use steward_domain::ports::{ChangeError, Decision, LockedUser, UniqueKey};
use steward_domain::{AuditEntry, DisplayName, Email, PasswordHash, Role, SessionSelector, User, UserChange, UserId};

use crate::audit_log::NewEntry;
use crate::database::{Database, each};
use crate::dialect::{Dialect, ExclusiveLock};
use crate::failure::{Failure, taken};
use crate::login_attempts;
use crate::schema::{audit_logs, sessions, users};
use crate::timestamp::DbTimestamp;
use crate::users::{UserRow, has_earlier_spelling};

/// What is done to a user.
pub(crate) enum UserMutation {
    /// Some fields change.
    Change(UserChange),
    /// They get this password, which must be changed, and all their sessions end.
    Password(PasswordHash),
    /// Their failed sign-ins are forgotten; where there is none, nothing is written.
    Unlock,
    /// They are removed, with everything of theirs but audit entries.
    Delete,
    /// Those of these sessions of theirs that are good end; where there is none, nothing is written.
    Sessions(SessionSelector),
}

/// Ends those of the chosen sessions that are good and of the user with this key; how many.
macro_rules! end_sessions {
    ($conn:ident, $user:expr, $choice:expr, $now:expr) => {{
        use crate::schema::sessions;
        let (user, now) = ($user, $now);
        let good = sessions::user_id.eq(user).and(sessions::ended_at.is_null()).and(sessions::expires_at.gt(now));
        let ending = diesel::update(sessions::table.filter(good)).set(sessions::ended_at.eq(now));
        match $choice {
            SessionSelector::One(id) => ending.filter(sessions::sid.eq(id.as_bytes().as_slice())).execute($conn)?,
            SessionSelector::All => ending.execute($conn)?,
            SessionSelector::AllBut(id) => ending.filter(sessions::sid.ne(id.as_bytes().as_slice())).execute($conn)?,
        }
    }};
}
pub(crate) use end_sessions;

#[derive(diesel::AsChangeset)]
#[diesel(table_name = users)]
struct Changed<'a> {
    email: Option<&'a str>,
    name: Option<&'a str>,
    role: Option<&'a str>,
    is_active: Option<bool>,
    password_hash: Option<&'a str>,
    must_change_password: Option<bool>,
    updated_at: DbTimestamp,
}

impl<'a> Changed<'a> {
    /// What of a row changes by `effect`.
    fn by(effect: &'a UserMutation, updated_at: DbTimestamp) -> Self {
        let nothing = Self {
            email: None,
            name: None,
            role: None,
            is_active: None,
            password_hash: None,
            must_change_password: None,
            updated_at,
        };
        match effect {
            UserMutation::Change(change) => Self {
                email: change.email.as_ref().map(Email::as_str),
                name: change.name.as_ref().map(DisplayName::as_str),
                role: change.role.map(Role::as_str),
                is_active: change.is_active,
                ..nothing
            },
            UserMutation::Password(hash) => {
                Self { password_hash: Some(hash.expose()), must_change_password: Some(true), ..nothing }
            }
            UserMutation::Unlock | UserMutation::Delete | UserMutation::Sessions(_) => nothing,
        }
    }
}

/// Does to a user what `decide` says once they are locked, and adds the entry. Returns the user as they then are, or
/// as they were if they are removed.
pub(crate) async fn user(
    db: &Database,
    target: &UserId,
    decide: Decision<Option<(UserMutation, AuditEntry)>>,
) -> Result<User, ChangeError> {
    run(db, target, decide).await.map(|(user, _)| user)
}

/// Ends those of the target's chosen sessions that are good, once `decide` allows it. Returns how many.
pub(crate) async fn revoke(
    db: &Database,
    target: &UserId,
    choice: SessionSelector,
    decide: Decision<AuditEntry>,
) -> Result<u64, ChangeError> {
    let decide: Decision<_> = Box::new(move |locked| Ok(Some((UserMutation::Sessions(choice), decide(locked)?))));
    run(db, target, decide).await.map(|(_, ended)| ended as u64)
}

/// The user, and how many sessions ended.
async fn run(
    db: &Database,
    target: &UserId,
    decide: Decision<Option<(UserMutation, AuditEntry)>>,
) -> Result<(User, usize), ChangeError> {
    let target = target.clone();
    db.call(move |db| {
        each!(db, |conn| conn.write(|conn| {
            let Some(row) = conn.lock_user(target.key())? else {
                return Err(Failure::Refused(ChangeError::NotFound));
            };
            let user = User::try_from(row)?;
            let is_administrator = user.role != Role::User;
            if is_administrator {
                conn.acquire_exclusive(ExclusiveLock::ChangeAdministrator)?;
            }
            let is_super_admin = user.role == Role::SuperAdmin && user.is_active;
            // A statement of its own, so that it sees what was committed while this transaction waited.
            let is_last_super_admin = is_super_admin
                && !diesel::select(diesel::dsl::exists(users::table.filter(
                    users::role.eq(Role::SuperAdmin.as_str()).and(users::is_active.eq(true)).and(users::id.ne(user.id)),
                )))
                .get_result::<bool>(conn)?;

            let locked = LockedUser { user, is_last_super_admin };
            let decision = decide(&locked).map_err(|refusal| Failure::Refused(refusal.into()))?;
            let user = locked.user;
            let Some((effect, entry)) = decision else { return Ok((user, 0)) };
            let now = DbTimestamp::from(entry.timestamp);
            if let Some(acting) = entry.acting {
                if !is_administrator {
                    conn.acquire_shared(ExclusiveLock::ChangeAdministrator)?;
                }
                match conn.lock_actor(acting.session, now)? {
                    Some((_, Some(role))) if role == acting.role.as_str() => {}
                    _ => return Err(Failure::Refused(ChangeError::ActorGone)),
                }
            }

            if let UserMutation::Change(UserChange { email: Some(email), .. }) = &effect
                && has_earlier_spelling!(conn, email, user.id)
            {
                return Err(Failure::Refused(ChangeError::Conflict(UniqueKey::Email)));
            }
            let ended = match &effect {
                // Those too that have expired by this process's clock: another's may be behind.
                UserMutation::Change(UserChange { is_active: Some(false), .. }) | UserMutation::Password(_) => {
                    let open = sessions::user_id.eq(user.id).and(sessions::ended_at.is_null());
                    diesel::update(sessions::table.filter(open)).set(sessions::ended_at.eq(now)).execute(conn)?
                }
                UserMutation::Sessions(choice) => end_sessions!(conn, user.id, *choice, now),
                UserMutation::Change(_) | UserMutation::Unlock | UserMutation::Delete => 0,
            };
            let user = match &effect {
                UserMutation::Sessions(_) if ended == 0 => return Ok((user, 0)),
                UserMutation::Unlock if login_attempts::forget!(conn, target.key()) == 0 => return Ok((user, 0)),
                UserMutation::Sessions(_) | UserMutation::Unlock => user,
                UserMutation::Delete => {
                    login_attempts::forget!(conn, target.key());
                    diesel::delete(users::table.find(user.id)).execute(conn)?;
                    user
                }
                UserMutation::Change(_) | UserMutation::Password(_) => diesel::update(users::table.find(user.id))
                    .set(Changed::by(&effect, now))
                    .returning(UserRow::as_returning())
                    .get_result(conn)
                    .map_err(conflict)?
                    .try_into()?,
            };
            diesel::insert_into(audit_logs::table).values(NewEntry::from(&entry)).execute(conn)?;
            Ok((user, ended))
        }))
    })
    .await
}

fn conflict(error: diesel::result::Error) -> Failure<ChangeError> {
    taken(&error).map_or(Failure::Sql(error), |key| Failure::Refused(ChangeError::Conflict(key)))
}
