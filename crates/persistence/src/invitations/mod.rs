//! The port [`Invitations`].
//!
//! - `change`: how an administrator creates, renews and revokes an invitation.
//! - `accept`: how its link is used.
//!
//! Transactions lock an invitation before its link and after nothing else. The other locks are in the order of
//! `statements/change_user.rs`.

mod accept;
mod change;

use async_trait::async_trait;
use diesel::dsl::auto_type;
use diesel::prelude::*;
use steward_domain::ports::{
    AcceptDecision, InvitationDecision, InvitationError, Invitations, LinkUseError, Renewal, StoreError,
};
use steward_domain::{
    Invitation, InvitationState, NewInvitation, Page, PageRequest, Record, Timestamp, TokenHash, User,
};

use crate::database::{Database, each};
use crate::dialect::{Dialect, Purgeable};
use crate::failure::Failure;
use crate::paging;
use crate::rows::InvitationRow;
use crate::schema::{invitations, users};
use crate::timestamp::DbTimestamp;

/// The invitations in a database.
pub struct SqlInvitations {
    db: Database,
}

impl SqlInvitations {
    /// The invitations in this database.
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

#[async_trait]
impl Invitations for SqlInvitations {
    async fn create(&self, invitation: NewInvitation, record: Record) -> Result<Invitation, InvitationError> {
        change::create(&self.db, invitation, record).await
    }

    async fn renew(&self, id: i64, decide: InvitationDecision<Renewal>) -> Result<Invitation, InvitationError> {
        change::renew(&self.db, id, decide).await
    }

    async fn revoke(&self, id: i64, decide: InvitationDecision<Record>) -> Result<Invitation, InvitationError> {
        change::revoke(&self.db, id, decide).await
    }

    async fn list(
        &self,
        state: Option<InvitationState>,
        page: &PageRequest,
        now: Timestamp,
    ) -> Result<Page<Invitation>, StoreError> {
        let page = page.clone();
        self.db.call(move |db| read_page(db, state, &page, now.into())).await
    }

    async fn find(&self, token: &TokenHash, now: Timestamp) -> Result<Invitation, LinkUseError> {
        accept::find(&self.db, *token, now).await
    }

    async fn accept(&self, token: &TokenHash, now: Timestamp, decide: AcceptDecision) -> Result<User, LinkUseError> {
        accept::run(&self.db, *token, now, decide).await
    }

    async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let purge = move |db: &Database| {
            each!(db, |conn| conn.write(|conn| Ok(conn.purge(Purgeable::Invitations, before.into(), limit.into())?)))
        };
        Ok(self.db.call(purge).await? as u64)
    }
}

/// Adds the condition for a state at an instant to a boxed query.
macro_rules! narrowed {
    ($query:expr, $state:expr, $now:expr) => {{
        let query = $query;
        match $state {
            None => query,
            Some(InvitationState::Accepted) => query.filter(invitations::accepted_at.is_not_null()),
            Some(InvitationState::Revoked) => query.filter(invitations::revoked_at.is_not_null()),
            Some(InvitationState::Pending) => query.filter(is_open().and(invitations::expires_at.gt($now))),
            Some(InvitationState::Expired) => query.filter(is_open().and(invitations::expires_at.le($now))),
        }
    }};
}

fn read_page(
    db: &Database,
    state: Option<InvitationState>,
    page: &PageRequest,
    now: DbTimestamp,
) -> Result<Page<Invitation>, Failure> {
    let found: Vec<i64> = each!(db, |conn| {
        let found = invitations::table.select(invitations::id).into_boxed();
        Ok(narrowed!(found, state, now).limit(i64::from(paging::MANY)).load(conn)?)
    })?;
    let read = || -> Result<Vec<(InvitationRow, Option<String>)>, Failure> {
        each!(db, |conn| {
            let list = invitations::table
                .left_join(users::table)
                .select((InvitationRow::as_select(), users::user_id.nullable()))
                .into_boxed();
            Ok(paging::newest_first!(narrowed!(list, state, now), invitations::id, page).load(conn)?)
        })
    };
    paging::page_by_id(page, &found, read, |(row, _)| row.id, |(row, user)| row.accepted_by(user.as_deref()))
}

/// Whether an invitation is neither accepted nor revoked.
#[auto_type]
fn is_open() -> _ {
    invitations::accepted_at.is_null().and(invitations::revoked_at.is_null())
}
