use std::sync::Arc;
use std::time::Duration;

use steward_domain::Email;
use steward_domain::ports::{Mailer, SendError};

use crate::connect_error::ConnectError;
use crate::folder::FolderMailer;
use crate::message::Composer;
use crate::sender::Sender;
use crate::smtp::SmtpMailer;
use crate::url::{MailUrl, Server, Target};

/// Settings of the transport of mails.
#[derive(Debug, Clone)]
pub struct TransportSettings {
    /// Where mails go.
    pub url: MailUrl,
    /// The sender of all mails. Its name also names the product in the texts.
    pub from: Sender,
    /// The address in `List-Unsubscribe` of mails that do not concern security; the sender's address if `None`.
    pub unsubscribe: Option<Email>,
    /// The time limit of an attempt to send a mail, from the connection to the last reply.
    pub timeout: Duration,
    /// Certificates in PEM that are trusted besides those of the system.
    pub extra_roots: Option<Vec<u8>>,
}

impl TransportSettings {
    /// The default time limit of an attempt.
    pub const TIMEOUT: Duration = Duration::from_secs(10);

    /// Returns settings with the default values.
    pub fn new(url: MailUrl, from: Sender) -> Self {
        Self { url, from, unsubscribe: None, timeout: Self::TIMEOUT, extra_roots: None }
    }
}

/// Why a mail server does not accept mails. The text contains no secret.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The mailer cannot be created.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A step of the connection failed.
    #[error(transparent)]
    Send(#[from] SendError),
}

/// Creates the mailer that the URL names.
///
/// A mail server is connected when the first mail is sent. A folder is created at once, with mode 0700. This reads files
/// (the system's certificates), so it must not run on an async thread that serves requests.
pub fn connect(settings: &TransportSettings) -> Result<Arc<dyn Mailer>, ConnectError> {
    Ok(match settings.url.target() {
        Target::Folder(folder) => Arc::new(FolderMailer::create(folder.clone(), composer(settings))?),
        Target::Server(server) => Arc::new(smtp_mailer(server, settings)?),
    })
}

/// Opens a connection to the mail server as for a mail, authenticates, and closes it. Fails within the time limit of the
/// settings. Does nothing for a folder.
pub async fn check_server(settings: &TransportSettings) -> Result<(), CheckError> {
    match settings.url.target() {
        Target::Folder(_) => Ok(()),
        Target::Server(server) => Ok(smtp_mailer(server, settings)?.check().await?),
    }
}

fn smtp_mailer(server: &Server, settings: &TransportSettings) -> Result<SmtpMailer, ConnectError> {
    SmtpMailer::new(server, composer(settings), settings.timeout, settings.extra_roots.as_deref())
}

fn composer(settings: &TransportSettings) -> Composer {
    let unsubscribe = settings.unsubscribe.as_ref().unwrap_or(settings.from.address()).clone();
    Composer { sender: settings.from.clone(), unsubscribe }
}
