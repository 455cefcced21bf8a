use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

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
    request(local_address(address), path).is_ok_and(|response| response.starts_with("HTTP/1.1 200"))
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

/// The address at which this machine reaches the server: the loopback if it listens at all addresses.
fn local_address(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            IpAddr::V4(Ipv4Addr::LOCALHOST)
        } else {
            IpAddr::V6(Ipv6Addr::LOCALHOST)
        });
    }
    address
}
