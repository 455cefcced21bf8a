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
    Invitation, InvitationState, NewInvitation, Page, PageRequest, Position, Record, Timestamp, TokenHash, Total, User,
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
    let limit = i64::from(paging::MANY);
    let found: Vec<i64> = each!(db, |conn| {
        let found = invitations::table.select(invitations::id).into_boxed();
        Ok(narrowed!(found, state, now).limit(limit).load(conn)?)
    })?;
    let total = Total::capped(found.len() as u64);
    if paging::is_beyond(page, total) {
        return Ok(Page { items: Vec::new(), total, next: None });
    }
    let mut rows: Vec<(InvitationRow, Option<String>)> = each!(db, |conn| {
        let list = invitations::table
            .left_join(users::table)
            .select((InvitationRow::as_select(), users::user_id.nullable()))
            .into_boxed();
        let mut list = narrowed!(list, state, now).order(invitations::id.desc()).limit(i64::from(page.size.get()) + 1);
        if let Some(after) = &page.after {
            list = list.filter(invitations::id.lt(after.id));
        }
        if page.offset() > 0 {
            list = list.offset(page.offset());
        }
        Ok(list.load(conn)?)
    })?;
    let has_more = paging::truncate(&mut rows, page);
    let next = rows.last().filter(|_| has_more).map(|(last, _)| Position { key: String::new(), id: last.id });
    let items = rows.into_iter().map(|(row, user)| row.accepted_by(user.as_deref())).collect::<Result<_, _>>()?;
    Ok(Page { items, total, next })
}

/// Whether an invitation is neither accepted nor revoked.
#[auto_type]
fn is_open() -> _ {
    invitations::accepted_at.is_null().and(invitations::revoked_at.is_null())
}
