//! The port [`Accounts`].

mod change_password;

use std::time::Duration;

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Text;
use steward_domain::ports::{
    AccountCredentials, Accounts, ChangeError, CreateError, Decision, PasswordChange, PasswordChangeError,
    SignInCredentials, StoreError, UniqueKey,
};
use steward_domain::{LinkPurpose, NewUser, PasswordHash, Record, User, UserId, UserKey};

use crate::database::{Database, each};
use crate::dialect::{Dialect, ExclusiveLock};
use crate::failure::{Failure, conflict};
use crate::rows::{NewUserRow, UserRow};
use crate::schema::{account_links, lower, users};
use crate::statements::{UserMutation, change_user, check_actor, is_open_link, is_taken, write_record};
use crate::timestamp::DbTimestamp;

/// Rows per INSERT: a statement has at most 65,535 parameters.
const ROWS: usize = 1_000;

/// The additional time for each of the first users: many times the usual one.
const PER_ROW: Duration = Duration::from_millis(20);

/// The accounts in a database.
pub struct SqlAccounts {
    db: Database,
}

impl SqlAccounts {
    /// The accounts in this database.
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl Accounts for SqlAccounts {
    async fn create(&self, user: NewUser, record: Record) -> Result<User, CreateError> {
        self.db
            .call(move |db| {
                let outcome = each!(db, |conn| conn.write(|conn| {
                    let now = DbTimestamp::from(record.audit.timestamp);
                    check_actor(conn, record.audit.acting, now, false, CreateError::ActorGone)?;
                    if is_taken!(conn, &user.email, 0_i64) {
                        return Err(Failure::Refused(CreateError::Conflict(UniqueKey::Email)));
                    }
                    let row: UserRow = diesel::insert_into(users::table)
                        .values(NewUserRow::from(&user))
                        .returning(UserRow::as_returning())
                        .get_result(conn)
                        .map_err(conflict(CreateError::Conflict))?;
                    let user = User::try_from(row)?;
                    // A registration proves no mailbox, so it must not take an address that an undo may restore. After
                    // the INSERT, which waits for a concurrent change of that address.
                    let undo = account_links::table
                        .filter(account_links::address.eq(user.email.as_str()))
                        .filter(account_links::purpose.eq(LinkPurpose::UndoEmailChange.as_str()))
                        .filter(is_open_link())
                        .filter(account_links::expires_at.gt(DbTimestamp::from(user.created_at)));
                    if diesel::select(diesel::dsl::exists(undo)).get_result::<bool>(conn)? {
                        return Err(Failure::Refused(CreateError::Conflict(UniqueKey::Email)));
                    }
                    write_record(conn, &record.for_new_user(user.id))?;
                    Ok(user)
                }));
                match outcome {
                    // The order of the indexes decides which of two violations the database reports.
                    Err(Failure::Refused(CreateError::Conflict(UniqueKey::Email))) if exists(db, &user.user_id)? => {
                        Err(Failure::Refused(CreateError::Conflict(UniqueKey::UserId)))
                    }
                    outcome => outcome,
                }
            })
            .await
    }

    async fn create_first(&self, users: Vec<(NewUser, Record)>) -> Result<bool, StoreError> {
        let rows = u32::try_from(users.len()).unwrap_or(u32::MAX);
        let deadline = self.db.deadline() + PER_ROW.saturating_mul(rows);
        self.db
            .call_within(deadline, move |db| {
                each!(db, |conn| conn.write(|conn| {
                    conn.acquire_exclusive(ExclusiveLock::CreateFirst)?;
                    if diesel::select(diesel::dsl::exists(users::table.select(users::id))).get_result::<bool>(conn)? {
                        return Ok(false);
                    }
                    for chunk in users.chunks(ROWS) {
                        let rows: Vec<_> = chunk.iter().map(|(user, _)| NewUserRow::from(user)).collect();
                        diesel::insert_into(users::table).values(&rows).execute(conn)?;
                        chunk.iter().try_for_each(|(_, record)| write_record(conn, record))?;
                    }
                    Ok(true)
                }))
            })
            .await
    }

    async fn credentials(&self, user_id: &UserId) -> Result<Option<AccountCredentials>, StoreError> {
        let user_id = user_id.clone();
        self.db.call(move |db| credentials(db, &user_id)).await
    }

    async fn sign_in_credentials(&self, user_id: Option<&UserId>) -> Result<SignInCredentials, StoreError> {
        let user_id = user_id.cloned();
        self.db
            .call(move |db| {
                let account = user_id.map_or(Ok(None), |user_id| credentials(db, &user_id))?;
                Ok(SignInCredentials { account, highest_hash_cost: highest_hash_cost(db)? })
            })
            .await
    }

    async fn rehash(&self, id: UserKey, old: &PasswordHash, new: &PasswordHash) -> Result<(), StoreError> {
        let (old, new) = (old.clone(), new.clone());
        self.db
            .call(move |db| {
                each!(db, |conn| conn.write(|conn| {
                    diesel::update(
                        users::table.filter(users::id.eq(id.get()).and(users::password_hash.eq(old.expose()))),
                    )
                    .set(users::password_hash.eq(new.expose()))
                    .execute(conn)?;
                    Ok(())
                }))
            })
            .await
    }

    async fn reset_password(
        &self,
        target: &UserId,
        hash: PasswordHash,
        decide: Decision<Record>,
    ) -> Result<User, ChangeError> {
        let decide: Decision<_> = Box::new(|locked| Ok(Some((UserMutation::Password(hash), decide(locked)?))));
        change_user(&self.db, target, decide).await
    }

    async fn change_password(&self, change: PasswordChange, record: Record) -> Result<User, PasswordChangeError> {
        change_password::run(&self.db, change, record).await
    }
}

fn credentials(db: &Database, user_id: &UserId) -> Result<Option<AccountCredentials>, Failure> {
    let found: Option<(UserRow, String)> = each!(db, |conn| {
        Ok(users::table
            .filter(lower(users::user_id).eq(user_id.key()))
            .select((UserRow::as_select(), users::password_hash))
            .first(conn)
            .optional()?)
    })?;
    let Some((row, hash)) = found else { return Ok(None) };
    Ok(Some(AccountCredentials { user: row.try_into()?, password_hash: PasswordHash::new(hash) }))
}

fn highest_hash_cost(db: &Database) -> Result<Option<u32>, Failure> {
    let cost: Option<String> = each!(db, |conn| {
        Ok(users::table
            .filter(hash_cost().between("04", "31").and(users::password_hash.like("$2_$__$%")))
            .order(hash_cost().desc())
            .select(hash_cost())
            .first(conn)
            .optional()?)
    })?;
    Ok(cost.and_then(|cost| cost.parse().ok()))
}

/// The two digits of a bcrypt hash that give its cost. There is an index on exactly this expression.
fn hash_cost() -> SqlLiteral<Text> {
    sql("substr(users.password_hash, 5, 2)")
}

fn exists(db: &Database, user_id: &UserId) -> Result<bool, Failure<CreateError>> {
    each!(db, |conn| {
        let same = users::table.filter(lower(users::user_id).eq(user_id.key()));
        Ok(diesel::select(diesel::dsl::exists(same)).get_result(conn)?)
    })
}
