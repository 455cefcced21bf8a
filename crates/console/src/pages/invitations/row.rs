use chrono::{DateTime, Utc};
use steward_contracts::bodies::{InvitationBody, InvitationState, UserRole};
use steward_domain::Role;
use steward_domain::invitation::authorize_invitation;

use crate::language::Language;

/// An invitation in the list.
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) email: String,
    pub(super) role: UserRole,
    pub(super) state: String,
    /// The CSS class of the state.
    pub(super) tone: &'static str,
    /// The text before the time of the state, and the time.
    pub(super) when: (String, DateTime<Utc>),
    pub(super) inviter_id: String,
    pub(super) inviter_name: String,
    pub(super) created_at: DateTime<Utc>,
    /// User id of the account that was created.
    pub(super) user_id: Option<String>,
    /// Whether the buttons are shown.
    pub(super) can_change: bool,
}

impl Row {
    /// Describes an invitation to an administrator with this role.
    pub(super) fn new(language: Language, role: Role, invitation: InvitationBody) -> Self {
        let state = invitation.state;
        let (when, at) = match state {
            InvitationState::Pending => ("invitations-valid-until", None),
            InvitationState::Expired => ("invitations-expired-at", None),
            InvitationState::Accepted => ("invitations-accepted-at", invitation.accepted_at),
            InvitationState::Revoked => ("invitations-revoked-at", invitation.revoked_at),
        };
        let is_open = matches!(state, InvitationState::Pending | InvitationState::Expired);
        Self {
            id: invitation.id,
            email: invitation.email,
            role: invitation.role,
            state: language.text(state_text(state)),
            tone: tone(state),
            when: (language.text(when), at.unwrap_or(invitation.expires_at)),
            inviter_id: invitation.invited_by,
            inviter_name: invitation.invited_by_name,
            created_at: invitation.created_at,
            user_id: invitation.user_id,
            can_change: is_open && authorize_invitation(role, invitation.role.into()).is_ok(),
        }
    }
}

/// Returns the id of the text for a state.
pub(super) fn state_text(state: InvitationState) -> &'static str {
    match state {
        InvitationState::Pending => "invitations-pending",
        InvitationState::Accepted => "invitations-accepted",
        InvitationState::Revoked => "invitations-revoked",
        InvitationState::Expired => "invitations-expired",
    }
}

fn tone(state: InvitationState) -> &'static str {
    match state {
        InvitationState::Pending => "info",
        InvitationState::Accepted => "ok",
        InvitationState::Revoked => "off",
        InvitationState::Expired => "warn",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation(role: UserRole, state: InvitationState) -> InvitationBody {
        let at = |is_set: bool| is_set.then_some(DateTime::UNIX_EPOCH);
        InvitationBody {
            id: 1,
            email: "kim@example.com".to_owned(),
            role,
            locale: None,
            state,
            invited_by: "admin".to_owned(),
            invited_by_name: "System Administrator".to_owned(),
            created_at: DateTime::UNIX_EPOCH,
            expires_at: DateTime::UNIX_EPOCH,
            accepted_at: at(state == InvitationState::Accepted),
            revoked_at: at(state == InvitationState::Revoked),
            user_id: None,
        }
    }

    #[test]
    fn only_open_invitations_of_a_permitted_role_have_buttons() {
        use InvitationState::{Accepted, Expired, Pending, Revoked};
        for (actor, invited, state, can_change) in [
            (Role::Admin, UserRole::User, Pending, true),
            (Role::Admin, UserRole::User, Expired, true),
            (Role::Admin, UserRole::User, Accepted, false),
            (Role::Admin, UserRole::User, Revoked, false),
            (Role::Admin, UserRole::Admin, Pending, false),
            (Role::SuperAdmin, UserRole::SuperAdmin, Pending, true),
        ] {
            let row = Row::new(Language::English, actor, invitation(invited, state));
            assert_eq!(row.can_change, can_change, "{actor} {invited:?} {state:?}");
        }
    }

    #[test]
    fn each_state_has_texts_in_every_language() {
        for language in Language::ALL {
            for state in [
                InvitationState::Pending,
                InvitationState::Accepted,
                InvitationState::Revoked,
                InvitationState::Expired,
            ] {
                let row = Row::new(language, Role::Admin, invitation(UserRole::User, state));
                assert!(!row.state.starts_with("invitations-") && !row.when.0.starts_with("invitations-"));
            }
        }
    }
}
