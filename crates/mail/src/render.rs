//! Renders a mail as text and as HTML.

use askama::Template;
use steward_domain::ports::{OutgoingMail, SendError};

use crate::content::Content;
use crate::sender::Sender;

/// The texts of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedMail {
    /// The subject, in one line.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    mail: &'a Content,
}

#[derive(Template)]
#[template(path = "mail.txt", escape = "none")]
struct Text<'a> {
    mail: &'a Content,
}

/// Renders a mail in the recipient's language, or in English if it has no catalogue.
pub fn render(mail: &OutgoingMail, sender: &Sender) -> Result<RenderedMail, SendError> {
    let content = Content::of(mail, sender.product());
    let failed = |error: askama::Error| SendError::Permanent(format!("the mail cannot be rendered: {error}"));
    let text = Text { mail: &content }.render().map_err(failed)?;
    let html = Html { mail: &content }.render().map_err(failed)?;
    Ok(RenderedMail { subject: content.subject, text, html })
}
