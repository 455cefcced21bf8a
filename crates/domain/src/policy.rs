//! Permissions of users and administrators.
//!
//! | action                  | user | admin, to a user | admin, to an administrator | super_admin | to own account   |
//! |-------------------------|------|------------------|----------------------------|-------------|------------------|
//! | read users, audit, numbers | no | yes             | yes                        | yes         | yes              |
//! | edit name, e-mail, profile | no   | yes              | no                         | yes         | super_admin only |
//! | change the role         | no   | no               | no                         | yes         | never            |
//! | activate                | no   | yes              | no                         | yes         | super_admin only |
//! | deactivate              | no   | yes              | no                         | yes         | never            |
//! | delete                  | no   | yes              | no                         | yes         | never            |
//! | lift a lock-out         | no   | yes              | no                         | yes         | super_admin only |
//! | reset the password      | no   | yes              | no                         | yes         | super_admin only |
//! | end sessions            | no   | yes              | no                         | yes         | super_admin only |
//! | create an account       | no   | yes              | no                         | yes         | –                |
//! | invite, revoke an invitation | no | yes           | no                         | yes         | –                |
//! | see the mails to send   | no   | yes              | yes                        | yes         | yes              |
//! | queue a failed mail again | no | yes              | yes                        | yes         | yes              |
//! | cancel a mail           | no   | no               | no                         | yes         | super_admin only |
//!
//! Users read and edit their own profile, whatever their role.
//!
//! Users delete their own account with their password, whatever their role.
//!
//! Two rules apply to every actor. An action that would leave no active super_admin is refused. A session with an
//! outstanding requirement may only read the user's own account, fulfil the requirement and sign out. Today a session
//! has one possible requirement: to change a password that another user set.
//!
//! [`authorize`] is the table as a function. A use case calls it with the role of the actor, an action and the locked
//! target:
//!
//! ```
//! use steward_domain::Role;
//! use steward_domain::policy::{Denied, Target, Verb, authorize};
//!
//! let user = Target { role: Role::User, is_self: false, is_last_super_admin: false };
//! assert_eq!(authorize(Role::Admin, Verb::ResetPassword, user), Ok(()));
//! assert_eq!(authorize(Role::Admin, Verb::ChangeRole, user), Err(Denied::RolesAreForSuperAdmins));
//!
//! let oneself = Target { role: Role::SuperAdmin, is_self: true, is_last_super_admin: true };
//! let denied = authorize(Role::SuperAdmin, Verb::Delete, oneself).unwrap_err();
//! assert_eq!(denied.to_string(), "You cannot delete your own account");
//! assert_eq!(denied.code(), "deleting-oneself");
//! ```
//!
//! An admin cannot cancel mails, because mails report what administrators do to an account.
//!
//! A new action is a new [`Verb`], a row of the table above, and a row of the table in the test.

use crate::{Actor, Role, SessionRequirement, SessionRequirements, User};

/// An action on a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Change the name, the e-mail address or the profile.
    Edit,
    /// Change the role.
    ChangeRole,
    /// Allow the user to sign in again.
    Activate,
    /// Prevent the user from signing in, and end every session.
    Deactivate,
    /// Delete the account.
    Delete,
    /// Delete failed sign-ins, which lifts lock-outs.
    Unlock,
    /// Set another password, and end every session.
    ResetPassword,
    /// End sessions.
    RevokeSessions,
    /// Create an account with the target's role.
    Create,
    /// Invite a user with the target's role, resend the invitation, or revoke it.
    Invite,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 10] = [
        Self::Edit,
        Self::ChangeRole,
        Self::Activate,
        Self::Deactivate,
        Self::Delete,
        Self::Unlock,
        Self::ResetPassword,
        Self::RevokeSessions,
        Self::Create,
        Self::Invite,
    ];

    /// Whether the action removes the target from the active super_admins.
    fn removes_super_admin(self) -> bool {
        matches!(self, Self::ChangeRole | Self::Deactivate | Self::Delete)
    }
}

/// An action on a mail, to any recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailVerb {
    /// Queue a failed mail again.
    Retry,
    /// Cancel a mail.
    Cancel,
}

/// The target of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The target's role.
    pub role: Role,
    /// Whether the target is the actor.
    pub is_self: bool,
    /// Whether the target is the only active super_admin.
    pub is_last_super_admin: bool,
}

impl Target {
    /// Describes `user` as a target of `actor`.
    pub fn of(user: &User, actor: &Actor, is_last_super_admin: bool) -> Self {
        Self { role: user.role, is_self: user.id == actor.id, is_last_super_admin }
    }
}

