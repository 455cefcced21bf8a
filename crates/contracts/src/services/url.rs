use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// The address of another service: `http://HOST[:PORT]`, without user, path or query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUrl {
    authority: String,
}

/// The error of an invalid address of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be http://HOST:PORT, without a path")]
pub struct InvalidServiceUrl;

impl ServiceUrl {
    /// Returns `HOST[:PORT]`.
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

/// The URL at which this machine reaches a service that listens at the address.
impl From<SocketAddr> for ServiceUrl {
    fn from(address: SocketAddr) -> Self {
        Self { authority: to_reachable(address).to_string() }
    }
}

/// Returns the address at which this machine reaches a service that listens at `address`: the loopback address if the
/// service listens at all addresses.
pub fn to_reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    address
}

impl FromStr for ServiceUrl {
    type Err = InvalidServiceUrl;

    fn from_str(url: &str) -> Result<Self, InvalidServiceUrl> {
        let authority = url.strip_prefix("http://").ok_or(InvalidServiceUrl)?.trim_end_matches('/');
        let (is_host, port) = if let Some(rest) = authority.strip_prefix('[') {
            let (host, port) = rest.split_once(']').ok_or(InvalidServiceUrl)?;
            (host.parse::<Ipv6Addr>().is_ok(), port)
        } else {
            let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            (is_host_name(host), port)
        };
        let is_port = |text: &str| text.parse::<u16>().is_ok_and(|port| port > 0) && !text.starts_with('+');
        if !is_host || !(port.is_empty() || port.strip_prefix(':').is_some_and(is_port)) {
            return Err(InvalidServiceUrl);
        }
        Ok(Self { authority: authority.to_owned() })
    }
}

/// Whether the text can be a host name or an IPv4 address.
fn is_host_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_reached_at_its_address_or_the_loopback_address() {
        for (address, url) in [
            ("192.0.2.1:80", "http://192.0.2.1:80"),
            ("0.0.0.0:8000", "http://127.0.0.1:8000"),
            ("[::]:8000", "http://[::1]:8000"),
        ] {
            assert_eq!(ServiceUrl::from(address.parse::<SocketAddr>().unwrap()).to_string(), url);
        }
    }

    #[test]
    fn a_url_has_only_a_scheme_a_host_and_a_port() {
        for (url, shown) in [
            ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
            ("http://auth:8001/", "http://auth:8001"),
            ("http://[::1]:8001", "http://[::1]:8001"),
            ("http://auth", "http://auth"),
        ] {
            assert_eq!(url.parse::<ServiceUrl>().unwrap().to_string(), shown);
        }
        for url in [
            "",
            "auth:8001",
            "https://auth:8001",
            "http://",
            "http://auth/api",
            "http://u:p@auth",
            "http://auth?x",
            "/x",
            "http://",
            "http://:1",
            "http://auth:",
            "http://auth:0",
            "http://auth:+1",
            "http://auth:65536",
            "http://a:1:2",
            "http://[::1",
            "http://[auth]:1",
            "http://[::1]x",
            "http://a b",
        ] {
            assert_eq!(url.parse::<ServiceUrl>(), Err(InvalidServiceUrl), "{url}");
        }
    }
}
