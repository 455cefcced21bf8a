//! Everything that is stored about a user, for the user.

use crate::{AuditRecord, MailState, Origin, Profile, Segment, SessionId, Timestamp, User};

/// Everything that is stored about a user, read at one instant. Secrets and their hashes are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountExport {
    /// The account.
    pub user: User,
    /// The profile. The picture is not part of it.
    pub profile: Profile,
    /// The sessions, open or over.
    pub sessions: Excerpt<ExportedSession>,
    /// The sign-in attempts.
    pub sign_ins: Excerpt<ExportedSignIn>,
    /// The audit entries with the user as actor or target.
    pub audit_entries: Excerpt<AuditRecord>,
    /// The mails.
    pub mails: Excerpt<ExportedMail>,
    /// The saved filters of the user list. They are few.
    pub segments: Vec<Segment>,
}

/// The newest items of one kind, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt<T> {
    /// The items.
    pub items: Vec<T>,
    /// Whether older items are left out.
    pub is_truncated: bool,
}

impl<T> Excerpt<T> {
    /// Cuts `items` to `limit`. Storage reads one item more than that, to know whether there are more.
    pub fn new(mut items: Vec<T>, limit: usize) -> Self {
        let is_truncated = items.len() > limit;
        items.truncate(limit);
        Self { items, is_truncated }
    }
}

/// A session of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedSession {
    /// The id.
    pub id: SessionId,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// When the session was last used.
    pub last_seen_at: Timestamp,
    /// When the session expires.
    pub expires_at: Timestamp,
    /// When the session ended; `None` if it did not end before it expires.
    pub ended_at: Option<Timestamp>,
    /// The origin of the sign-in.
    pub origin: Origin,
}

/// A sign-in attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedSignIn {
    /// When the attempt happened.
    pub at: Timestamp,
    /// The reason of a failure as stored; `None` for a success.
    pub reason: Option<String>,
    /// The opened session.
    pub session: Option<SessionId>,
    /// The origin of the attempt.
    pub origin: Origin,
}

/// A mail to the user. Its content is not kept after it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedMail {
    /// The kind as stored.
    pub kind: String,
    /// The address that the mail goes to.
    pub address: String,
    /// The state.
    pub state: MailState,
    /// When the cause of the mail happened.
    pub created_at: Timestamp,
    /// When a mail server accepted the mail.
    pub sent_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_cut_to_its_limit() {
        for (count, is_truncated) in [(0, false), (3, false), (4, true)] {
            let excerpt = Excerpt::new((0..count).collect(), 3);
            assert_eq!((excerpt.items.len(), excerpt.is_truncated), (count.min(3), is_truncated));
        }
    }
}
