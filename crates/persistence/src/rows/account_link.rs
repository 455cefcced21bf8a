use diesel::prelude::*;
use steward_domain::ports::StoreError;
use steward_domain::{ClaimedLink, LinkError, LinkId, LinkPurpose, NewLink, Timestamp, TokenHash, User, UserKey};

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

/// The link of a queued mail, with the columns that show whether it is valid.
#[derive(Queryable, Selectable)]
#[diesel(table_name = account_links)]
pub(crate) struct ClaimedLinkRow {
    pub(crate) link_id: Vec<u8>,
    purpose: String,
    token_hash: Vec<u8>,
    expires_at: DbTimestamp,
    used_at: Option<DbTimestamp>,
    superseded_at: Option<DbTimestamp>,
}

impl AccountLinkRow {
    /// Checks whether a link with this purpose, of this user, is valid at `now`. Of the links of an account whose user has
    /// deleted it, only those are that restore it: a thief may have changed the password or the address before.
    pub(crate) fn check(&self, purpose: LinkPurpose, user: &User, now: Timestamp) -> Result<(), LinkError> {
        let is_restorable = purpose.restores_account() && user.restorable_until().is_some_and(|end| now < end);
        let is_usable = user.is_active || is_restorable;
        let is_of_former_address = purpose.is_about_current_address() && self.address != user.email.as_str();
        if self.used_at.is_some() {
            Err(LinkError::Used)
        } else if self.superseded_at.is_some() || is_of_former_address || !is_usable {
            Err(LinkError::Superseded)
        } else if Timestamp::from(self.expires_at) <= now {
            Err(LinkError::Expired)
        } else {
            Ok(())
        }
    }
}

impl ClaimedLinkRow {
    /// The link of a mail that is claimed at `now`.
    pub(crate) fn claimed(&self, now: DbTimestamp) -> Result<ClaimedLink, StoreError> {
        let unreadable = |column: &str| StoreError::failed(format!("account_links.{column} is not valid"));
        Ok(ClaimedLink {
            id: LinkId::from_slice(&self.link_id).ok_or_else(|| unreadable("link_id"))?,
            purpose: LinkPurpose::parse(&self.purpose).ok_or_else(|| unreadable("purpose"))?,
            token_hash: TokenHash::from_slice(&self.token_hash).ok_or_else(|| unreadable("token_hash"))?,
            expires_at: self.expires_at.into(),
            is_valid: self.used_at.is_none() && self.superseded_at.is_none() && now < self.expires_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_valid_until_it_is_used_superseded_or_expired() {
        let at = |micros| DbTimestamp::from_micros(micros).unwrap();
        for (used_at, superseded_at, now, is_valid) in [
            (None, None, 9, true),
            (None, None, 10, false),
            (Some(at(5)), None, 9, false),
            (None, Some(at(5)), 9, false),
        ] {
            let (purpose, token_hash) = ("reset_password".to_owned(), vec![2; 32]);
            let row = ClaimedLinkRow {
                link_id: vec![1; 16],
                purpose,
                token_hash,
                expires_at: at(10),
                used_at,
                superseded_at,
            };
            assert_eq!(row.claimed(at(now)).unwrap().is_valid, is_valid);
        }
    }
}
