//! Builds the MIME message of a mail (RFC 5322, RFC 2045).

use std::time::SystemTime;

use lettre::Message;
use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue, MessageId, Subject};
use lettre::message::{Body, MultiPart, MultiPartKind, SinglePart};
use steward_domain::ports::{OutgoingMail, SendError};
use steward_domain::{DisplayName, Email};

use crate::clean::{header_text, resembles_url};
use crate::mailbox::mailbox;
use crate::render::render;
use crate::sender::Sender;

/// Maximum length of a subject, in characters.
const SUBJECT_MAX: usize = 200;

/// Maximum length of a mail's id: a boundary has at most 70 characters (RFC 2046, section 5.1.1).
const ID_MAX: usize = 60;

/// Composes the messages of both adapters.
#[derive(Debug)]
pub(crate) struct Composer {
    pub(crate) sender: Sender,
    pub(crate) unsubscribe: Email,
}

/// A message in its form for transport, with lines that end in CRLF.
pub(crate) struct ComposedMail {
    pub(crate) envelope: Envelope,
    pub(crate) content: String,
}

impl Composer {
    /// Composes the message. Each attempt to send a mail composes the same message.
    pub(crate) fn compose(&self, mail: &OutgoingMail) -> Result<ComposedMail, SendError> {
        let permanent = |reason: String| SendError::Permanent(reason);
        let is_of_id = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        if mail.id.is_empty() || mail.id.len() > ID_MAX || !mail.id.chars().all(is_of_id) {
            return Err(permanent("the mail's id is not valid".to_owned()));
        }
        let rendered = render(mail, &self.sender)?;
        let recipient = &mail.recipient;
        let name = recipient.name.as_ref().map(DisplayName::as_str).filter(|name| !resembles_url(name));
        let to = mailbox(name, &recipient.address)
            .map_err(|reason| permanent(format!("the recipient's address {reason}")))?;
        let from = mailbox(self.sender.name().map(DisplayName::as_str), self.sender.address())
            .map_err(|reason| permanent(format!("the sender's address {reason}")))?;
        let envelope = Envelope::new(Some(from.email.clone()), vec![to.email.clone()])
            .map_err(|error| permanent(format!("the mail has no recipient: {error}")))?;
        let mut builder = Message::builder()
            // The builder would parse the headers again, and does not understand quoted mailboxes.
            .envelope(envelope.clone())
            .date(SystemTime::from(mail.created_at))
            .from(from)
            .to(to)
            .header(Subject::from(header_text(&rendered.subject, SUBJECT_MAX)))
            .header(MessageId::from(format!("<{}@{}>", mail.id, self.sender.domain())))
            // RFC 3834: no program answers the mail.
            .raw_header(header("Auto-Submitted", "auto-generated".to_owned()));
        if !mail.content.kind().is_about_security() {
            // RFC 2369, section 3.2.
            let address = percent_encoding::utf8_percent_encode(self.unsubscribe.as_str(), MAILTO);
            let value = format!("<mailto:{address}?subject=unsubscribe>");
            builder = builder.raw_header(header("List-Unsubscribe", value));
        }
        // Neither encoding can produce this boundary: they encode `=`, and Base64 has no `_`.
        let parts = MultiPart::builder()
            .kind(MultiPartKind::Alternative)
            .boundary(format!("=_{}", mail.id))
            .singlepart(part(ContentType::TEXT_PLAIN, rendered.text)?)
            .singlepart(part(ContentType::TEXT_HTML, rendered.html)?);
        let message = builder.multipart(parts).map_err(|error| permanent(format!("the mail has no form: {error}")))?;
        let content = String::from_utf8(message.formatted());
        let content = content.map_err(|_| permanent("the mail is not UTF-8".to_owned()))?;
        Ok(ComposedMail { envelope, content })
    }
}

/// All but unreserved characters and the `@` (RFC 6068).
const MAILTO: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

/// A part in quoted-printable, if it is mostly ASCII, or in Base64, which is shorter for other scripts.
fn part(kind: ContentType, text: String) -> Result<SinglePart, SendError> {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let encoding = if ascii * 5 >= text.len() * 4 {
        ContentTransferEncoding::QuotedPrintable
    } else {
        ContentTransferEncoding::Base64
    };
    let body = Body::new_with_encoding(text, encoding);
    let body = body.map_err(|_| SendError::Permanent("a part of the mail cannot be encoded".to_owned()))?;
    Ok(SinglePart::builder().header(kind).body(body))
}

#[cfg(test)]
mod tests;