/// The reason why an action is not allowed. The texts are for the person who sent the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The actor is no administrator.
    #[error("Admin privileges required")]
    NotAnAdministrator,
    /// An admin tried to change another administrator.
    #[error("An admin can manage only users whose role is user")]
    TargetIsAdministrator,
    /// An admin tried to change a role.
    #[error("Only a super_admin can change roles")]
    RolesAreForSuperAdmins,
    /// An admin tried to cancel a mail.
    #[error("Only a super_admin can cancel mails")]
    CancellingIsForSuperAdmins,
    /// Users cannot deactivate their own account.
    #[error("You cannot deactivate your own account")]
    DeactivatingOneself,
    /// Users cannot delete their own account.
    #[error("You cannot delete your own account")]
    DeletingOneself,
    /// Users cannot change their own role.
    #[error("You cannot change your own role")]
    OwnRole,
    /// The action would remove the last active super_admin.
    #[error("The last active super_admin cannot be demoted, deactivated or deleted")]
    LastSuperAdmin,
    /// Another user set the actor's password. The actor must change it first.
    #[error("Password change required")]
    PasswordChangeRequired,
}

impl Denied {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::NotAnAdministrator,
        Self::TargetIsAdministrator,
        Self::RolesAreForSuperAdmins,
        Self::CancellingIsForSuperAdmins,
        Self::DeactivatingOneself,
        Self::DeletingOneself,
        Self::OwnRole,
        Self::LastSuperAdmin,
        Self::PasswordChangeRequired,
    ];

    /// Returns the reason's name, for calls between services and for problem types.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAnAdministrator => "not-an-administrator",
            Self::TargetIsAdministrator => "target-is-administrator",
            Self::RolesAreForSuperAdmins => "roles-are-for-super-admins",
            Self::CancellingIsForSuperAdmins => "cancelling-is-for-super-admins",
            Self::DeactivatingOneself => "deactivating-oneself",
            Self::DeletingOneself => "deleting-oneself",
            Self::OwnRole => "own-role",
            Self::LastSuperAdmin => "last-super-admin",
            Self::PasswordChangeRequired => "password-change-required",
        }
    }

    /// Returns the reason with this name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|denied| denied.code() == code)
    }

    /// Returns the requirement of the session that is the reason, if there is one.
    pub fn requirement(self) -> Option<SessionRequirement> {
        SessionRequirement::ALL.into_iter().find(|requirement| Self::from(*requirement) == self)
    }
}

impl From<SessionRequirement> for Denied {
    fn from(requirement: SessionRequirement) -> Self {
        match requirement {
            SessionRequirement::ChangePassword => Self::PasswordChangeRequired,
        }
    }
}

/// Checks whether a session with these requirements may do an action that accepts only `accepted` as outstanding.
pub fn authorize_session(requirements: &SessionRequirements, accepted: &[SessionRequirement]) -> Result<(), Denied> {
    requirements.first_except(accepted).map_or(Ok(()), |requirement| Err(requirement.into()))
}

/// Checks whether `actor` may read users, the audit trail, analytics and the mails to send.
pub fn authorize_reading(actor: Role) -> Result<(), Denied> {
    if actor.is_administrator() { Ok(()) } else { Err(Denied::NotAnAdministrator) }
}

/// Checks whether `actor` may create an account with the role `created`.
pub fn authorize_creation(actor: Role, created: Role) -> Result<(), Denied> {
    authorize(actor, Verb::Create, Target { role: created, is_self: false, is_last_super_admin: false })
}

/// Checks whether `actor` may do `verb` to a mail.
pub fn authorize_mail(actor: Role, verb: MailVerb) -> Result<(), Denied> {
    match (actor, verb) {
        (Role::User, _) => Err(Denied::NotAnAdministrator),
        (Role::Admin, MailVerb::Cancel) => Err(Denied::CancellingIsForSuperAdmins),
        (Role::Admin, MailVerb::Retry) | (Role::SuperAdmin, _) => Ok(()),
    }
}

/// Checks whether a user may delete their own account, with the password and a time in which the user may restore it.
pub fn authorize_own_deletion(is_last_super_admin: bool) -> Result<(), Denied> {
    if is_last_super_admin { Err(Denied::LastSuperAdmin) } else { Ok(()) }
}

