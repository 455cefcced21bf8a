//! Ends sessions of another user, for an administrator.

use steward_domain::policy::{self, Target, Verb};
use steward_domain::ports::{ChangeError, LockedUser};
use steward_domain::{Action, Actor, AuditEntry, Origin, SessionSelector, UserId};

use crate::AuthService;

impl AuthService {
    /// Ends the selected sessions of `target`. Their tokens are rejected from then on, in every process. Returns the
    /// number of ended sessions.
    pub async fn revoke_sessions(
        &self,
        actor: Actor,
        target: &UserId,
        selector: SessionSelector,
        origin: Origin,
    ) -> Result<u64, ChangeError> {
        policy::authorize_reading(actor.role)?;
        let now = self.clock.now();
        let decide = move |locked: &LockedUser| {
            let LockedUser { user, is_last_super_admin } = locked;
            let target = Target::of(user, &actor, *is_last_super_admin);
            policy::authorize(actor.role, Verb::RevokeSessions, target)?;
            let entry = AuditEntry::by(&actor, Action::SessionsRevoked, &user.user_id, now, origin);
            Ok(entry.with_details(audit_details(selector)).into())
        };
        self.sessions.revoke(target, selector, Box::new(decide)).await
    }
}

fn audit_details(selector: SessionSelector) -> String {
    match selector {
        SessionSelector::One(session) => format!("session {session} ended"),
        SessionSelector::All => "every session ended".to_owned(),
        SessionSelector::AllBut(session) => format!("every session but {session} ended"),
    }
}
