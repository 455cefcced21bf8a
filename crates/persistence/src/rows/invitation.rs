use diesel::prelude::*;
use steward_domain::ports::StoreError;
use steward_domain::{Email, Invitation, LinkError, Locale, NewInvitation, Role, Timestamp, UserId};

use crate::schema::{account_links, invitations};
use crate::timestamp::DbTimestamp;

/// A stored invitation, without the account.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = invitations)]
pub(crate) struct InvitationRow {
    pub(crate) id: i64,
    pub(crate) link_id: Vec<u8>,
    address: String,
    role: String,
    locale: Option<String>,
    inviter_id: String,
    inviter_name: String,
    created_at: DbTimestamp,
    expires_at: DbTimestamp,
    accepted_at: Option<DbTimestamp>,
    revoked_at: Option<DbTimestamp>,
}

impl InvitationRow {
    /// The invitation that the account with this user id has accepted, if any.
    pub(crate) fn accepted_by(self, user: Option<&str>) -> Result<Invitation, StoreError> {
        let unreadable = |column: &'static str| {
            move |reason| StoreError::failed(format!("invitations.{column} of the row with id {}: {reason}", self.id))
        };
        Ok(Invitation {
            id: self.id,
            address: Email::from_stored(self.address),
            role: Role::parse(&self.role).map_err(unreadable("role"))?,
            // An unknown language means the default one.
            locale: self.locale.as_deref().and_then(|tag| Locale::parse(tag).ok()),
            inviter_id: self.inviter_id,
            inviter_name: self.inviter_name,
            created_at: self.created_at.into(),
            expires_at: self.expires_at.into(),
            accepted_at: self.accepted_at.map(Into::into),
            revoked_at: self.revoked_at.map(Into::into),
            accepted_user: user.map(UserId::parse).transpose().map_err(unreadable("user_id"))?,
        })
    }
}

/// An invitation to insert.
#[derive(Insertable)]
#[diesel(table_name = invitations)]
pub(crate) struct NewInvitationRow<'a> {
    address: &'a str,
    role: &'a str,
    locale: Option<String>,
    inviter_id: &'a str,
    inviter_name: &'a str,
    link_id: &'a [u8],
    created_at: DbTimestamp,
    expires_at: DbTimestamp,
}

impl<'a> NewInvitationRow<'a> {
    /// An invitation that is created at this instant.
    pub(crate) fn new(invitation: &'a NewInvitation, created_at: DbTimestamp) -> Self {
        Self {
            address: invitation.address.as_str(),
            role: invitation.role.as_str(),
            locale: invitation.locale.as_ref().map(Locale::to_string),
            inviter_id: &invitation.inviter_id,
            inviter_name: &invitation.inviter_name,
            link_id: invitation.link.as_bytes(),
            created_at,
            expires_at: invitation.expires_at.into(),
        }
    }
}

/// The stored link of an invitation.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = account_links)]
pub(crate) struct InvitationLinkRow {
    pub(crate) id: i64,
    expires_at: DbTimestamp,
    used_at: Option<DbTimestamp>,
    superseded_at: Option<DbTimestamp>,
}

impl InvitationLinkRow {
    /// Returns the invitation if the link is valid at `now`. An invitation that was sent again has another link.
    pub(crate) fn check(&self, invitation: Option<InvitationRow>, now: Timestamp) -> Result<InvitationRow, LinkError> {
        if self.used_at.is_some() {
            return Err(LinkError::Used);
        }
        match invitation {
            Some(row) if self.superseded_at.is_none() && row.accepted_at.is_none() && row.revoked_at.is_none() => {
                if Timestamp::from(self.expires_at) <= now {
                    Err(LinkError::Expired)
                } else {
                    Ok(row)
                }
            }
            _ => Err(LinkError::Superseded),
        }
    }
}
