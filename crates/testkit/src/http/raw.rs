//! Bytes over a socket, for malformed requests.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Longer than any time-out of the server for a client.
const PATIENCE: Duration = Duration::from_mins(1);

/// A connection.
#[derive(Debug)]
pub struct Raw(TcpStream);

impl Raw {
    /// Connects to the server at `base` (`http://HOST:PORT`).
    pub fn connect(base: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(base.trim_start_matches("http://"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    /// A second handle of the connection, for another thread.
    pub fn try_clone(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    /// Sends bytes.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.0.write_all(bytes.as_ref())
    }

    /// Reads one whole response, or until the server closes the connection; empty if it closed without a response.
    pub fn answer(&mut self) -> io::Result<String> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        while !is_whole(&bytes) {
            match self.0.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => bytes.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => break,
                Err(error) => return Err(error),
            }
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The status of the next response; `None` if the server closed without one.
    pub fn status(&mut self) -> io::Result<Option<u16>> {
        Ok(self.answer()?.split(' ').nth(1).and_then(|status| status.parse().ok()))
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    length.is_some_and(|length| body.len() >= length)
}

/// Sends one request on a new connection, and returns the status of the response.
pub fn status(base: &str, request: impl AsRef<[u8]>) -> Option<u16> {
    let mut connection = Raw::connect(base).unwrap();
    // The server may respond and close before it has read the whole request.
    let _ = connection.send(request);
    connection.status().unwrap()
}
