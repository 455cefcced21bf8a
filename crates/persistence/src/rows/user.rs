use diesel::prelude::*;
use steward_domain::ports::StoreError;
use steward_domain::{
    DisplayName, Email, LinkAction, Locale, NewUser, PasswordHash, Role, User, UserChange, UserId, UserKey, UserSort,
};

use crate::paging::Key;
use crate::schema::users;
use crate::timestamp::DbTimestamp;

/// A stored user, without the password hash.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = users)]
pub(crate) struct UserRow {
    pub(crate) id: i64,
    user_id: String,
    email: String,
    name: String,
    pub(crate) role: String,
    is_active: bool,
    must_change_password: bool,
    pub(crate) created_at: DbTimestamp,
    updated_at: DbTimestamp,
    last_login: Option<DbTimestamp>,
    email_verified_at: Option<DbTimestamp>,
    locale: Option<String>,
    purge_at: Option<DbTimestamp>,
    is_restorable: bool,
}

impl UserRow {
    /// The user id in lower case.
    pub(crate) fn user_id_key(&self) -> String {
        self.user_id.to_ascii_lowercase()
    }

    /// The sort key of the user in a list.
    pub(crate) fn sort_key(&self, sort: UserSort) -> Key {
        match sort {
            UserSort::CreatedAt => Key::Time(self.created_at),
            UserSort::LastLogin => Key::Time(self.last_login.unwrap_or_else(|| chrono::DateTime::UNIX_EPOCH.into())),
            UserSort::UserId => Key::Text(self.user_id_key()),
            UserSort::Email => Key::Text(self.email.clone()),
            UserSort::Name => Key::Text(self.name.clone()),
        }
    }
}

/// Names and addresses are not parsed, because earlier releases had other rules for them.
impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let unreadable = |column: &'static str| {
            move |reason| StoreError::failed(format!("users.{column} of the user with id {}: {reason}", row.id))
        };
        Ok(Self {
            id: UserKey::new(row.id).ok_or_else(|| StoreError::failed("a user has the id 0"))?,
            user_id: UserId::parse(&row.user_id).map_err(unreadable("user_id"))?,
            email: Email::from_stored(row.email),
            name: DisplayName::from_stored(row.name),
            role: Role::parse(&row.role).map_err(unreadable("role"))?,
            is_active: row.is_active,
            must_change_password: row.must_change_password,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            last_login: row.last_login.map(Into::into),
            email_verified_at: row.email_verified_at.map(Into::into),
            // An unknown language means the default one.
            locale: row.locale.as_deref().and_then(|tag| Locale::parse(tag).ok()),
            purge_at: row.purge_at.map(Into::into),
            is_restorable: row.is_restorable,
        })
    }
}

/// The users of the valid rows. An invalid row is logged and left out, so that the rest of a list remains readable.
pub(crate) fn readable_users(rows: Vec<UserRow>) -> Vec<User> {
    rows.into_iter()
        .filter_map(|row| User::try_from(row).inspect_err(|error| tracing::error!(%error, "left out of a list")).ok())
        .collect()
}

/// A user to insert.
#[derive(Insertable)]
#[diesel(table_name = users)]
pub(crate) struct NewUserRow<'a> {
    user_id: &'a str,
    email: &'a str,
    name: &'a str,
    password_hash: &'a str,
    role: &'a str,
    is_active: bool,
    must_change_password: bool,
    locale: Option<String>,
    created_at: DbTimestamp,
    updated_at: DbTimestamp,
}

impl<'a> From<&'a NewUser> for NewUserRow<'a> {
    fn from(user: &'a NewUser) -> Self {
        Self {
            user_id: user.user_id.as_str(),
            email: user.email.as_str(),
            name: user.name.as_str(),
            password_hash: user.password_hash.expose(),
            role: user.role.as_str(),
            is_active: user.is_active,
            must_change_password: user.must_change_password,
            locale: user.locale.as_ref().map(Locale::to_string),
            created_at: user.created_at.into(),
            updated_at: user.created_at.into(),
        }
    }
}

/// The columns of a user that change; `None` leaves a column as it is.
#[derive(AsChangeset)]
#[diesel(table_name = users)]
#[expect(clippy::option_option, reason = "Diesel writes NULL for `Some(None)`")]
pub(crate) struct UserUpdate<'a> {
    email: Option<&'a str>,
    name: Option<&'a str>,
    role: Option<&'a str>,
    is_active: Option<bool>,
    password_hash: Option<&'a str>,
    must_change_password: Option<bool>,
    email_verified_at: Option<Option<DbTimestamp>>,
    purge_at: Option<Option<DbTimestamp>>,
    is_restorable: Option<bool>,
    updated_at: DbTimestamp,
}

impl<'a> UserUpdate<'a> {
    /// Only the time of the change.
    fn at(updated_at: DbTimestamp) -> Self {
        Self {
            email: None,
            name: None,
            role: None,
            is_active: None,
            password_hash: None,
            must_change_password: None,
            email_verified_at: None,
            purge_at: None,
            is_restorable: None,
            updated_at,
        }
    }

    /// The columns that an edit changes. A new address is not confirmed. Activation cancels a scheduled deletion. After a
    /// deactivation the user can no longer restore a deleted account.
    pub(crate) fn edit(change: &'a UserChange, updated_at: DbTimestamp) -> Self {
        Self {
            email: change.email.as_ref().map(Email::as_str),
            name: change.name.as_ref().map(DisplayName::as_str),
            role: change.role.map(Role::as_str),
            is_active: change.is_active,
            email_verified_at: change.email.as_ref().map(|_| None),
            purge_at: (change.is_active == Some(true)).then_some(None),
            is_restorable: change.is_active,
            ..Self::at(updated_at)
        }
    }

    /// The columns that a deletion by the user changes.
    pub(crate) fn schedule_deletion(purge_at: DbTimestamp, updated_at: DbTimestamp) -> Self {
        Self { is_active: Some(false), purge_at: Some(Some(purge_at)), ..Self::at(updated_at) }
    }

    /// The columns that a reset of the password changes.
    pub(crate) fn reset_password(hash: &'a PasswordHash, updated_at: DbTimestamp) -> Self {
        Self { password_hash: Some(hash.expose()), must_change_password: Some(true), ..Self::at(updated_at) }
    }

    /// The columns that the use of a link changes. `address` is that of the link.
    pub(crate) fn by_link(action: &'a LinkAction, address: &'a Email, user: &User, now: DbTimestamp) -> Self {
        let (email, password_hash) = match action {
            LinkAction::ResetPassword(hash) => (None, Some(hash.expose())),
            LinkAction::VerifyEmail => (None, None),
            LinkAction::ChangeEmail => (Some(address.as_str()), None),
            LinkAction::UndoEmailChange(hash) => (Some(address.as_str()), Some(hash.expose())),
        };
        let is_confirmed_now = email.is_some() || user.email_verified_at.is_none();
        let is_restored = user.restorable_until().is_some() && action.purpose().restores_account();
        Self {
            email,
            is_active: is_restored.then_some(true),
            password_hash,
            must_change_password: password_hash.map(|_| false),
            email_verified_at: is_confirmed_now.then_some(Some(now)),
            purge_at: is_restored.then_some(None),
            ..Self::at(now)
        }
    }
}
