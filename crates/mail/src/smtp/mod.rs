//! Sends mails to a mail server by SMTP (RFC 5321).
//!
//! lettre has a pool of its own. It is not used, because it keeps a connection whose attempt was cut off by the time
//! limit: the next mail would read the replies to the previous one.

mod connections;
mod failure;
mod transaction;

use std::time::Duration;

use async_trait::async_trait;
use secrecy::ExposeSecret;
use steward_domain::ports::{Mailer, OutgoingMail, SendError};

use crate::message::{ComposedMail, Composer};
use crate::settings::ConnectError;
use crate::url::Server;
use connections::Connections;
use failure::Failure;

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

    async fn deliver(&self, mail: &ComposedMail) -> Result<(), Failure> {
        let mut connection = self.connections.take().await?;
        let result = transaction::send(&mut connection, mail).await;
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
        let server = self.connections.server();
        match tokio::time::timeout(self.timeout, self.deliver(&composed)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(failure)) => {
                let link = mail.link.as_ref().map(ExposeSecret::expose_secret);
                Err(failure.into_send_error(server, link))
            }
            Err(_) => Err(SendError::Temporary(format!("{server} did not finish within {:?}", self.timeout))),
        }
    }
}
