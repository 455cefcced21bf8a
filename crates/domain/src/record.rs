//! The record of a change. It is written in the transaction of the change.

use crate::{AuditEntry, MailPolicy, NewMessage, UserKey};

/// The audit entry of a change, and the messages and jobs that the change causes.
///
/// A storage adapter writes all of it in the transaction of the change: nothing changes without its audit entry, and a
/// change that is rolled back sends no message and starts no job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The audit entry.
    pub audit: AuditEntry,
    /// The messages to send.
    pub messages: Vec<NewMessage>,
    /// The jobs to run.
    pub jobs: Vec<NewJob>,
}

/// A job to run. A new kind of job is a new variant; no kind exists yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewJob {}

impl From<AuditEntry> for Record {
    /// The record of a change that causes neither messages nor jobs.
    fn from(audit: AuditEntry) -> Self {
        Self { audit, messages: Vec::new(), jobs: Vec::new() }
    }
}

impl Record {
    /// Adds a message.
    #[must_use]
    pub fn with_message(mut self, message: NewMessage) -> Self {
        self.messages.push(message);
        self
    }

    /// Adds a message if the policy permits its kind.
    #[must_use]
    pub fn with_notice(self, policy: MailPolicy, message: NewMessage) -> Self {
        if policy.permits(message.content.kind()) { self.with_message(message) } else { self }
    }

    /// Sets the account of messages that have none, and of their links. A new account has no key before it is stored.
    #[must_use]
    pub fn for_new_user(mut self, user: UserKey) -> Self {
        for message in &mut self.messages {
            message.recipient.user.get_or_insert(user);
            if let Some(link) = &mut message.link {
                link.user.get_or_insert(user);
            }
        }
        self
    }
}
