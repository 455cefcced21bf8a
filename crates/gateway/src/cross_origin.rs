//! Cross-origin access to the API (CORS, <https://fetch.spec.whatwg.org/#http-cors-protocol>).
//!
//! No other site has access unless the operator names it. Tokens travel in `Authorization` and never in cookies. Sites
//! therefore need no credentials that a browser adds, and none may send them.

use actix_cors::Cors;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName};
use actix_web::http::uri::Authority;
use actix_web::middleware::Condition;
use steward_web::IDEMPOTENCY_KEY;

/// The origins whose pages may use the API, each in the form of the `Origin` header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedOrigins(Vec<String>);

/// The reason why a list of origins is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be origins such as https://app.example.com, each in full, separated by commas; {0:?} is not an origin")]
pub struct InvalidOrigins(String);

/// The methods and headers that pages may send.
const METHODS: [Method; 5] = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE];
const HEADERS: [HeaderName; 8] = [
    header::ACCEPT,
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    IDEMPOTENCY_KEY,
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];
/// The response headers that pages may read, in addition to the ones that are always readable.
const EXPOSED: [HeaderName; 6] = [
    header::ETAG,
    HeaderName::from_static("idempotency-replayed"),
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
    header::RETRY_AFTER,
    HeaderName::from_static("x-request-id"),
];
/// The time for which a browser may cache a preflight response, in seconds.
const MAX_AGE: usize = 3_600;

impl AllowedOrigins {
    /// Parses origins separated by commas. An empty text allows none.
    ///
    /// # Errors
    /// Returns the first entry that no browser sends: `*`, or an origin with a path, with capital letters, or with the
    /// default port of its scheme.
    pub fn parse(text: &str) -> Result<Self, InvalidOrigins> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let origin = |entry: &str| {
            let entry = entry.trim();
            if is_origin(entry) { Ok(entry.to_owned()) } else { Err(InvalidOrigins(entry.to_owned())) }
        };
        text.split(',').map(origin).collect::<Result<_, _>>().map(Self)
    }

    /// Returns the middleware for one worker. It has no effect without an allowed origin.
    ///
    /// Wrap it around the limits, so that pages can read the 429 responses, and below the request layer.
    pub fn cors(&self) -> Condition<Cors> {
        let cors = Cors::default()
            .allowed_methods(METHODS)
            .allowed_headers(HEADERS)
            .expose_headers(EXPOSED)
            .max_age(MAX_AGE)
            // The browser enforces the policy. It hides the response from a page if the headers are missing.
            .block_on_origin_mismatch(false);
        Condition::new(!self.0.is_empty(), self.0.iter().fold(cors, |cors, origin| cors.allowed_origin(origin)))
    }
}

/// Whether the text is an origin in the form that browsers send (RFC 6454, 6.2). Origins are compared as strings.
fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    let own_port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return false,
    };
    let is_plain = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b':' | b'[' | b']');
    let Ok(parsed) = authority.parse::<Authority>() else { return false };
    let has_port = parsed.host().len() < authority.len();
    authority.bytes().all(is_plain)
        && !parsed.host().is_empty()
        && (!has_port || parsed.port_u16().is_some())
        && !authority.ends_with(own_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_in_the_form_of_browsers_are_valid() {
        for origin in ["https://app.example.com", "http://localhost:5173", "https://[2001:db8::1]:8443", "http://a"] {
            assert_eq!(AllowedOrigins::parse(origin), Ok(AllowedOrigins(vec![origin.to_owned()])));
        }
        let two = AllowedOrigins::parse("https://a.example, https://b.example").unwrap();
        assert_eq!(two.0, ["https://a.example", "https://b.example"]);
    }

    #[test]
    fn other_texts_are_not_origins() {
        for text in [
            "*",
            "null",
            "app.example.com",
            "https://",
            "https://*.example.com",
            "https://app.example.com/",
            "https://app.example.com/path",
            "https://app.example.com?x",
            "https://user@app.example.com",
            "https://App.example.com",
            "https://app.example.com:443",
            "http://app.example.com:80",
            "https://app.example.com:",
            "https://app.example.com:99999",
            "ftp://app.example.com",
            "https://a.example https://b.example",
            "https://a.example,",
            ",",
        ] {
            assert!(AllowedOrigins::parse(text).is_err(), "{text}");
        }
        assert_eq!(AllowedOrigins::parse("https://a.example,*"), Err(InvalidOrigins("*".to_owned())));
    }

    #[test]
    fn an_empty_list_allows_no_origin() {
        for text in ["", " "] {
            assert_eq!(AllowedOrigins::parse(text), Ok(AllowedOrigins::default()));
        }
    }
}
