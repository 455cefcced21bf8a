//! The port [`Links`].
//!
//! - `request`: the requests for links.
//! - `consume`: the use of a link.

mod consume;
mod request;

use async_trait::async_trait;
use diesel::dsl::auto_type;
use diesel::prelude::*;
use steward_domain::ports::{
    ChangeError, LinkDecision, LinkRequestDecision, LinkUseError, Links, ResetDecision, StoreError,
};
use steward_domain::{Email, LinkAction, LinkError, LinkPurpose, ResetRequest, Timestamp, TokenHash, User, UserId};

use crate::database::{Database, each};
use crate::dialect::{Dialect, Purgeable};
use crate::failure::Failure;
use crate::rows::{AccountLinkRow, UserRow};
use crate::schema::{account_links, users};
use crate::statements::is_taken;

/// The links in a database.
pub struct SqlLinks {
    db: Database,
}

impl SqlLinks {
    /// The links in this database.
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl Links for SqlLinks {
    async fn request_reset(&self, request: ResetRequest) -> Result<(), StoreError> {
        request::store(&self.db, request).await
    }

    async fn resolve_reset(&self, since: Timestamp, decide: ResetDecision) -> Result<bool, StoreError> {
        request::resolve(&self.db, since, decide).await
    }

    async fn request(
        &self,
        target: &UserId,
        purpose: LinkPurpose,
        since: Timestamp,
        decide: LinkRequestDecision,
    ) -> Result<bool, ChangeError> {
        request::run(&self.db, target.clone(), purpose, since, decide).await
    }

    async fn is_taken(&self, address: &Email) -> Result<bool, StoreError> {
        let address = address.clone();
        self.db.call(move |db| each!(db, |conn| Ok(is_taken!(conn, &address, 0_i64)))).await
    }

    async fn find(&self, token: &TokenHash, purpose: LinkPurpose, now: Timestamp) -> Result<User, LinkUseError> {
        let token = *token;
        self.db
            .call(move |db| {
                let found: Option<(AccountLinkRow, UserRow)> = each!(db, |conn| {
                    Ok(link_and_user(token.as_bytes(), purpose.as_str())
                        .select((AccountLinkRow::as_select(), UserRow::as_select()))
                        .first(conn)
                        .optional()?)
                })?;
                let Some((link, row)) = found else { return Err(Failure::Refused(LinkError::Unknown.into())) };
                let user = User::try_from(row)?;
                link.check(purpose, &user, now).map_err(|error| Failure::Refused(error.into()))?;
                Ok(user)
            })
            .await
    }

    async fn consume(
        &self,
        token: &TokenHash,
        action: LinkAction,
        now: Timestamp,
        decide: LinkDecision,
    ) -> Result<User, LinkUseError> {
        consume::run(&self.db, *token, action, now, decide).await
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let purge = move |db: &Database| {
            each!(db, |conn| conn.write(|conn| Ok(conn.purge(Purgeable::AccountLinks, before.into(), limit.into())?)))
        };
        Ok(self.db.call(purge).await? as u64)
    }
}

/// The link with this token and purpose, and its user.
#[auto_type]
fn link_and_user<'a>(token: &'a [u8], purpose: &'a str) -> _ {
    account_links::table
        .inner_join(users::table.on(account_links::user_id.eq(users::id.nullable())))
        .filter(account_links::token_hash.eq(token))
        .filter(account_links::purpose.eq(purpose))
}
