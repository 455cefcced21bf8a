//! Use cases of administrators on users.

mod activate;
mod create;
mod deactivate;
mod delete;
mod get;
mod list;
mod notices;
mod profile;
mod reset_password;
mod update;

use steward_domain::policy::{self, Denied, Target, Verb};
use steward_domain::ports::LockedUser;
use steward_domain::{Action, Actor, AuditEntry, MailPolicy, Origin, Record, Timestamp, UserChange};

/// The actor of a use case and the origin of the request, for the audit entry.
#[derive(Debug, Clone)]
pub struct ActorContext {
    /// The actor.
    pub actor: Actor,
    /// The origin of the request.
    pub origin: Origin,
}

impl ActorContext {
    /// Checks whether the actor may do `verb` to the locked user.
    fn authorize(&self, verb: Verb, locked: &LockedUser) -> Result<(), Denied> {
        let LockedUser { user, is_last_super_admin } = locked;
        policy::authorize(self.actor.role, verb, Target::of(user, &self.actor, *is_last_super_admin))
    }

    fn entry(self, action: Action, locked: &LockedUser, now: Timestamp) -> AuditEntry {
        AuditEntry::by(&self.actor, action, &locked.user.user_id, now, self.origin)
    }

    /// Returns the effective part of `change` with its record, or `None` if nothing changes. The record has the mails that
    /// `mails` permits.
    fn change(
        self,
        change: UserChange,
        action: Action,
        locked: &LockedUser,
        now: Timestamp,
        mails: MailPolicy,
    ) -> Option<(UserChange, Record)> {
        let change = change.against(&locked.user);
        if change.is_empty() {
            return None;
        }
        let details = change.describe(&locked.user);
        let record = Record::from(self.entry(action, locked, now).with_details(details));
        let notices = notices::of_change(&locked.user, &change);
        let record = notices.into_iter().fold(record, |record, notice| record.with_notice(mails, notice));
        Some((change, record))
    }
}
