//! Which other sites may let their pages use the API (CORS, <https://fetch.spec.whatwg.org/#http-cors-protocol>).
//!
//! None, unless the operator names them. Our tokens travel in `Authorization` and never in cookies, so no site needs
//! credentials that a browser adds by itself, and none is allowed to have them sent.

use actix_cors::Cors;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName};
use actix_web::http::uri::Authority;
use actix_web::middleware::Condition;

/// The origins whose pages may use the API, each as a browser sends it in `Origin`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedOrigins(Vec<String>);

/// Why a list of origins is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be origins such as https://app.example.com, each named in full and separated by commas; {0:?} is none")]
pub struct InvalidOrigins(String);

/// What pages may ask with.
const METHODS: [Method; 5] = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE];
const HEADERS: [HeaderName; 7] = [
    header::ACCEPT,
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];
/// What they may read of an answer's headers, besides what every page may.
const EXPOSED: [HeaderName; 5] = [
    header::ETAG,
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
    header::RETRY_AFTER,
    HeaderName::from_static("x-request-id"),
];
/// How long a browser need not ask again, in seconds.
const MAX_AGE: usize = 3_600;

impl AllowedOrigins {
    /// Reads origins separated by commas. An empty text allows none.
    ///
    /// # Errors
    /// The first that no browser would send: `*`, one with a path, with capital letters, or with its scheme's own port.
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

    /// The middleware for one worker; it does nothing where no origin is allowed. To be wrapped around the limits, so
    /// that pages can read their refusals, and below the request layer.
    pub fn cors(&self) -> Condition<Cors> {
        let cors = Cors::default()
            .allowed_methods(METHODS)
            .allowed_headers(HEADERS)
            .expose_headers(EXPOSED)
            .max_age(MAX_AGE)
            // Whether a page may read the answer is the browser's to say, by what is not in it.
            .block_on_origin_mismatch(false);
        Condition::new(!self.0.is_empty(), self.0.iter().fold(cors, |cors, origin| cors.allowed_origin(origin)))
    }
}

/// Whether it is an origin as browsers write it (RFC 6454, 6.2): origins are compared letter by letter.
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
    fn an_origin_is_what_a_browser_sends() {
        for origin in ["https://app.example.com", "http://localhost:5173", "https://[2001:db8::1]:8443", "http://a"] {
            assert_eq!(AllowedOrigins::parse(origin), Ok(AllowedOrigins(vec![origin.to_owned()])));
        }
        let two = AllowedOrigins::parse("https://a.example, https://b.example").unwrap();
        assert_eq!(two.0, ["https://a.example", "https://b.example"]);
    }

    #[test]
    fn nothing_else_is_one() {
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
    fn none_is_allowed_where_none_is_named() {
        for text in ["", " "] {
            assert_eq!(AllowedOrigins::parse(text), Ok(AllowedOrigins::default()));
        }
    }
}