/// Checks whether `actor` may do `verb` to `target`. The ranks are compared first, so that a refusal reveals nothing
/// else about the target.
pub fn authorize(actor: Role, verb: Verb, target: Target) -> Result<(), Denied> {
    match actor {
        Role::User => return Err(Denied::NotAnAdministrator),
        Role::Admin if target.role.is_administrator() => return Err(Denied::TargetIsAdministrator),
        Role::Admin if verb == Verb::ChangeRole => return Err(Denied::RolesAreForSuperAdmins),
        Role::Admin | Role::SuperAdmin => {}
    }
    match verb {
        Verb::Deactivate if target.is_self => Err(Denied::DeactivatingOneself),
        Verb::Delete if target.is_self => Err(Denied::DeletingOneself),
        Verb::ChangeRole if target.is_self => Err(Denied::OwnRole),
        _ if target.is_last_super_admin && verb.removes_super_admin() => Err(Denied::LastSuperAdmin),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table above, row by row: the result of each verb for (admin → user, admin → administrator, super_admin →
    /// other, super_admin → own account).
    const TABLE: [(Verb, [Result<(), Denied>; 4]); 10] = {
        use Denied::{DeactivatingOneself, DeletingOneself, OwnRole, RolesAreForSuperAdmins, TargetIsAdministrator};
        const YES: Result<(), Denied> = Ok(());
        const OUTRANKED: Result<(), Denied> = Err(TargetIsAdministrator);
        [
            (Verb::Edit, [YES, OUTRANKED, YES, YES]),
            (Verb::ChangeRole, [Err(RolesAreForSuperAdmins), OUTRANKED, YES, Err(OwnRole)]),
            (Verb::Activate, [YES, OUTRANKED, YES, YES]),
            (Verb::Deactivate, [YES, OUTRANKED, YES, Err(DeactivatingOneself)]),
            (Verb::Delete, [YES, OUTRANKED, YES, Err(DeletingOneself)]),
            (Verb::Unlock, [YES, OUTRANKED, YES, YES]),
            (Verb::ResetPassword, [YES, OUTRANKED, YES, YES]),
            (Verb::RevokeSessions, [YES, OUTRANKED, YES, YES]),
            (Verb::Create, [YES, OUTRANKED, YES, YES]),
            (Verb::Invite, [YES, OUTRANKED, YES, YES]),
        ]
    };

    #[test]
    fn every_combination_matches_the_table() {
        let mut cases = 0;
        for actor in Role::ALL {
            for role in Role::ALL {
                for is_self in [false, true] {
                    for is_last_super_admin in [false, true] {
                        for (verb, [to_user, to_admin, other, oneself]) in TABLE {
                            let mut expected = match (actor, role, is_self) {
                                (Role::User, ..) => Err(Denied::NotAnAdministrator),
                                (Role::Admin, Role::User, _) => to_user,
                                (Role::Admin, ..) => to_admin,
                                (Role::SuperAdmin, _, false) => other,
                                (Role::SuperAdmin, _, true) => oneself,
                            };
                            // An admin cannot have the role `user`. This cell is the result of the rules anyway.
                            if actor == Role::Admin && role == Role::User && is_self {
                                expected = match verb {
                                    Verb::Deactivate => Err(Denied::DeactivatingOneself),
                                    Verb::Delete => Err(Denied::DeletingOneself),
                                    _ => to_user,
                                };
                            }
                            let removes_target = matches!(verb, Verb::ChangeRole | Verb::Deactivate | Verb::Delete);
                            if expected.is_ok() && is_last_super_admin && removes_target {
                                expected = Err(Denied::LastSuperAdmin);
                            }
                            let target = Target { role, is_self, is_last_super_admin };
                            assert_eq!(authorize(actor, verb, target), expected, "{actor} {verb:?} {target:?}");
                            cases += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(cases, 3 * 3 * 2 * 2 * Verb::ALL.len());
    }

    #[test]
    fn reading_is_for_administrators() {
        assert_eq!(authorize_reading(Role::User), Err(Denied::NotAnAdministrator));
        assert_eq!(authorize_reading(Role::Admin), Ok(()));
        assert_eq!(authorize_reading(Role::SuperAdmin), Ok(()));
    }

    #[test]
    fn an_admin_creates_only_users_and_a_super_admin_any_role() {
        for (actor, created, expected) in [
            (Role::User, Role::User, Err(Denied::NotAnAdministrator)),
            (Role::Admin, Role::User, Ok(())),
            (Role::Admin, Role::Admin, Err(Denied::TargetIsAdministrator)),
            (Role::Admin, Role::SuperAdmin, Err(Denied::TargetIsAdministrator)),
            (Role::SuperAdmin, Role::User, Ok(())),
            (Role::SuperAdmin, Role::SuperAdmin, Ok(())),
        ] {
            assert_eq!(authorize_creation(actor, created), expected, "{actor} {created}");
        }
    }

    #[test]
    fn mails_are_cancelled_by_super_admins_and_retried_by_administrators() {
        use Denied::{CancellingIsForSuperAdmins, NotAnAdministrator};
        for (actor, retry, cancel) in [
            (Role::User, Err(NotAnAdministrator), Err(NotAnAdministrator)),
            (Role::Admin, Ok(()), Err(CancellingIsForSuperAdmins)),
            (Role::SuperAdmin, Ok(()), Ok(())),
        ] {
            assert_eq!(authorize_mail(actor, MailVerb::Retry), retry, "{actor}");
            assert_eq!(authorize_mail(actor, MailVerb::Cancel), cancel, "{actor}");
        }
    }

    #[test]
    fn a_session_may_do_what_accepts_its_requirements() {
        use SessionRequirement::ChangePassword;
        let nothing = SessionRequirements::default();
        let password_change: SessionRequirements = [ChangePassword].into_iter().collect();
        for (requirements, accepted, expected) in [
            (&nothing, &[][..], Ok(())),
            (&nothing, &[ChangePassword], Ok(())),
            (&password_change, &[], Err(Denied::PasswordChangeRequired)),
            (&password_change, &[ChangePassword], Ok(())),
        ] {
            assert_eq!(authorize_session(requirements, accepted), expected, "{requirements:?} {accepted:?}");
        }
    }

    #[test]
    fn a_denial_names_its_requirement() {
        for requirement in SessionRequirement::ALL {
            assert_eq!(Denied::from(requirement).requirement(), Some(requirement));
        }
        assert_eq!(Denied::NotAnAdministrator.requirement(), None);
    }
}
