use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};

use super::failure::{Failure, Step};
use crate::message::ComposedMail;

/// Passes a mail to the server (RFC 5321, section 3.3). If the server rejects it, the connection remains usable after RSET.
pub(super) async fn send(connection: &mut AsyncSmtpConnection, mail: &ComposedMail) -> Result<(), Failure> {
    let server = connection.server_info();
    let mut parameters = Vec::new();
    // Only an address with another local part than ASCII makes a message that is not ASCII.
    if !mail.content.is_ascii() {
        let is_supported =
            server.supports_feature(Extension::SmtpUtfEight) && server.supports_feature(Extension::EightBitMime);
        if !is_supported {
            return Err(Failure::NonAsciiAddress);
        }
        parameters.extend([MailParameter::SmtpUtfEight, MailParameter::Body(MailBodyParameter::EightBitMime)]);
    }
    let sender = mail.envelope.from().cloned();
    connection.command(Mail::new(sender, parameters)).await.map_err(|error| Failure::at(Step::Mail, error))?;
    for recipient in mail.envelope.to() {
        let recipient = Rcpt::new(recipient.clone(), Vec::new());
        connection.command(recipient).await.map_err(|error| Failure::at(Step::Rcpt, error))?;
    }
    connection.command(Data).await.map_err(|error| Failure::at(Step::Data, error))?;
    connection.message(&mail.content).await.map_err(|error| Failure::at(Step::Content, error))?;
    Ok(())
}
