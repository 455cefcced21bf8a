//! Unlocks an account after failed sign-ins.

use steward_domain::policy::{self, Target, Verb};
use steward_domain::ports::{ChangeError, LockedUser};
use steward_domain::{Action, Actor, AuditEntry, Origin, User, UserId};

use crate::AuthService;

impl AuthService {
    /// Resets the failed sign-ins of `target`. Returns the user.
    pub async fn unlock_user(&self, actor: Actor, target: &UserId, origin: Origin) -> Result<User, ChangeError> {
        policy::authorize_reading(actor.role)?;
        let now = self.clock.now();
        let decide = move |locked: &LockedUser| {
            let LockedUser { user, is_last_super_admin } = locked;
            policy::authorize(actor.role, Verb::Unlock, Target::of(user, &actor, *is_last_super_admin))?;
            let entry = AuditEntry::by(&actor, Action::UserUnlocked, &user.user_id, now, origin);
            Ok(entry.with_details("failed sign-ins forgotten").into())
        };
        self.login_attempts.unlock(target, Box::new(decide)).await
    }
}
