use diesel::prelude::*;
use steward_domain::{NewLink, UserKey};

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
