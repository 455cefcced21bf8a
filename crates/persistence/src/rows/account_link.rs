use diesel::prelude::*;
use steward_domain::{LinkError, LinkPurpose, NewLink, Timestamp, User, UserKey};

use crate::schema::account_links;
use crate::timestamp::DbTimestamp;

/// A link to insert.
#[derive(Insertable)]
#[diesel(table_name = account_links)]
pub(crate) struct NewAccountLinkRow<'a> {
    link_id: &'a [u8],
    purpose: &'a str,
    user_id: Option<i64>,
    address: &'a str,
    token_hash: &'a [u8],
    created_at: DbTimestamp,
    expires_at: DbTimestamp,
}

impl<'a> NewAccountLinkRow<'a> {
    /// A link that a change at `created_at` caused.
    pub(crate) fn new(link: &'a NewLink, created_at: DbTimestamp) -> Self {
        Self {
            link_id: link.id.as_bytes(),
            purpose: link.purpose.as_str(),
            user_id: link.user.map(UserKey::get),
            address: link.address.as_str(),
            token_hash: link.token_hash.as_bytes(),
            created_at,
            expires_at: link.expires_at.into(),
        }
    }
}

/// A stored link.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = account_links)]
pub(crate) struct AccountLinkRow {
    pub(crate) id: i64,
    pub(crate) address: String,
    expires_at: DbTimestamp,
    used_at: Option<DbTimestamp>,
    superseded_at: Option<DbTimestamp>,
}

impl AccountLinkRow {
    /// Checks whether a link with this purpose, of this user, is valid at `now`.
    pub(crate) fn check(&self, purpose: LinkPurpose, user: &User, now: Timestamp) -> Result<(), LinkError> {
        let is_of_former_address = purpose.is_about_current_address() && self.address != user.email.as_str();
        if self.used_at.is_some() {
            Err(LinkError::Used)
        } else if self.superseded_at.is_some() || is_of_former_address || !user.is_active {
            Err(LinkError::Superseded)
        } else if Timestamp::from(self.expires_at) <= now {
            Err(LinkError::Expired)
        } else {
            Ok(())
        }
    }
}
