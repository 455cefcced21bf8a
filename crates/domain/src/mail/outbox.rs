use super::{MailContent, Recipient};
use crate::{Invalid, LinkId, LinkPurpose, Timestamp, TokenHash};

/// The state of a mail in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailState {
    /// The mail waits for its next attempt, or an attempt is running.
    Queued,
    /// A mail server accepted the mail.
    Sent,
    /// A mail server rejected the mail permanently, or the last attempt failed.
    Failed,
    /// The mail will not be sent: an administrator cancelled it, or its link is no longer valid.
    Cancelled,
}

impl MailState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Sent, Self::Failed, Self::Cancelled];

    /// Parses the name in storage and on the wire.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| Invalid::new(format!("must be one of {}", Self::ALL.map(Self::as_str).join(", "))))
    }

    /// Returns the name in storage and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A mail that a process has claimed to send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMail {
    /// Storage's key.
    pub id: i64,
    /// The recipient.
    pub recipient: Recipient,
    /// The content.
    pub content: MailContent,
    /// The link that the mail carries.
    pub link: Option<ClaimedLink>,
    /// When the cause of the mail happened.
    pub created_at: Timestamp,
    /// Number of attempts, including the one that this claim permits.
    pub attempts: u32,
    /// Number of mails of the same queue ([`MailKind::is_for_recovery`]) that were sent to the address in the last hour.
    pub sent_last_hour: u32,
}

/// The link of a claimed mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimedLink {
    /// The id, from which the token is derived.
    pub id: LinkId,
    /// The purpose.
    pub purpose: LinkPurpose,
    /// The hash of the token. It shows which key derived the token.
    pub token_hash: TokenHash,
    /// When the link expires.
    pub expires_at: Timestamp,
    /// Whether the link is still valid. A mail with another link is not sent.
    pub is_valid: bool,
}

/// The outcome of an attempt to send a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// A mail server accepted the mail. Its content is deleted.
    Sent,
    /// The attempt failed, and the next one may succeed.
    Retry {
        /// When the next attempt is due.
        at: Timestamp,
        /// The error, for administrators.
        error: String,
    },
    /// The attempt did not take place, because the recipient has got too many mails. It does not count.
    Deferred {
        /// When the next attempt is due.
        at: Timestamp,
    },
    /// The mail is given up.
    Failed {
        /// The error, for administrators.
        error: String,
    },
    /// The mail is no longer needed, because its link is no longer valid.
    Cancelled,
}

/// A mail in the outbox, for administrators. It has no content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Storage's key.
    pub id: i64,
    /// The kind as stored. It is text, because a newer release may have written a kind that this release does not know.
    pub kind: String,
    /// The address that the mail goes to.
    pub recipient: String,
    /// The state.
    pub state: MailState,
    /// Number of attempts.
    pub attempts: u32,
    /// The error of the last attempt.
    pub last_error: Option<String>,
    /// When the cause of the mail happened.
    pub created_at: Timestamp,
    /// When the next attempt is due; `None` if no attempt follows.
    pub next_attempt_at: Option<Timestamp>,
    /// When a mail server accepted the mail.
    pub sent_at: Option<Timestamp>,
}

/// Figures of the outbox, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxStatistics {
    /// Number of queued mails, counted up to 10,000.
    pub queued: u64,
    /// When the oldest queued mail was created.
    pub oldest: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_names_are_unique() {
        for state in MailState::ALL {
            assert_eq!(MailState::parse(state.as_str()), Ok(state));
        }
        let invalid = MailState::parse("unknown").unwrap_err().to_string();
        assert_eq!(invalid, "must be one of queued, sent, failed, cancelled");
    }
}
