//! What administrators do about users.

mod activate;
mod deactivate;
mod delete;
mod get;
mod list;
mod reset_password;
mod update;

use std::future::Future;

use steward_domain::policy::{self, Denied, Target, Verb};
use steward_domain::ports::LockedUser;
use steward_domain::{Action, Actor, AuditEntry, Origin, Timestamp, UserChange};

use crate::ReadError;

/// Somebody doing something, with all that an audit entry tells of it.
#[derive(Debug, Clone)]
pub struct ActorContext {
    /// Who acts.
    pub actor: Actor,
    /// From where.
    pub origin: Origin,
}

impl ActorContext {
    /// Whether the actor may do `verb` to the user who stands there.
    fn authorize(&self, verb: Verb, locked: &LockedUser) -> Result<(), Denied> {
        let LockedUser { user, is_last_super_admin } = locked;
        policy::authorize(self.actor.role, verb, Target::of(user, &self.actor, *is_last_super_admin))
    }

    fn entry(self, action: Action, locked: &LockedUser, now: Timestamp) -> AuditEntry {
        AuditEntry::by(&self.actor, action, &locked.user.user_id, now, self.origin)
    }

    /// What is left of `change` with its entry; `None` where the user already is so, which leaves no trail.
    fn change(
        self,
        change: UserChange,
        action: Action,
        locked: &LockedUser,
        now: Timestamp,
    ) -> Option<(UserChange, AuditEntry)> {
        let change = change.against(&locked.user);
        if change.is_empty() {
            return None;
        }
        let details = change.describe(&locked.user);
        Some((change, self.entry(action, locked, now).with_details(details)))
    }
}

/// Waits until it is known who asks, and that they may read.
async fn may_read<E: From<ReadError>>(actor: impl Future<Output = Result<Actor, E>>) -> Result<(), E> {
    let actor = actor.await?;
    policy::authorize_reading(actor.role).map_err(ReadError::from)?;
    Ok(())
}
