use actix_web::http::header::{self, HeaderMap, HeaderName};

/// Whether a header belongs to one connection (RFC 9110, 7.6.1), or is written anew for each connection.
///
/// `named` are the headers that the message's own `Connection` lists.
pub(super) fn is_hop_by_hop(name: &HeaderName, named: &[HeaderName]) -> bool {
    matches!(
        *name,
        header::CONNECTION
            | header::CONTENT_LENGTH
            | header::PROXY_AUTHENTICATE
            | header::PROXY_AUTHORIZATION
            | header::TE
            | header::TRAILER
            | header::TRANSFER_ENCODING
            | header::UPGRADE
    ) || matches!(name.as_str(), "keep-alive" | "proxy-connection")
        || named.contains(name)
}

/// Returns the headers that `Connection` lists, without the ones that are always hop-by-hop.
pub(super) fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    headers
        .get_all(header::CONNECTION)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|option| !option.eq_ignore_ascii_case("close") && !option.eq_ignore_ascii_case("keep-alive"))
        .filter_map(|option| HeaderName::from_bytes(option.as_bytes()).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn connection_lists_further_hop_by_hop_headers() {
        let mut headers = HeaderMap::new();
        headers.append(header::CONNECTION, HeaderValue::from_static("close, X-One"));
        headers.append(header::CONNECTION, HeaderValue::from_static("keep-alive ,x-two,, not a name"));
        let named = named_by_connection(&headers);
        assert_eq!(named, ["x-one", "x-two"]);
        assert!(is_hop_by_hop(&HeaderName::from_static("x-two"), &named));
        assert!(is_hop_by_hop(&HeaderName::from_static("keep-alive"), &[]));
        assert!(!is_hop_by_hop(&header::AUTHORIZATION, &named));
    }
}
