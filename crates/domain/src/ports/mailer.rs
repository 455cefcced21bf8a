use async_trait::async_trait;
use secrecy::SecretString;

use crate::{MailContent, Recipient, Timestamp};

/// Renders mails and passes them to a mail server or to a folder.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Renders a mail in the recipient's language and sends it.
    ///
    /// - MUST send a text and an HTML part, in which values from users are escaped.
    /// - MUST NOT let a value add or change a header.
    /// - MUST return within a time limit.
    /// - MUST return `Temporary` if a later attempt may succeed, and `Permanent` otherwise.
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError>;
}

/// A mail to render and to send.
#[derive(Debug, Clone)]
pub struct OutgoingMail {
    /// A name that is unique to the mail and equal in each attempt, for the `Message-ID` header: letters, digits, `.`
    /// and `-`.
    pub id: String,
    /// The recipient.
    pub recipient: Recipient,
    /// The content.
    pub content: MailContent,
    /// The link.
    pub link: Option<MailLink>,
    /// When the cause of the mail happened.
    pub created_at: Timestamp,
}

/// The link of a mail to send.
#[derive(Debug, Clone)]
pub struct MailLink {
    /// The URL, with the token.
    pub url: SecretString,
    /// When the link expires.
    pub expires_at: Timestamp,
}

/// The reason why a mail was not sent. The text contains no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// A later attempt may succeed: the server is unreachable, refused the connection or the credentials, or replied to
    /// the mail with a code 4yz (RFC 5321).
    #[error("{0}")]
    Temporary(String),
    /// No later attempt can succeed: the server replied to the mail with a code 5yz (RFC 5321), or the mail is not valid.
    #[error("{0}")]
    Permanent(String),
}
