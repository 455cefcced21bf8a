use std::fmt;

use actix_web::error::HttpError;
use actix_web::http::Uri;
use actix_web::http::header::HeaderValue;
use actix_web::http::uri::{Authority, InvalidUriParts, Parts, PathAndQuery, Scheme};
use steward_contracts::services::ServiceUrl;

/// A service in another process.
#[derive(Debug, Clone)]
pub struct Upstream {
    name: &'static str,
    authority: Authority,
    host: HeaderValue,
}

impl Upstream {
    /// Creates the service with this name at this address.
    pub fn new(name: &'static str, url: &ServiceUrl) -> Result<Self, HttpError> {
        let (authority, host) = (url.authority().parse()?, HeaderValue::from_str(url.authority())?);
        Ok(Self { name, authority, host })
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
    fn every_address_of_a_service_is_an_authority() {
        for url in ["http://127.0.0.1:8001", "http://auth_1.example:8001", "http://[::1]:8001", "http://auth"] {
            let upstream = Upstream::new("auth", &url.parse().unwrap()).unwrap();
            assert_eq!(upstream.to_string(), format!("auth at {url}"));
        }
    }

    #[test]
    fn path_and_query_are_unchanged() {
        let upstream = Upstream::new("auth", &"http://auth:8001".parse().unwrap()).unwrap();
        let path = "/api/auth/%41%2e?q=%7E+%20&&x".parse().unwrap();
        assert_eq!(upstream.at(path).unwrap().to_string(), "http://auth:8001/api/auth/%41%2e?q=%7E+%20&&x");
    }
}
