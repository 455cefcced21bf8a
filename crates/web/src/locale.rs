//! The language of a request.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::ACCEPT_LANGUAGE;
use actix_web::{FromRequest, HttpRequest};
use steward_domain::Locale;

/// The first language of `Accept-Language` (RFC 9110, section 12.5.4), for mails to users who have not chosen one. Clients
/// list the preferred language first.
#[derive(Debug)]
pub struct CallerLocale(pub Option<Locale>);

impl FromRequest for CallerLocale {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        ready(Ok(Self(header.and_then(first_language))))
    }
}

fn first_language(header: &str) -> Option<Locale> {
    let first = header.split(',').next()?;
    let tag = first.split(';').next()?.trim();
    Locale::parse(tag).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_counts() {
        for (header, expected) in [
            ("ko-KR,ko;q=0.9,en;q=0.8", Some("ko-KR")),
            ("en", Some("en")),
            (" en-GB ; q=0.7 , ko", Some("en-GB")),
            ("*", None),
            ("", None),
            ("?", None),
        ] {
            assert_eq!(first_language(header).map(|locale| locale.to_string()).as_deref(), expected, "{header}");
        }
    }
}
