use std::net::IpAddr;

use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO};

use super::forwarded::{self, Element};
use super::{Arrival, TrustedProxies, node};

/// Follows the hops from the connected proxy, `peer`, to the first address that is not a trusted proxy's.
pub(super) fn follow(proxies: &TrustedProxies, peer: IpAddr, headers: &HeaderMap) -> Arrival {
    let (client, proto) = if headers.contains_key(FORWARDED) && !headers.contains_key(X_FORWARDED_FOR) {
        let elements: Vec<Element<'_>> = lines(headers, &FORWARDED).flat_map(forwarded::elements).collect();
        let (client, at) = walk(proxies, peer, elements.iter().map(|element| element.from));
        (client, elements.get(at).and_then(|element| element.proto))
    } else {
        let (client, at) = walk(proxies, peer, items(headers, &X_FORWARDED_FOR).map(node::address));
        // With one protocol per hop, each belongs to its hop. A single protocol applies to all hops.
        let protos: Vec<&str> = items(headers, &X_FORWARDED_PROTO).collect();
        (client, protos.get(at).or(protos.last()).copied())
    };
    Arrival { client, over_tls: proto.is_some_and(|proto| proto.eq_ignore_ascii_case("https")) }
}

/// Returns the host that the browser requested.
///
/// Unlike an address, it is the leftmost entry: a proxy appends the name that the proxy before it used.
pub(super) fn first_host(headers: &HeaderMap) -> Option<&str> {
    items(headers, &X_FORWARDED_HOST).last()
}

/// Returns the client's address, and its index among the hops, counted from the last one.
///
/// A hop without an address ends the walk. The last known address is then the client's.
fn walk(proxies: &TrustedProxies, peer: IpAddr, hops: impl Iterator<Item = Option<IpAddr>>) -> (IpAddr, usize) {
    let (mut client, mut at) = (peer, 0);
    for (number, hop) in hops.enumerate() {
        at = number;
        let Some(address) = hop else { break };
        client = address;
        if !proxies.trusts(address) {
            break;
        }
    }
    (client, at)
}

/// Returns the entries of a list over all its header lines, in reverse order. Skips empty entries (RFC 9110, 5.6.1.2).
fn items<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    lines(headers, name).flat_map(|line| line.rsplit(',')).map(str::trim).filter(|item| !item.is_empty())
}

