//! The port [`Profiles`].

use async_trait::async_trait;
use diesel::prelude::*;
use steward_domain::ports::{ChangeError, ProfileDecision, Profiles, StoreError};
use steward_domain::{Avatar, Locale, ProfileChange, Record, Role, UserId, UserProfile};

use crate::database::{Database, each};
use crate::dialect::{Dialect, ExclusiveLock};
use crate::failure::Failure;
use crate::rows::{AvatarRow, NewAvatarRow, ProfileRow, UserProfileRow, UserRow, user_profile};
use crate::schema::{lower, user_avatars, user_profiles, users};
use crate::statements::{check_actor, write_record};
use crate::timestamp::DbTimestamp;

/// The profiles in a database.
pub struct SqlProfiles {
    db: Database,
}

impl SqlProfiles {
    /// The profiles in this database.
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

/// Reads the user with this id in lower case, and their profile.
macro_rules! read_profile {
    ($conn:expr, $key:expr) => {{
        let row: Option<UserProfileRow> = users::table
            .left_join(user_profiles::table)
            .left_join(user_avatars::table)
            .filter(lower(users::user_id).eq($key))
            .select((UserRow::as_select(), Option::<ProfileRow>::as_select(), user_avatars::hash.nullable()))
            .first($conn)
            .optional()?;
        row.map(user_profile).transpose()
    }};
}

/// Locks a user, writes the change that `decide` returns by `write`, and then its record. Returns the profile
/// afterwards. Takes the locks in the order of `statements/change_user.rs`.
macro_rules! change_profile {
    ($db:expr, $target:expr, $decide:expr, |$conn:ident, $before:ident, $change:ident, $now:ident| $write:block) => {
        each!($db, |conn| conn.write(|conn| {
            let key = $target.key();
            let not_found = || Failure::Refused(ChangeError::NotFound);
            let row = conn.lock_user(key)?.ok_or_else(not_found)?;
            let is_administrator = row.role != Role::User.as_str();
            if is_administrator {
                conn.acquire_exclusive(ExclusiveLock::ChangeAdministrator)?;
            }
            let $before = read_profile!(conn, key)?.ok_or_else(not_found)?;
            let decision = $decide(&$before).map_err(|rejection| Failure::Refused(rejection.into()))?;
            let Some(($change, record)) = decision else { return Ok($before) };
            let $now = DbTimestamp::from(record.audit.timestamp);
            check_actor(conn, record.audit.acting, $now, is_administrator, ChangeError::ActorGone)?;
            {
                let $conn = &mut *conn;
                $write
            }
            write_record(conn, &record)?;
            read_profile!(conn, key)?.ok_or_else(not_found)
        }))
    };
}

#[async_trait]
impl Profiles for SqlProfiles {
    async fn find(&self, user_id: &UserId) -> Result<Option<UserProfile>, StoreError> {
        let user_id = user_id.clone();
        self.db.call(move |db| each!(db, |conn| Ok(read_profile!(conn, user_id.key())?))).await
    }

    async fn update(
        &self,
        target: &UserId,
        decide: ProfileDecision<Option<(ProfileChange, Record)>>,
    ) -> Result<UserProfile, ChangeError> {
        let target = target.clone();
        self.db
            .call(move |db| {
                change_profile!(db, target, decide, |conn, before, change, now| {
                    let UserProfile { user, profile } = before;
                    let locale = profile.locale.clone();
                    let after = change.apply(profile, now.into());
                    let row = ProfileRow::new(user.id.get(), &after, now);
                    diesel::insert_into(user_profiles::table)
                        .values(&row)
                        .on_conflict(user_profiles::user_id)
                        .do_update()
                        .set(&row)
                        .execute(conn)?;
                    if after.locale != locale {
                        let tag = after.locale.as_ref().map(Locale::to_string);
                        diesel::update(users::table.find(user.id.get()))
                            .set((users::locale.eq(tag), users::updated_at.eq(now)))
                            .execute(conn)?;
                    }
                })
            })
            .await
    }

    async fn find_avatar(&self, user_id: &UserId) -> Result<Option<Avatar>, StoreError> {
        let user_id = user_id.clone();
        let row: Option<AvatarRow> = self
            .db
            .call(move |db| {
                each!(db, |conn| Ok(user_avatars::table
                    .inner_join(users::table)
                    .filter(lower(users::user_id).eq(user_id.key()))
                    .select(AvatarRow::as_select())
                    .first(conn)
                    .optional()?))
            })
            .await?;
        Ok(row.map(Into::into))
    }

    async fn set_avatar(
        &self,
        target: &UserId,
        avatar: Option<Avatar>,
        decide: ProfileDecision<Option<Record>>,
    ) -> Result<UserProfile, ChangeError> {
        let target = target.clone();
        let decide: ProfileDecision<_> = Box::new(|before| Ok(decide(before)?.map(|record| (avatar, record))));
        self.db
            .call(move |db| {
                change_profile!(db, target, decide, |conn, before, avatar, now| {
                    let id = before.user.id.get();
                    match &avatar {
                        None => diesel::delete(user_avatars::table.find(id)).execute(conn)?,
                        Some(avatar) => {
                            let row = NewAvatarRow::new(id, avatar, now);
                            diesel::insert_into(user_avatars::table)
                                .values(&row)
                                .on_conflict(user_avatars::user_id)
                                .do_update()
                                .set(&row)
                                .execute(conn)?
                        }
                    };
                })
            })
            .await
    }
}
