//! Invitations: an administrator invites a mailbox, and its owner creates the account with the link in the mail.
//!
//! ```
//! use chrono::TimeDelta;
//! use steward_domain::{Email, Invitation, InvitationState, Role, Timestamp};
//!
//! let sent = Timestamp::UNIX_EPOCH;
//! let invitation = Invitation {
//!     id: 1,
//!     address: Email::parse("kim@example.com")?,
//!     role: Role::User,
//!     locale: None,
//!     inviter_id: "admin".to_owned(),
//!     inviter_name: "System Administrator".to_owned(),
//!     created_at: sent,
//!     expires_at: sent + TimeDelta::days(7),
//!     accepted_at: None,
//!     revoked_at: None,
//!     accepted_user: None,
//! };
//! assert_eq!(invitation.state(sent), InvitationState::Pending);
//! assert_eq!(invitation.state(sent + TimeDelta::days(7)), InvitationState::Expired);
//! # Ok::<(), steward_domain::Invalid>(())
//! ```

use crate::policy::{self, Denied, Target, Verb};
use crate::{Email, Invalid, LinkId, Locale, Role, Timestamp, UserId};

/// An invitation to create an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Storage's key. Later invitations have larger keys.
    pub id: i64,
    /// The address that the mail goes to. The account gets it, too.
    pub address: Email,
    /// The role of the account.
    pub role: Role,
    /// The language of the mail; `None` for the default.
    pub locale: Option<Locale>,
    /// User id of the administrator who created the invitation.
    pub inviter_id: String,
    /// The administrator's name at that time.
    pub inviter_name: String,
    /// When the invitation was created.
    pub created_at: Timestamp,
    /// When the last link that was sent expires.
    pub expires_at: Timestamp,
    /// When the account was created.
    pub accepted_at: Option<Timestamp>,
    /// When an administrator revoked the invitation.
    pub revoked_at: Option<Timestamp>,
    /// User id of the account.
    pub accepted_user: Option<UserId>,
}

/// An invitation to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvitation {
    /// The address that the mail goes to.
    pub address: Email,
    /// The role of the account.
    pub role: Role,
    /// The language of the mail; `None` for the default.
    pub locale: Option<Locale>,
    /// User id of the administrator.
    pub inviter_id: String,
    /// The administrator's name.
    pub inviter_name: String,
    /// The link in the mail.
    pub link: LinkId,
    /// When the link expires.
    pub expires_at: Timestamp,
}

/// The state of an invitation at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InvitationState {
    /// Its last link is valid.
    Pending,
    /// The account was created.
    Accepted,
    /// An administrator revoked it.
    Revoked,
    /// Its last link has expired. It can be sent again.
    Expired,
}

impl Invitation {
    /// Returns the state at `now`.
    pub fn state(&self, now: Timestamp) -> InvitationState {
        if self.accepted_at.is_some() {
            InvitationState::Accepted
        } else if self.revoked_at.is_some() {
            InvitationState::Revoked
        } else if self.expires_at <= now {
            InvitationState::Expired
        } else {
            InvitationState::Pending
        }
    }

    /// Whether it can be sent again or revoked: it is neither accepted nor revoked.
    pub fn is_open(&self) -> bool {
        self.accepted_at.is_none() && self.revoked_at.is_none()
    }
}

impl InvitationState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Accepted, Self::Revoked, Self::Expired];

    /// Parses the name on the wire.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| Invalid::new(format!("must be one of {}", Self::ALL.map(Self::as_str).join(", "))))
    }

    /// Returns the name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

/// Checks whether `actor` may invite a user with the role `invited`, or resend or revoke such an invitation.
pub fn authorize_invitation(actor: Role, invited: Role) -> Result<(), Denied> {
    policy::authorize(actor, Verb::Invite, Target { role: invited, is_self: false, is_last_super_admin: false })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn an_accepted_or_revoked_invitation_does_not_expire() {
        let open = Invitation {
            id: 1,
            address: Email::parse("kim@example.com").unwrap(),
            role: Role::User,
            locale: None,
            inviter_id: "boss".to_owned(),
            inviter_name: "Boss".to_owned(),
            created_at: at(0),
            expires_at: at(10),
            accepted_at: None,
            revoked_at: None,
            accepted_user: None,
        };
        let accepted = Invitation { accepted_at: Some(at(5)), ..open.clone() };
        let revoked = Invitation { revoked_at: Some(at(5)), ..open.clone() };
        for (invitation, before, after) in [
            (&open, InvitationState::Pending, InvitationState::Expired),
            (&accepted, InvitationState::Accepted, InvitationState::Accepted),
            (&revoked, InvitationState::Revoked, InvitationState::Revoked),
        ] {
            assert_eq!((invitation.state(at(9)), invitation.state(at(10))), (before, after));
        }
        assert!(open.is_open() && !accepted.is_open() && !revoked.is_open());
    }

    #[test]
    fn each_state_has_a_name() {
        for state in InvitationState::ALL {
            assert_eq!(InvitationState::parse(state.as_str()), Ok(state));
        }
        let invalid = InvitationState::parse("open").unwrap_err();
        assert_eq!(invalid.to_string(), "must be one of pending, accepted, revoked, expired");
    }

    #[test]
    fn an_admin_invites_only_users() {
        for (actor, invited, expected) in [
            (Role::User, Role::User, Err(Denied::NotAnAdministrator)),
            (Role::Admin, Role::User, Ok(())),
            (Role::Admin, Role::Admin, Err(Denied::TargetIsAdministrator)),
            (Role::Admin, Role::SuperAdmin, Err(Denied::TargetIsAdministrator)),
            (Role::SuperAdmin, Role::SuperAdmin, Ok(())),
        ] {
            assert_eq!(authorize_invitation(actor, invited), expected, "{actor} {invited}");
        }
    }
}
