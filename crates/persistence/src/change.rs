//! The one way in which a user is changed: locked, decided, written, with its audit entry, in one transaction.

use diesel::prelude::*;
use steward_domain::ports::{ChangeError, Decide, Standing};
use steward_domain::{AuditEntry, DisplayName, Email, PasswordHash, Role, User, UserChange, UserId};

use crate::audit_log::NewEntry;
use crate::database::{Database, each};
use crate::dialect::{Alone, Dialect};
use crate::failure::{Failure, taken};
use crate::moment::Moment;
use crate::schema::{audit_logs, sessions, users};
use crate::users::UserRow;

/// What is done to a user.
pub(crate) enum Effect {
    /// Some fields change.
    Change(UserChange),
    /// They get this password, which must be changed, and all their sessions end.
    Password(PasswordHash),
    /// They are removed, with everything of theirs but audit entries.
    Delete,
}

#[derive(diesel::AsChangeset)]
#[diesel(table_name = users)]
struct Changed<'a> {
    email: Option<&'a str>,
    name: Option<&'a str>,
    role: Option<&'a str>,
    is_active: Option<bool>,
    password_hash: Option<&'a str>,
    must_change_password: Option<bool>,
    updated_at: Moment,
}

impl<'a> Changed<'a> {
    /// What of a row changes by `effect`.
    fn by(effect: &'a Effect, updated_at: Moment) -> Self {
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
            Effect::Change(change) => Self {
                email: change.email.as_ref().map(Email::as_str),
                name: change.name.as_ref().map(DisplayName::as_str),
                role: change.role.map(Role::as_str),
                is_active: change.is_active,
                ..nothing
            },
            Effect::Password(hash) => {
                Self { password_hash: Some(hash.expose()), must_change_password: Some(true), ..nothing }
            }
            Effect::Delete => nothing,
        }
    }
}

/// Does to a user what `decide` says once they are locked, and adds the entry. Returns the user as they then are, or
/// as they were if they are removed.
pub(crate) async fn user(
    db: &Database,
    target: &UserId,
    decide: Decide<Option<(Effect, AuditEntry)>>,
) -> Result<User, ChangeError> {
    let target = target.clone();
    db.call(move |db| {
        each!(db, |conn| conn.write(|conn| {
            let Some(row) = conn.lock_user(target.key())? else {
                return Err(Failure::Refused(ChangeError::NotFound));
            };
            let user = User::try_from(row)?;
            let is_super_admin = user.role == Role::SuperAdmin && user.is_active;
            if is_super_admin {
                conn.alone(Alone::TakeSuperAdmin)?;
            }
            // A statement of its own, so that it sees what was committed while this transaction waited.
            let is_last_super_admin = is_super_admin
                && !diesel::select(diesel::dsl::exists(users::table.filter(
                    users::role.eq(Role::SuperAdmin.as_str()).and(users::is_active.eq(true)).and(users::id.ne(user.id)),
                )))
                .get_result::<bool>(conn)?;

            let standing = Standing { user, is_last_super_admin };
            let decision = decide(&standing).map_err(|denied| Failure::Refused(denied.into()))?;
            let user = standing.user;
            let Some((effect, entry)) = decision else { return Ok(user) };
            let now = Moment::from(entry.timestamp);
            if let Some(acting) = entry.acting {
                let good = sessions::table.inner_join(users::table).filter(
                    sessions::sid
                        .eq(acting.session.as_bytes().as_slice())
                        .and(sessions::ended_at.is_null())
                        .and(sessions::expires_at.gt(now))
                        .and(users::is_active.eq(true))
                        .and(users::role.eq(acting.role.as_str())),
                );
                if !diesel::select(diesel::dsl::exists(good)).get_result::<bool>(conn)? {
                    return Err(Failure::Refused(ChangeError::ActorGone));
                }
            }

            let ends_sessions = match &effect {
                Effect::Change(change) => change.is_active == Some(false),
                Effect::Password(_) => true,
                Effect::Delete => false,
            };
            if ends_sessions {
                diesel::update(sessions::table.filter(sessions::user_id.eq(user.id).and(sessions::ended_at.is_null())))
                    .set(sessions::ended_at.eq(now))
                    .execute(conn)?;
            }
            let user = match &effect {
                Effect::Delete => {
                    diesel::delete(users::table.find(user.id)).execute(conn)?;
                    user
                }
                Effect::Change(_) | Effect::Password(_) => diesel::update(users::table.find(user.id))
                    .set(Changed::by(&effect, now))
                    .returning(UserRow::as_returning())
                    .get_result(conn)
                    .map_err(conflict)?
                    .try_into()?,
            };
            diesel::insert_into(audit_logs::table).values(NewEntry::from(&entry)).execute(conn)?;
            Ok(user)
        }))
    })
    .await
}

fn conflict(error: diesel::result::Error) -> Failure<ChangeError> {
    taken(&error).map_or(Failure::Sql(error), |key| Failure::Refused(ChangeError::Conflict(key)))
}
