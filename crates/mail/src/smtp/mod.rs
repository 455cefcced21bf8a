//! Sends mails to a mail server by SMTP (RFC 5321).
//!
//! lettre has a pool of its own. It is not used, because it keeps a connection whose attempt was cut off by the time
//! limit: the next mail would read the replies to the previous one.

mod connections;
mod failure;
mod progress;
mod transaction;

use std::time::Duration;

use async_trait::async_trait;
use secrecy::ExposeSecret;
use steward_domain::ports::{Mailer, OutgoingMail, SendError};

use crate::connect_error::ConnectError;
use crate::message::{ComposedMail, Composer};
use crate::url::Server;
use connections::Connections;
use failure::Failure;
use progress::Progress;

/// A mail server.
pub(crate) struct SmtpMailer {
    composer: Composer,
    connections: Connections,
    timeout: Duration,
}

impl SmtpMailer {
    /// Reads the certificates; does not connect.
    pub(crate) fn new(
        server: &Server,
        composer: Composer,
        timeout: Duration,
        extra_roots: Option<&[u8]>,
    ) -> Result<Self, ConnectError> {
        let connections = Connections::to(server.clone(), composer.sender.domain(), timeout, extra_roots);
        let connections = connections.map_err(|error| ConnectError::Tls(error.to_string()))?;
        Ok(Self { composer, connections, timeout })
    }

    /// Opens a connection and closes it.
    pub(crate) async fn check(&self) -> Result<(), SendError> {
        let progress = Progress::new();
        let connection = tokio::time::timeout(self.timeout, self.connections.open(&progress)).await;
        match connection.unwrap_or_else(|_| Err(progress.timeout(self.timeout))) {
            Ok(mut connection) => {
                // The check has passed, whatever the server replies.
                let _ = tokio::time::timeout(self.timeout, connection.quit()).await;
                Ok(())
            }
            Err(failure) => Err(failure.into_send_error(self.connections.server(), None)),
        }
    }

    async fn deliver(&self, mail: &ComposedMail, progress: &Progress) -> Result<(), Failure> {
        let mut connection = self.connections.take(progress).await?;
        let result = transaction::send(&mut connection, mail, progress).await;
        if result.as_ref().map_or_else(Failure::is_reply, |()| true) {
            self.connections.keep(connection);
        }
        result
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        let composed = self.composer.compose(mail)?;
        let progress = Progress::new();
        let outcome = tokio::time::timeout(self.timeout, self.deliver(&composed, &progress)).await;
        outcome.unwrap_or_else(|_| Err(progress.timeout(self.timeout))).map_err(|failure| {
            let link = mail.link.as_ref().map(|link| link.url.expose_secret());
            failure.into_send_error(self.connections.server(), link)
        })
    }
}
