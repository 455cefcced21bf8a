//! Ends sessions of somebody else, for an administrator.

use steward_domain::policy::{self, Target, Verb};
use steward_domain::ports::{ChangeError, LockedUser};
use steward_domain::{Action, Actor, AuditEntry, Origin, SessionSelector, UserId};

use crate::AuthService;

impl AuthService {
    /// Ends one of the target's sessions, or all; their tokens are refused from then on, in every process. Returns how
    /// many.
    pub async fn revoke_sessions(
        &self,
        actor: Actor,
        target: &UserId,
        choice: SessionSelector,
        origin: Origin,
    ) -> Result<u64, ChangeError> {
        policy::authorize_reading(actor.role)?;
        let now = self.clock.now();
        let decide = move |locked: &LockedUser| {
            let LockedUser { user, is_last_super_admin } = locked;
            let target = Target::of(user, &actor, *is_last_super_admin);
            policy::authorize(actor.role, Verb::RevokeSessions, target)?;
            let entry = AuditEntry::by(&actor, Action::SessionsRevoked, &user.user_id, now, origin);
            Ok(entry.with_details(details(choice)))
        };
        self.sessions.revoke(target, choice, Box::new(decide)).await
    }
}

fn details(choice: SessionSelector) -> String {
    match choice {
        SessionSelector::One(session) => format!("session {session} ended"),
        SessionSelector::All => "every session ended".to_owned(),
        SessionSelector::AllBut(session) => format!("every session but {session} ended"),
    }
}
