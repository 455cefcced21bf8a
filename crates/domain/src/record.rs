//! The record of a change. It is written in the transaction of the change.

use crate::{AuditEntry, NewMessage};

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
}
