//! How a link is used: its user is locked, the link is checked, and the change of the account is written with its record,
//! in one transaction.
//!
//! Every transaction that uses or supersedes a user's links holds the lock on the user. So of two concurrent uses the
//! later one sees the earlier one. The order of the locks is that of `statements/change_user.rs`.

use diesel::prelude::*;
use steward_domain::ports::{LinkDecision, LinkUseError, UniqueKey};
use steward_domain::{Email, LinkAction, LinkError, LinkPurpose, Timestamp, TokenHash, User};

use super::link_and_user;
use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::failure::{Failure, conflict};
use crate::rows::{AccountLinkRow, UserRow, UserUpdate};
use crate::schema::{account_links, sessions, users};
use crate::statements::{
    SUPERSEDED_BY_ADDRESS, SUPERSEDED_BY_PASSWORD, forget_failures, is_open_link_of, is_open_session_of, is_taken,
    supersede_links, write_record,
};
use crate::timestamp::DbTimestamp;

/// Implements `Links::consume`.
pub(super) async fn run(
    db: &Database,
    token: TokenHash,
    action: LinkAction,
    at: Timestamp,
    decide: LinkDecision,
) -> Result<User, LinkUseError> {
    db.call(move |db| {
        each!(db, |conn| conn.write(|conn| {
            let now = DbTimestamp::from(at);
            let purpose = action.purpose();
            let link = link_and_user(token.as_bytes(), purpose.as_str());
            let owner: Option<String> = link.select(users::user_id).first(conn).optional()?;
            let owner = owner.ok_or_else(unknown)?.to_ascii_lowercase();
            let user = User::try_from(conn.lock_user(&owner)?.ok_or_else(unknown)?)?;
            // A separate statement after the lock, so that it sees commits of the time in which this one waited.
            let link: Option<AccountLinkRow> = link.select(AccountLinkRow::as_select()).first(conn).optional()?;
            let link = link.ok_or_else(unknown)?;
            link.check(purpose, &user, at).map_err(|error| Failure::Refused(error.into()))?;

            let id = user.id.get();
            let address = Email::from_stored(link.address);
            if matches!(action, LinkAction::ChangeEmail | LinkAction::UndoEmailChange(_))
                && is_taken!(conn, &address, id)
            {
                return Err(Failure::Refused(LinkUseError::Conflict(UniqueKey::Email)));
            }
            let updated: UserRow = diesel::update(users::table.find(id))
                .set(UserUpdate::by_link(&action, &address, &user, now))
                .returning(UserRow::as_returning())
                .get_result(conn)
                .map_err(conflict(LinkUseError::Conflict))?;
            if matches!(action, LinkAction::ResetPassword(_) | LinkAction::UndoEmailChange(_)) {
                diesel::update(sessions::table.filter(is_open_session_of(id)))
                    .set(sessions::ended_at.eq(now))
                    .execute(conn)?;
            }
            diesel::update(account_links::table.find(link.id)).set(account_links::used_at.eq(now)).execute(conn)?;
            match action {
                LinkAction::ResetPassword(_) => {
                    forget_failures!(conn, owner.as_str());
                    supersede_links!(conn, id, SUPERSEDED_BY_PASSWORD, now);
                }
                LinkAction::VerifyEmail => {}
                LinkAction::ChangeEmail => {
                    supersede_links!(conn, id, SUPERSEDED_BY_ADDRESS, now);
                }
                LinkAction::UndoEmailChange(_) => {
                    supersede_links!(conn, id, SUPERSEDED_BY_ADDRESS, now);
                    // A later change may be a thief's, so its undo ends with it. An earlier one stays valid.
                    let later = is_open_link_of(id)
                        .and(account_links::purpose.eq(LinkPurpose::UndoEmailChange.as_str()))
                        .and(account_links::id.gt(link.id));
                    diesel::update(account_links::table.filter(later))
                        .set(account_links::superseded_at.eq(now))
                        .execute(conn)?;
                }
            }
            write_record(conn, &decide(&user, &address))?;
            Ok(User::try_from(updated)?)
        }))
    })
    .await
}

fn unknown() -> Failure<LinkUseError> {
    Failure::Refused(LinkError::Unknown.into())
}
