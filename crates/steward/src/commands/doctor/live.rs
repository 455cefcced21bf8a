use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::cli::{Options, Service};
use crate::config::{self, Variables};
use crate::failure::Failure;

/// How long the server may take; it answers within a second, whatever it stands on.
const DEADLINE: Duration = Duration::from_secs(3);

/// Whether the server that runs with these settings is ready. Reads no secret, and nothing but addresses.
pub(in crate::commands) fn live(options: &Options, service: Service) -> Result<(), Failure> {
    let addresses = config::load_addresses(options, &Variables::of_process())?;
    let address = addresses.of(service);
    if answers(address, "/health/ready") {
        Ok(())
    } else {
        Err(Failure::Unwell(format!("{} at {address} is not ready", service.name())))
    }
}

/// Whether what listens at `address` answers `path` with 200.
pub(super) fn answers(address: SocketAddr, path: &str) -> bool {
    ask(reachable(address), path).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn ask(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, DEADLINE)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut status = String::new();
    stream.take(64).read_to_string(&mut status)?;
    Ok(status)
}

/// From here, who listens everywhere is reached over the loopback.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            IpAddr::V4(Ipv4Addr::LOCALHOST)
        } else {
            IpAddr::V6(Ipv6Addr::LOCALHOST)
        });
    }
    address
}
