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
use steward_domain::ports::Standing;
use steward_domain::{Action, Actor, AuditEntry, Origin, Timestamp, UserChange};

use crate::ReadError;

/// Somebody doing something, with all that an audit entry tells of it.
#[derive(Debug, Clone)]
pub struct Deed {
    /// Who acts.
    pub actor: Actor,
    /// From where.
    pub origin: Origin,
}

impl Deed {
    /// Whether the actor may do `verb` to the user who stands there.
    fn authorize(&self, verb: Verb, standing: &Standing) -> Result<(), Denied> {
        let Standing { user, is_last_super_admin } = standing;
        policy::authorize(self.actor.role, verb, Target::of(user, &self.actor, *is_last_super_admin))
    }

    fn entry(self, action: Action, standing: &Standing, now: Timestamp) -> AuditEntry {
        AuditEntry::by(&self.actor, action, &standing.user.user_id, now, self.origin)
    }

    /// What is left of `change` with its entry; `None` where the user already is so, which leaves no trail.
    fn change(
        self,
        change: UserChange,
        action: Action,
        standing: &Standing,
        now: Timestamp,
    ) -> Option<(UserChange, AuditEntry)> {
        let change = change.against(&standing.user);
        if change.is_empty() {
            return None;
        }
        let details = change.describe(&standing.user);
        Some((change, self.entry(action, standing, now).with_details(details)))
    }
}

/// Waits until it is known who asks, and that they may read.
async fn may_read<E: From<ReadError>>(actor: impl Future<Output = Result<Actor, E>>) -> Result<(), E> {
    let actor = actor.await?;
    policy::authorize_reading(actor.role).map_err(ReadError::from)?;
    Ok(())
}
