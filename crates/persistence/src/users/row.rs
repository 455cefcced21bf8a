use diesel::prelude::*;
use steward_domain::ports::StoreError;
use steward_domain::{DisplayName, Email, Role, User, UserId, UserSort};

use crate::paging::Key;
use crate::schema::users;
use crate::timestamp::DbTimestamp;

/// A user as stored, without the password hash.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = users)]
pub(crate) struct UserRow {
    pub(crate) id: i64,
    user_id: String,
    email: String,
    name: String,
    role: String,
    is_active: bool,
    must_change_password: bool,
    created_at: DbTimestamp,
    updated_at: DbTimestamp,
    last_login: Option<DbTimestamp>,
}

impl UserRow {
    /// The user id in lower case.
    pub(super) fn key_of_id(&self) -> String {
        self.user_id.to_ascii_lowercase()
    }

    /// Where the user stands in a list.
    pub(super) fn key(&self, sort: UserSort) -> Key {
        match sort {
            UserSort::CreatedAt => Key::Time(self.created_at),
            UserSort::LastLogin => Key::Time(self.last_login.unwrap_or_else(|| chrono::DateTime::UNIX_EPOCH.into())),
            UserSort::UserId => Key::Text(self.key_of_id()),
            UserSort::Email => Key::Text(self.email.clone()),
            UserSort::Name => Key::Text(self.name.clone()),
        }
    }
}

/// Rows can be written by hand, so an id or a role need not parse. Names and addresses are taken as they are: those of
/// earlier versions followed other rules.
impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let unreadable = |column: &'static str| {
            move |reason| StoreError::failed(format!("users.{column} of the user with id {}: {reason}", row.id))
        };
        Ok(Self {
            id: row.id,
            user_id: UserId::parse(&row.user_id).map_err(unreadable("user_id"))?,
            email: Email::from_stored(row.email),
            name: DisplayName::from_stored(row.name),
            role: Role::parse(&row.role).map_err(unreadable("role"))?,
            is_active: row.is_active,
            must_change_password: row.must_change_password,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            last_login: row.last_login.map(Into::into),
        })
    }
}

/// The users of rows that can be read. One that was spoiled by hand must not take a whole list with it.
pub(super) fn readable(rows: Vec<UserRow>) -> Vec<User> {
    rows.into_iter()
        .filter_map(|row| User::try_from(row).inspect_err(|error| tracing::error!(%error, "left out of a list")).ok())
        .collect()
}
