use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::Rset;
use lettre::transport::smtp::extension::ClientId;
use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::failure::{Failure, Step};
use super::progress::Progress;
use crate::url::{Encryption, Server};

/// Number of unused connections that are kept.
const KEPT: usize = 8;

/// How long an unused connection is kept. Servers close one after some minutes, routers without notice.
const IDLE: Duration = Duration::from_secs(30);

/// Connections to one mail server, authenticated and ready for a mail.
pub(super) struct Connections {
    server: Server,
    tls: Option<TlsParameters>,
    /// The name for EHLO: the sender's domain, since a server may require a fully qualified name.
    name: ClientId,
    timeout: Duration,
    unused: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl Connections {
    pub(super) fn to(
        server: Server,
        name: String,
        timeout: Duration,
        extra_roots: Option<&[u8]>,
    ) -> Result<Self, Error> {
        let tls = match server.encryption {
            Encryption::None => None,
            Encryption::StartTls | Encryption::Tls => {
                let mut tls = TlsParameters::builder(server.host.clone());
                if let Some(roots) = extra_roots {
                    tls = tls.add_root_certificate(Certificate::from_pem(roots)?);
                }
                Some(tls.build()?)
            }
        };
        Ok(Self { server, tls, name: ClientId::Domain(name), timeout, unused: Mutex::default() })
    }

    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    /// Returns an unused connection that still works, or a new one.
    pub(super) async fn take(&self, progress: &Progress) -> Result<AsyncSmtpConnection, Failure> {
        while let Some(mut connection) = self.take_unused() {
            // Also ends a transaction in which the server rejected the mail.
            if connection.command(Rset).await.is_ok() {
                return Ok(connection);
            }
        }
        self.open(progress).await
    }

    /// Keeps a connection for the next mail.
    pub(super) fn keep(&self, connection: AsyncSmtpConnection) {
        let mut unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
        if unused.len() < KEPT {
            unused.push((connection, Instant::now()));
        }
    }

    /// Takes the connection that was used last, and closes those that were unused for too long.
    fn take_unused(&self) -> Option<AsyncSmtpConnection> {
        let mut unused = self.unused.lock().unwrap_or_else(PoisonError::into_inner);
        unused.retain(|(_, since)| since.elapsed() < IDLE);
        unused.pop().map(|(connection, _)| connection)
    }

    /// Returns a new connection.
    pub(super) async fn open(&self, progress: &Progress) -> Result<AsyncSmtpConnection, Failure> {
        let Server { host, port, encryption, credentials } = &self.server;
        let implicit = self.tls.clone().filter(|_| *encryption == Encryption::Tls);
        let failure = |error| progress.failure(error);
        progress.begin(Step::Resolve);
        let resolved = tokio::net::lookup_host((host.as_str(), *port)).await.map_err(Failure::Resolve)?;
        let addresses: Vec<SocketAddr> = resolved.collect();
        progress.begin(Step::Connect);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(&addresses[..], Some(self.timeout), &self.name, implicit, None)
                .await
                .map_err(failure)?;
        if *encryption == Encryption::StartTls
            && let Some(tls) = self.tls.clone()
        {
            progress.begin(Step::StartTls);
            connection.starttls(tls, &self.name).await.map_err(failure)?;
        }
        if let Some(it) = credentials {
            let credentials = Credentials::new(it.user.clone(), it.password.expose_secret().to_owned());
            progress.begin(Step::Authenticate);
            connection.auth(DEFAULT_MECHANISMS, &credentials).await.map_err(failure)?;
        }
        Ok(connection)
    }
}
