use std::fmt;
use std::net::Ipv6Addr;
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

impl FromStr for ServiceUrl {
    type Err = InvalidServiceUrl;

    fn from_str(url: &str) -> Result<Self, InvalidServiceUrl> {
        let authority = url.strip_prefix("http://").ok_or(InvalidServiceUrl)?.trim_end_matches('/');
        let (is_host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or(InvalidServiceUrl)?;
                (host.parse::<Ipv6Addr>().is_ok(), port)
            }
            None => {
                let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
                (is_host_name(host), port)
            }
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
            "", "auth:8001", "https://auth:8001", "http://", "http://auth/api", "http://u:p@auth", "http://auth?x", "/x",
            "http://auth:", "http://auth:0", "http://auth:+1", "http://auth:70000", "http://[::1", "http://[auth]:1",
        ] {
            assert_eq!(url.parse::<ServiceUrl>(), Err(InvalidServiceUrl), "{url}");
        }
    }
}
