use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::servers::Certificate;

/// A connection, with or without TLS, that is read line by line.
pub(super) struct Stream {
    inner: Inner,
    /// Received bytes that no line has consumed.
    buffer: Vec<u8>,
}

enum Inner {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Stream {
    pub(super) fn plain(stream: TcpStream) -> Self {
        Self { inner: Inner::Plain(stream), buffer: Vec::new() }
    }

    pub(super) fn tls(stream: TcpStream, certificate: &Certificate) -> io::Result<Self> {
        let chain = vec![CertificateDer::from_pem_file(&certificate.certificate).map_err(io::Error::other)?];
        let key = PrivateKeyDer::from_pem_file(&certificate.key).map_err(io::Error::other)?;
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .and_then(|config| ServerConnection::new(Arc::new(config)))
            .map_err(io::Error::other)?;
        Ok(Self { inner: Inner::Tls(Box::new(StreamOwned::new(config, stream))), buffer: Vec::new() })
    }

    pub(super) fn is_encrypted(&self) -> bool {
        matches!(self.inner, Inner::Tls(_))
    }

    /// Returns the next line without its end. Fails at the end of the connection.
    pub(super) fn line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.buffer[..end].to_vec();
                self.buffer.drain(..end + 2);
                return Ok(line);
            }
            let mut chunk = [0; 4096];
            let length = match &mut self.inner {
                Inner::Plain(stream) => stream.read(&mut chunk),
                Inner::Tls(stream) => stream.read(&mut chunk),
            }?;
            if length == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.buffer.extend_from_slice(&chunk[..length]);
        }
    }

    /// Sends lines.
    pub(super) fn send(&mut self, lines: &[&str]) -> io::Result<()> {
        let text: String = lines.iter().flat_map(|line| [line, "\r\n"]).collect();
        match &mut self.inner {
            Inner::Plain(stream) => stream.write_all(text.as_bytes()),
            Inner::Tls(stream) => stream.write_all(text.as_bytes()).and_then(|()| stream.flush()),
        }
    }
}
