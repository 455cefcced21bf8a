//! Checks the origin of a form from the browser's headers.

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, ORIGIN};
use steward_domain::LinkPurpose;

use crate::failure::Failure;

/// Returns whether a mail's link leads to this path, so that the URL of the page contains the token.
pub(super) fn is_link_page(path: &str) -> bool {
    LinkPurpose::ALL.into_iter().any(|purpose| purpose.path() == path)
}

/// Rejects a form from another site, or from a page at another address. Fetch Metadata decides if the browser sends it,
/// which browsers do for trustworthy origins only. Otherwise `Origin` decides.
pub(super) fn check(request: &ServiceRequest) -> Result<(), Failure> {
    let host = steward_web::requested_host(request.request()).unwrap_or_default();
    let scheme = if steward_web::is_over_tls(request.request()) { "https" } else { "http" };
    check_headers(request.headers(), scheme, &host, is_link_page(request.path()))
}

/// Checks the headers against the scheme and host of the request. With the referrer policy of a link page, browsers send
/// `Origin: null`; the CSRF token alone protects its form.
fn check_headers(headers: &HeaderMap, scheme: &str, host: &str, is_link_page: bool) -> Result<(), Failure> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (header("sec-fetch-site"), header(ORIGIN.as_str())) {
        (Some("same-origin" | "none"), _) | (None, None) => Ok(()),
        (Some(_), _) => Err(Failure::ForeignSite),
        (None, Some("null")) if is_link_page => Ok(()),
        (None, Some(origin)) if is_at(origin, host) => Ok(()),
        (None, Some(origin)) => {
            Err(Failure::ForeignOrigin { origin: origin.to_owned(), own: format!("{scheme}://{host}") })
        }
    }
}

/// Returns whether an origin is that of this host. Browsers omit the scheme's default port; proxies may add it.
fn is_at(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let default_port = if scheme == "https" { ":443" } else { ":80" };
    let without_port = |host: &'_ str| host.strip_suffix(default_port).unwrap_or(host).to_ascii_lowercase();
    without_port(authority) == without_port(host)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn check(sent: &[(&'static str, &'static str)], host: &str) -> Result<(), Failure> {
        let headers =
            sent.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
        check_headers(&headers, "http", host, false)
    }

    #[test]
    fn only_forms_of_link_pages_may_hide_their_origin() {
        for (site, origin, is_link_page, is_rejected) in [
            (None, "null", true, false),
            (None, "null", false, true),
            (None, "http://evil.example", true, true),
            (Some("cross-site"), "null", true, true),
        ] {
            let headers = [("origin", Some(origin)), ("sec-fetch-site", site)]
                .into_iter()
                .filter_map(|(name, value)| Some((HeaderName::from_static(name), HeaderValue::from_static(value?))));
            let result = check_headers(&headers.collect(), "http", "console:8501", is_link_page);
            assert_eq!(result.is_err(), is_rejected, "{site:?} {origin} {is_link_page}");
        }
    }

    #[test]
    fn cross_site_forms_are_rejected() {
        for (sent, is_rejected) in [
            (&[][..], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "cross-site")], true),
            (&[("sec-fetch-site", "same-site")], true),
            (&[("origin", "http://console:8501")], false),
            (&[("origin", "http://evil.example")], true),
            (&[("origin", "null")], true),
        ] {
            assert_eq!(check(sent, "console:8501").is_err(), is_rejected, "{sent:?}");
        }
    }

    #[test]
    fn default_ports_and_the_case_of_the_host_are_ignored() {
        for (origin, host) in [
            ("http://console.example", "console.example:80"),
            ("https://console.example", "Console.Example:443"),
            ("http://[::1]:8501", "[::1]:8501"),
        ] {
            assert!(check(&[("origin", origin)], host).is_ok(), "{origin} {host}");
        }
        for (origin, host) in [
            ("http://console.example", "console.example:8501"),
            ("http://console.example:443", "console.example"),
            ("http://console.example.evil.example", "console.example"),
            ("http://console.example@evil.example", "console.example"),
            ("console.example", "console.example"),
            ("http://console.example", ""),
        ] {
            assert!(check(&[("origin", origin)], host).is_err(), "{origin} {host}");
        }
    }

    #[test]
    fn the_error_contains_both_addresses() {
        let Err(Failure::ForeignOrigin { origin, own }) = check(&[("origin", "http://console.example")], "inner:8501")
        else {
            panic!("accepted")
        };
        assert_eq!((origin.as_str(), own.as_str()), ("http://console.example", "http://inner:8501"));
    }
}
