use std::net::IpAddr;

use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO};

use super::forwarded::{self, Element};
use super::{Arrival, TrustedProxies, node};

/// Goes from the proxy that is connected to us, `peer`, to the first address that is no proxy's.
pub(super) fn follow(proxies: &TrustedProxies, peer: IpAddr, headers: &HeaderMap) -> Arrival {
    let (client, proto) = if headers.contains_key(FORWARDED) && !headers.contains_key(X_FORWARDED_FOR) {
        let elements: Vec<Element<'_>> = lines(headers, &FORWARDED).flat_map(forwarded::elements).collect();
        let (client, at) = walk(proxies, peer, elements.iter().map(|element| element.from));
        (client, elements.get(at).and_then(|element| element.proto))
    } else {
        let (client, at) = walk(proxies, peer, items(headers, &X_FORWARDED_FOR).map(node::address));
        // Where as many protocols are told as there are hops, each belongs to one; a single one is meant for all.
        let protos: Vec<&str> = items(headers, &X_FORWARDED_PROTO).collect();
        (client, protos.get(at).or(protos.last()).copied())
    };
    Arrival { client, over_tls: proto.is_some_and(|proto| proto.eq_ignore_ascii_case("https")) }
}

/// The host that the browser asked for. Unlike an address it is read from the left: a proxy that appends to the list
/// appends the name that the proxy before it used.
pub(super) fn first_host(headers: &HeaderMap) -> Option<&str> {
    items(headers, &X_FORWARDED_HOST).last()
}

/// The caller, and how many hops to the left of the last it was told.
///
/// A hop that does not say where its request came from ends the way: the last address that is known stands for it.
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

/// The entries of a list over all its lines, the last first. Empty ones are none (RFC 9110, 5.6.1.2).
fn items<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    lines(headers, name).flat_map(|line| line.rsplit(',')).map(str::trim).filter(|item| !item.is_empty())
}

/// The lines of a header, the last first. One that is no text is an entry that says nothing.
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

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn arrival(peer: &str, lines: &[(&'static str, &str)]) -> Option<Arrival> {
        TrustedProxies::parse(PROXIES).unwrap().arrival(peer.parse().unwrap(), &headers(lines))
    }

    fn client(lines: &[(&'static str, &str)]) -> String {
        arrival(PEER, lines).unwrap().client.to_string()
    }

    #[test]
    fn the_word_of_a_stranger_does_not_count() {
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
    fn the_right_most_address_that_is_no_proxys_is_the_caller() {
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
    fn a_hop_that_hides_its_caller_ends_the_way() {
        for line in ["192.0.2.1, unknown", "192.0.2.1, _hidden", "192.0.2.1, not an address", "192.0.2.1, 999.1.1.1"] {
            assert_eq!(client(&[("x-forwarded-for", line)]), PEER, "{line}");
        }
        assert_eq!(client(&[("x-forwarded-for", "192.0.2.1, unknown, 10.0.0.3")]), "10.0.0.3");
        assert_eq!(client(&[("forwarded", "for=192.0.2.1, for=_hidden;proto=https")]), PEER);
        let mut headers = headers(&[("x-forwarded-for", "192.0.2.1")]);
        headers.append(X_FORWARDED_FOR, HeaderValue::from_bytes(b"1.1.1.1\xff").unwrap());
        let proxies = TrustedProxies::parse(PROXIES).unwrap();
        assert_eq!(proxies.arrival(PEER.parse().unwrap(), &headers).unwrap().client.to_string(), PEER);
    }

    #[test]
    fn forwarded_is_not_read_where_x_forwarded_for_is_there() {
        assert_eq!(client(&[("forwarded", "for=1.1.1.1"), ("x-forwarded-for", "192.0.2.1")]), "192.0.2.1");
        assert_eq!(client(&[("x-forwarded-for", "unknown"), ("forwarded", "for=1.1.1.1")]), PEER);
        assert_eq!(client(&[("forwarded", "for=192.0.2.1"), ("x-real-ip", "1.1.1.1")]), "192.0.2.1");
    }

    #[test]
    fn the_host_that_the_browser_asked_for_is_the_first_and_a_strangers_does_not_count() {
        let proxies = TrustedProxies::parse(PROXIES).unwrap();
        let host = |peer: &str, lines: &[(&'static str, &str)]| {
            proxies.host(peer.parse().unwrap(), &headers(lines)).map(str::to_owned)
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
    fn tls_is_known_from_the_proxy_that_the_caller_is_connected_to() {
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

    /// Header text as attackers make it: of the pieces that mean something, and of anything else.
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
        /// Whatever a caller sends, in the same line or lines before, the proxies' own entries decide.
        #[test]
        fn nothing_that_a_caller_sends_changes_who_it_is(
            sent in prop::collection::vec(text(), 0..3),
            caller in any::<IpAddr>(),
            proxies_between in prop::collection::vec("10\\.0\\.0\\.[1-9]", 0..3),
            in_forwarded in any::<bool>(),
            own_line in any::<bool>(),
        ) {
            let caller = caller.to_canonical();
            prop_assume!(!TrustedProxies::parse(PROXIES).unwrap().trusts(caller));
            let name = if in_forwarded { "forwarded" } else { "x-forwarded-for" };
            let entry = |address: &str| match (in_forwarded, address.contains(':')) {
                (false, _) => address.to_owned(),
                (true, false) => format!("for={address}"),
                (true, true) => format!("for=\"[{address}]\""),
            };
            let caller_text = caller.to_string();
            let told: Vec<_> = std::iter::once(caller_text.as_str())
                .chain(proxies_between.iter().map(String::as_str))
                .map(entry)
                .collect();
            let told = told.join(", ");
            let mut lines = sent;
            match lines.last_mut() {
                Some(last) if !own_line => *last = format!("{last}, {told}"),
                _ => lines.push(told),
            }
            let lines: Vec<_> = lines.iter().map(|line| (name, line.as_str())).collect();
            prop_assert_eq!(arrival(PEER, &lines).unwrap().client, caller);
        }

        /// No header makes an address of a caller that is connected to us itself.
        #[test]
        fn a_caller_without_a_proxy_is_its_connection(text in text(), peer in any::<IpAddr>()) {
            prop_assume!(!TrustedProxies::parse(PROXIES).unwrap().trusts(peer));
            let lines = [("x-forwarded-for", &*text), ("forwarded", &*text), ("x-forwarded-proto", "https")];
            prop_assert_eq!(arrival(&peer.to_string(), &lines), None);
        }
    }
}
