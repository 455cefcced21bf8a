use super::{Action, ActorKind, Origin};
use crate::{Actor, Email, Role, SearchTerm, SessionId, Timestamp, User, UserId};

/// Quotes a text for the details of an entry if it contains a separator of fields or values. Without quotes a name
/// could look like further changes.
pub(crate) fn unambiguous(text: String) -> String {
    if text.contains(" → ") || text.contains("; ") { format!("\"{text}\"") } else { text }
}

/// An audit entry to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When the action happened.
    pub timestamp: Timestamp,
    /// The kind of the actor.
    pub actor_kind: ActorKind,
    /// User id of the actor: the new user's own at a registration, [`AuditEntry::SYSTEM`] for the program.
    pub actor_id: String,
    /// The actor's name at that time.
    pub actor_name: String,
    /// The action.
    pub action: Action,
    /// User id of the target.
    pub target: Option<String>,
    /// The changed fields, before → after. Never contains a secret.
    pub details: Option<String>,
    /// The origin of the request.
    pub origin: Origin,
    /// The session that acts, to check again in the transaction. `None` for actions that need no session.
    pub acting: Option<ActorSession>,
}

/// A session, and the role that its user had when the request was authenticated. Both are checked again in the
/// transaction of the change. The session may end or the role may change while the service reads the body or hashes a
/// password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActorSession {
    /// The session.
    pub session: SessionId,
    /// The role that the policy decision used.
    pub role: Role,
}

impl AuditEntry {
    /// The text that replaces personal data in the entries about a user who was erased.
    pub const ERASED: &'static str = "[erased]";

    /// The actor id of the program, including its command line.
    pub const SYSTEM: &'static str = "system";

    /// Creates an entry for an action of `actor` on `target`.
    pub fn by(actor: &Actor, action: Action, target: &UserId, timestamp: Timestamp, origin: Origin) -> Self {
        Self {
            timestamp,
            actor_kind: ActorKind::User,
            actor_id: actor.user_id.to_string(),
            actor_name: actor.name.to_string(),
            action,
            target: Some(target.to_string()),
            details: None,
            origin,
            acting: Some(ActorSession { session: actor.session, role: actor.role }),
        }
    }

    /// Creates an entry for an action of `actor` on the mail with this id. It has no target, because a mail may go to an
    /// address without an account.
    pub fn of_mail(actor: &Actor, action: Action, mail: i64, timestamp: Timestamp, origin: Origin) -> Self {
        let entry = Self::by(actor, action, &actor.user_id, timestamp, origin);
        Self { target: None, ..entry }.with_details(format!("mail: {mail}"))
    }

    /// Creates an entry for a session that ended because its refresh token was presented twice. The user is the actor,
    /// because nothing shows which of the two requests came from the thief.
    pub fn of_reuse(user: &User, session: SessionId, timestamp: Timestamp, origin: Origin) -> Self {
        Self::by_owner(user, Action::RefreshTokenReused, timestamp, origin)
            .with_details(format!("a refresh token was used a second time; session {session} ended"))
    }

    /// Creates an entry for an action of `user` on their own account without a session, such as the use of a link.
    pub fn by_owner(user: &User, action: Action, timestamp: Timestamp, origin: Origin) -> Self {
        Self {
            timestamp,
            actor_kind: ActorKind::User,
            actor_id: user.user_id.to_string(),
            actor_name: user.name.to_string(),
            action,
            target: Some(user.user_id.to_string()),
            details: None,
            origin,
            acting: None,
        }
    }

    /// Creates an entry for an action of the program on `target`.
    pub fn by_system(action: Action, target: &UserId, timestamp: Timestamp, origin: Origin) -> Self {
        Self {
            timestamp,
            actor_kind: ActorKind::System,
            actor_id: Self::SYSTEM.to_owned(),
            actor_name: "System".to_owned(),
            action,
            target: Some(target.to_string()),
            details: None,
            origin,
            acting: None,
        }
    }

    /// Creates an entry for an action of `actor` on an invitation. It has no target, because the account does not exist
    /// yet; the details name the address and the role.
    pub fn of_invitation(
        actor: &Actor,
        action: Action,
        address: &Email,
        role: Role,
        timestamp: Timestamp,
        origin: Origin,
    ) -> Self {
        Self { target: None, ..Self::by(actor, action, &actor.user_id, timestamp, origin) }
            .with_details(format!("email: {address}; role: {role}"))
    }

    /// Sets the changed fields.
    #[must_use]
    pub fn with_details(self, details: impl Into<String>) -> Self {
        Self { details: Some(details.into()), ..self }
    }
}

/// An entry as storage keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Storage's key. Later entries have larger keys.
    pub id: i64,
    /// When the action happened.
    pub timestamp: Timestamp,
    /// The kind of the actor.
    pub actor_kind: ActorKind,
    /// User id of the actor.
    pub actor_id: String,
    /// The actor's name at that time.
    pub actor_name: String,
    /// Name of the action. It is text, because a newer release may have written a name that this release does not know.
    pub action: String,
    /// User id of the target.
    pub target: Option<String>,
    /// The changed fields.
    pub details: Option<String>,
    /// The origin of the request.
    pub origin: Origin,
}

/// A filter of the audit trail. Lists are always sorted newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct AuditFilter {
    /// Only actions of this user.
    pub actor_id: Option<UserId>,
    /// Only this action.
    pub action: Option<Action>,
    /// Only actions on this user.
    pub target: Option<UserId>,
    /// Only at this instant or later.
    pub from: Option<Timestamp>,
    /// Only before this instant.
    pub to: Option<Timestamp>,
    /// Each word must occur in at least one text field of the entry.
    pub search: Option<SearchTerm>,
}

impl AuditFilter {
    /// Returns the filter as one unambiguous text, for its cursors.
    pub fn canonical(&self) -> String {
        format!("audit {self:?}")
    }
}
