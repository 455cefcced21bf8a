use std::fmt;

use actix_web::http::Uri;
use actix_web::http::header::HeaderValue;
use actix_web::http::uri::{Authority, InvalidUriParts, Parts, PathAndQuery, Scheme};

/// The address of a service: `http://host:port`.
#[derive(Debug, Clone)]
pub struct Upstream {
    name: &'static str,
    authority: Authority,
    host: HeaderValue,
}

/// The error of an invalid address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an address like http://127.0.0.1:8001, without user, path or query")]
pub struct InvalidUpstream;

impl Upstream {
    /// Parses the address of the service called `name`.
    pub fn parse(name: &'static str, url: &str) -> Result<Self, InvalidUpstream> {
        let uri: Uri = url.parse().map_err(|_| InvalidUpstream)?;
        let authority = uri.authority().ok_or(InvalidUpstream)?;
        let plain = uri.scheme() == Some(&Scheme::HTTP)
            && uri.path_and_query().is_none_or(|path| path == "/")
            && !authority.as_str().contains('@');
        if !plain {
            return Err(InvalidUpstream);
        }
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| InvalidUpstream)?;
        Ok(Self { name, authority: authority.clone(), host })
    }

    /// Returns the name of the service, for the log.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the value of `Host` in requests to the service.
    pub(crate) fn host(&self) -> &HeaderValue {
        &self.host
    }

    /// Returns the URL of the service with this path and query, byte for byte.
    pub(crate) fn at(&self, path: PathAndQuery) -> Result<Uri, InvalidUriParts> {
        let mut parts = Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        Uri::from_parts(parts)
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at http://{}", self.name, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_only_a_scheme_and_an_authority() {
        for url in ["http://127.0.0.1:8001", "http://auth:8001/", "http://[::1]:8001", "http://auth"] {
            assert!(Upstream::parse("auth", url).is_ok(), "{url}");
        }
        for url in ["", "auth:8001", "https://auth:8001", "http://auth/api", "http://u:p@auth", "http://auth?x", "/x"] {
            assert_eq!(Upstream::parse("auth", url).err(), Some(InvalidUpstream), "{url}");
        }
    }

    #[test]
    fn path_and_query_are_unchanged() {
        let upstream = Upstream::parse("auth", "http://auth:8001").unwrap();
        let path = "/api/auth/%41%2e?q=%7E+%20&&x".parse().unwrap();
        assert_eq!(upstream.at(path).unwrap().to_string(), "http://auth:8001/api/auth/%41%2e?q=%7E+%20&&x");
    }
}
