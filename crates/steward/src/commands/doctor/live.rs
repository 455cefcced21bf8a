use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use steward_contracts::services::to_reachable;
use steward_web::service::ServiceId;

use crate::cli::Options;
use crate::config::{self, Variables};
use crate::failure::Failure;

/// Longest time in which the server must respond. It responds within a second, even if its database is away.
const DEADLINE: Duration = Duration::from_secs(3);

/// Checks that the server with these settings is ready. Reads only the addresses, and no secret.
pub(in crate::commands) fn live(options: &Options, service: ServiceId) -> Result<(), Failure> {
    let addresses = config::load_addresses(options, &Variables::of_process())?;
    let address = addresses[&service];
    if responds(address, "/health/ready") {
        Ok(())
    } else {
        Err(Failure::CheckFailed(format!("{service} at {address} is not ready")))
    }
}

/// Whether the server at `address` responds to `path` with 200.
pub(super) fn responds(address: SocketAddr, path: &str) -> bool {
    request(to_reachable(address), path).is_ok_and(|response| response.starts_with("HTTP/1.1 200"))
}

fn request(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, DEADLINE)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut status = String::new();
    stream.take(64).read_to_string(&mut status)?;
    Ok(status)
}