/// Returns the lines of a header, in reverse order. A line that is not text becomes an unknown entry.
fn lines<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    headers.get_all(name).rev().map(|line| line.to_str().unwrap_or("unknown"))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const PROXIES: &str = "10.0.0.0/8, fd00::/8";
    const PEER: &str = "10.0.0.1";

    fn header_map(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn arrival(peer: &str, lines: &[(&'static str, &str)]) -> Option<Arrival> {
        TrustedProxies::parse(PROXIES).unwrap().arrival(peer.parse().unwrap(), &header_map(lines))
    }

    fn client(lines: &[(&'static str, &str)]) -> String {
        arrival(PEER, lines).unwrap().client.to_string()
    }

    #[test]
    fn headers_of_an_untrusted_peer_are_ignored() {
        for peer in ["192.0.2.1", "::1", "2001:db8::1"] {
            let claims = [
                ("x-forwarded-for", "198.51.100.1"),
                ("forwarded", "for=198.51.100.1;proto=https"),
                ("x-forwarded-proto", "https"),
            ];
            assert_eq!(arrival(peer, &claims), None, "{peer}");
        }
    }

    #[test]
    fn the_rightmost_address_that_is_not_a_proxys_is_the_clients() {
        for (line, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("1.1.1.1, 192.0.2.1", "192.0.2.1"),
            ("1.1.1.1, 192.0.2.1, 10.0.0.3, fd00::2", "192.0.2.1"),
            ("10.0.0.9, 192.0.2.1, 10.0.0.3", "192.0.2.1"),
            ("garbage, 1.1.1.1,192.0.2.1:1234 ,[fd00::2]:80", "192.0.2.1"),
            ("2001:db8::1, ::ffff:10.0.0.3", "2001:db8::1"),
            ("10.0.0.4, 10.0.0.3", "10.0.0.4"),
            (",, 192.0.2.1 ,,", "192.0.2.1"),
            ("", PEER),
        ] {
            assert_eq!(client(&[("x-forwarded-for", line)]), expected, "{line}");
        }
    }

    #[test]
    fn lines_of_one_header_are_one_list() {
        let lines = [("x-forwarded-for", "1.1.1.1, 192.0.2.1"), ("x-forwarded-for", "10.0.0.3, 10.0.0.4")];
        assert_eq!(client(&lines), "192.0.2.1");
        let lines = [("forwarded", "for=1.1.1.1, for=192.0.2.1"), ("forwarded", "for=10.0.0.3")];
        assert_eq!(client(&lines), "192.0.2.1");
    }

    #[test]
    fn a_hop_without_an_address_ends_the_walk() {
        for line in ["192.0.2.1, unknown", "192.0.2.1, _hidden", "192.0.2.1, not an address", "192.0.2.1, 999.1.1.1"] {
            assert_eq!(client(&[("x-forwarded-for", line)]), PEER, "{line}");
        }
        assert_eq!(client(&[("x-forwarded-for", "192.0.2.1, unknown, 10.0.0.3")]), "10.0.0.3");
        assert_eq!(client(&[("forwarded", "for=192.0.2.1, for=_hidden;proto=https")]), PEER);
        let mut headers = header_map(&[("x-forwarded-for", "192.0.2.1")]);
        headers.append(X_FORWARDED_FOR, HeaderValue::from_bytes(b"1.1.1.1\xff").unwrap());
        let proxies = TrustedProxies::parse(PROXIES).unwrap();
        assert_eq!(proxies.arrival(PEER.parse().unwrap(), &headers).unwrap().client.to_string(), PEER);
    }

    #[test]
    fn forwarded_is_ignored_beside_x_forwarded_for() {
        assert_eq!(client(&[("forwarded", "for=1.1.1.1"), ("x-forwarded-for", "192.0.2.1")]), "192.0.2.1");
        assert_eq!(client(&[("x-forwarded-for", "unknown"), ("forwarded", "for=1.1.1.1")]), PEER);
        assert_eq!(client(&[("forwarded", "for=192.0.2.1"), ("x-real-ip", "1.1.1.1")]), "192.0.2.1");
    }

    #[test]
    fn the_requested_host_is_the_first_one_and_only_of_a_trusted_proxy() {
        let proxies = TrustedProxies::parse(PROXIES).unwrap();
        let host = |peer: &str, lines: &[(&'static str, &str)]| {
            proxies.host(peer.parse().unwrap(), &header_map(lines)).map(str::to_owned)
        };
        for (line, expected) in [
            ("console.example", Some("console.example")),
            ("console.example:8443, inner:8501", Some("console.example:8443")),
            ("", None),
        ] {
            assert_eq!(host(PEER, &[("x-forwarded-host", line)]).as_deref(), expected, "{line}");
        }
        assert_eq!(host(PEER, &[("host", "inner")]), None);
        assert_eq!(host("192.0.2.1", &[("x-forwarded-host", "evil.example")]), None);
    }

    #[test]
    fn tls_is_taken_from_the_proxy_that_the_client_is_connected_to() {
        for (lines, expected) in [
            (&[("x-forwarded-proto", "https")][..], true),
            (&[("x-forwarded-proto", "HTTPS"), ("x-forwarded-for", "192.0.2.1")], true),
            (&[("x-forwarded-proto", "http"), ("x-forwarded-for", "192.0.2.1")], false),
            (&[("x-forwarded-proto", "https, http"), ("x-forwarded-for", "192.0.2.1, 10.0.0.3")], true),
            (&[("x-forwarded-proto", "https, http"), ("x-forwarded-for", "1.1.1.1, 192.0.2.1")], false),
            (&[("x-forwarded-proto", "https"), ("x-forwarded-for", "192.0.2.1, 10.0.0.3")], true),
            (&[("forwarded", "for=192.0.2.1;proto=https")], true),
            (&[("forwarded", "for=192.0.2.1;proto=https, for=10.0.0.3;proto=http")], true),
            (&[("forwarded", "for=1.1.1.1;proto=https, for=192.0.2.1;proto=http")], false),
            (&[("forwarded", "for=_hidden;proto=https")], true),
            (&[("x-forwarded-for", "192.0.2.1")], false),
            (&[], false),
        ] {
            assert_eq!(arrival(PEER, lines).unwrap().over_tls, expected, "{lines:?}");
        }
    }

    /// Header text of an attacker: syntactically relevant pieces and arbitrary text.
    fn text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("for=".to_owned()),
            Just("\"".to_owned()),
            Just("\\".to_owned()),
            Just(",".to_owned()),
            Just(";".to_owned()),
            Just("proto=https".to_owned()),
            Just("[".to_owned()),
            Just("unknown".to_owned()),
            Just("10.0.0.5".to_owned()),
            any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string()),
            any::<std::net::Ipv6Addr>().prop_map(|address| format!("[{address}]:80")),
            "[ -~]{0,8}",
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        /// The proxies' own entries decide, whatever a client sends in the same line or in earlier lines.
        #[test]
        fn no_header_of_a_client_changes_its_address(
            sent in prop::collection::vec(text(), 0..3),
            client_address in any::<IpAddr>(),
            proxies_between in prop::collection::vec("10\\.0\\.0\\.[1-9]", 0..3),
            in_forwarded in any::<bool>(),
            own_line in any::<bool>(),
        ) {
            let client_address = client_address.to_canonical();
            prop_assume!(!TrustedProxies::parse(PROXIES).unwrap().trusts(client_address));
            let name = if in_forwarded { "forwarded" } else { "x-forwarded-for" };
            let entry = |address: &str| match (in_forwarded, address.contains(':')) {
                (false, _) => address.to_owned(),
                (true, false) => format!("for={address}"),
                (true, true) => format!("for=\"[{address}]\""),
            };
            let client_text = client_address.to_string();
            let entries: Vec<_> = std::iter::once(client_text.as_str())
                .chain(proxies_between.iter().map(String::as_str))
                .map(entry)
                .collect();
            let entries = entries.join(", ");
            let mut lines = sent;
            match lines.last_mut() {
                Some(last) if !own_line => *last = format!("{last}, {entries}"),
                _ => lines.push(entries),
            }
            let lines: Vec<_> = lines.iter().map(|line| (name, line.as_str())).collect();
            prop_assert_eq!(arrival(PEER, &lines).unwrap().client, client_address);
        }

        /// Headers do not change the address of a client that is connected directly.
        #[test]
        fn a_client_without_a_proxy_has_the_address_of_its_connection(text in text(), peer in any::<IpAddr>()) {
            prop_assume!(!TrustedProxies::parse(PROXIES).unwrap().trusts(peer));
            let lines = [("x-forwarded-for", &*text), ("forwarded", &*text), ("x-forwarded-proto", "https")];
            prop_assert_eq!(arrival(&peer.to_string(), &lines), None);
        }
    }
}
