use steward_domain::ports::{Clock, OutgoingMail};
use steward_domain::{Email, MailContent, Recipient};
use steward_mail::{CheckError, TransportSettings, check_server, connect};

use super::Check;
use crate::config::{Delivery, Settings};
use crate::system::SystemClock;

/// Reports where mails go. Sends a test mail to `recipient`; without one, checks that the mail server accepts the
/// connection and the credentials.
pub(super) async fn mail(settings: &Settings, recipient: Option<&Email>) -> Vec<Check> {
    let Some(Delivery { url, from, public_url, .. }) = &settings.mail.delivery else {
        return vec![match recipient {
            None => Check::Warn(
                "off (STEWARD_MAIL_URL is not set): users cannot reset a forgotten password, and get no notices"
                    .to_owned(),
            ),
            Some(recipient) => Check::Fail(format!(
                "the test mail to {recipient} was not sent: mail is off; set STEWARD_MAIL_URL to send mails"
            )),
        }];
    };
    let transport = TransportSettings::new(url.clone(), from.clone());
    let target = Check::Ok(format!("mails of {from} go to {url}; their links lead to {public_url}"));
    let outcome = match recipient {
        Some(recipient) => Some(match send_test_mail(&transport, recipient).await {
            Ok(()) => Check::Ok(format!("the test mail to {recipient} was passed to {url}")),
            Err(error) => Check::Fail(format!("the test mail to {recipient} was not sent: {error}")),
        }),
        None if url.folder().is_some() => None,
        None => Some(match check_server(&transport).await {
            Ok(()) if url.has_password() => Check::Ok(format!("{url} accepts the connection and the credentials")),
            Ok(()) => Check::Ok(format!("{url} accepts the connection")),
            Err(error) => {
                Check::Fail(format!("{error}: start or correct the mail server, or correct STEWARD_MAIL_URL"))
            }
        }),
    };
    [Some(target), outcome].into_iter().flatten().collect()
}

/// Sends a mail without the outbox, in one attempt.
async fn send_test_mail(transport: &TransportSettings, recipient: &Email) -> Result<(), CheckError> {
    let now = SystemClock.now();
    let recipient = Recipient { user: None, address: recipient.clone(), name: None, locale: None };
    let id = format!("doctor.{}", now.timestamp_micros());
    let mail = OutgoingMail { id, recipient, content: MailContent::Test, link: None, created_at: now };
    Ok(connect(transport)?.send(&mail).await?)
}
