use std::net::{IpAddr, Ipv4Addr};

use sha2::{Digest, Sha256};
use steward_domain::lockout::Network;

/// The key of a rate limit in hexadecimal digits.
///
/// 8 digits are an IPv4 address, 16 an IPv6 network, 32 a token.
pub(super) struct Key(String);

impl Key {
    /// Returns the key of an address: of its [`Network`], because one subscriber can use all addresses of an IPv6
    /// network.
    ///
    /// All clients without an address (Unix domain sockets) share one key.
    pub(super) fn of_address(address: Option<IpAddr>) -> Self {
        match Network::of(address).address().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) {
            IpAddr::V4(address) => Self::of(&address.octets()),
            IpAddr::V6(address) => Self::of(&address.octets()[..8]),
        }
    }

    /// Returns the key of a bearer token: a hash, because tokens are secrets and the limiter stores keys.
    pub(super) fn of_token(token: &str) -> Self {
        Self::of(&Sha256::digest(token)[..16])
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    fn of(bytes: &[u8]) -> Self {
        Self(base16ct::lower::encode_string(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> String {
        Key::of_address(Some(text.parse().unwrap())).as_str().to_owned()
    }

    #[test]
    fn ipv4_is_counted_by_address_and_ipv6_by_network() {
        assert_eq!(address("192.0.2.7"), "c0000207");
        assert_ne!(address("192.0.2.7"), address("192.0.2.8"));
        assert_eq!(address("::ffff:192.0.2.7"), address("192.0.2.7"), "the same address in another form");
        assert_eq!(address("2001:db8:1:2::1"), "20010db800010002");
        assert_eq!(address("2001:db8:1:2:ffff:ffff:ffff:ffff"), address("2001:db8:1:2::1"));
        assert_ne!(address("2001:db8:1:3::1"), address("2001:db8:1:2::1"));
        assert_ne!(address("c000:207::"), address("192.0.2.7"));
        assert_eq!(Key::of_address(None).as_str(), "00000000");
    }

    #[test]
    fn a_token_is_counted_by_its_hash() {
        // The first half of SHA-256("abc") (FIPS 180-2, B.1).
        assert_eq!(Key::of_token("abc").as_str(), "ba7816bf8f01cfea414140de5dae2223");
        assert_ne!(Key::of_token("abd").as_str(), Key::of_token("abc").as_str());
    }
}
