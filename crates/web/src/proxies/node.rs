use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Parses the address of a node: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`,
/// with or without quotes (RFC 7239, 6). Some proxies send ports in `X-Forwarded-For` too.
///
/// Returns `None` for `unknown`, for obfuscated identifiers (`_hidden`), and for any other text.
pub(super) fn address(node: &str) -> Option<IpAddr> {
    let node = node.trim();
    let node = node.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(node);
    let address = match node.strip_prefix('[') {
        Some(bracketed) => {
            let (host, rest) = bracketed.split_once(']')?;
            let is_whole = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
            is_whole.then(|| host.parse::<Ipv6Addr>().ok())?.map(IpAddr::from)
        }
        None => node.parse::<IpAddr>().ok().or_else(|| {
            let (host, port) = node.split_once(':')?;
            is_port(port).then(|| host.parse::<Ipv4Addr>().ok())?.map(IpAddr::from)
        }),
    };
    address.map(|address| address.to_canonical())
}

/// Whether the text is a port number or an obfuscated port.
fn is_port(port: &str) -> bool {
    let hidden = port.strip_prefix('_').filter(|rest| !rest.is_empty());
    match hidden {
        Some(hidden) => hidden.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')),
        None => (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_address_is_parsed() {
        for (node, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            (" 192.0.2.1 ", "192.0.2.1"),
            ("192.0.2.1:80", "192.0.2.1"),
            ("\"192.0.2.1:47011\"", "192.0.2.1"),
            ("192.0.2.1:_hidden-1", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("\"[2001:DB8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("\"[2001:db8::1]:_x\"", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("[::ffff:c000:201]:80", "192.0.2.1"),
        ] {
            assert_eq!(address(node), Some(expected.parse().unwrap()), "{node}");
        }
    }

    #[test]
    fn other_texts_are_not_addresses() {
        for node in [
            "",
            "\"",
            "\"\"",
            "unknown",
            "\"unknown\"",
            "_hidden",
            "_SEVKISEK",
            "localhost",
            "192.0.2",
            "192.0.2.256",
            "0192.0.2.1",
            "192.0.2.1:",
            "192.0.2.1:x",
            "192.0.2.1:123456",
            "192.0.2.1:_",
            "192.0.2.1:80:80",
            "192.0.2.1/32",
            "192.0.2.1 192.0.2.2",
            "[192.0.2.1]",
            "[2001:db8::1",
            "[2001:db8::1]80",
            "[2001:db8::1]:",
            "[fe80::1%eth0]",
            "\\192.0.2.1",
            "0x7f000001",
            "2130706433",
        ] {
            assert_eq!(address(node), None, "{node}");
        }
    }
}
