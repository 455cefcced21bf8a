use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use base16ct::HexDisplay;

use crate::SessionId;

/// The source of attempts, counted as one guesser.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// A device that the user signed in with before, identified by a signed token.
    Device(DeviceId),
    /// A session whose user must confirm the password again.
    Session(SessionId),
    /// All clients in a network.
    Address(Network),
}

impl Source {
    /// The stored name of all sources of an account together.
    pub const ALL: &'static str = "";
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(id) => write!(f, "device:{id}"),
            Self::Session(id) => write!(f, "session:{id}"),
            Self::Address(network) => write!(f, "address:{network}"),
        }
    }
}

/// A device: 128 random bits, shown as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeviceId([u8; 16]);

impl DeviceId {
    /// Creates a device id from random bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&HexDisplay(&self.0), f)
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceId({self})")
    }
}

/// The addresses that one guesser can easily use: a single IPv4 address, or an IPv6 /64 (RFC 6177, 2).
///
/// ```
/// use steward_domain::Network;
///
/// let network = |address: &str| Network::of(address.parse().ok());
/// assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
/// assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(Option<IpAddr>);

impl Network {
    const PREFIX: u32 = 64;

    /// Returns the network of an address. All clients without an address share one network.
    pub fn of(address: Option<IpAddr>) -> Self {
        Self(address.map(|address| match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << (128 - Self::PREFIX)))),
            v4 @ IpAddr::V4(_) => v4,
        }))
    }

    /// Returns the first address of the network; `None` for clients without an address. The lower half of an IPv6
    /// address is zero.
    pub fn address(&self) -> Option<IpAddr> {
        self.0
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(IpAddr::V6(v6)) => write!(f, "{v6}/{}", Self::PREFIX),
            Some(IpAddr::V4(v4)) => v4.fmt(f),
            None => f.write_str("unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(address: &str) -> String {
        Source::Address(Network::of(Some(address.parse().unwrap()))).to_string()
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_source() {
        assert_eq!(shown("2001:db8:1:2:3:4:5:6"), "address:2001:db8:1:2::/64");
        assert_eq!(shown("2001:db8:1:2::9"), shown("2001:db8:1:2:ffff::"));
        assert_ne!(shown("2001:db8:1:2::9"), shown("2001:db8:1:3::9"));
        assert_eq!(shown("192.0.2.7"), "address:192.0.2.7");
        assert_eq!(shown("::ffff:192.0.2.7"), "address:192.0.2.7");
        assert_eq!(Network::of(None).to_string(), "unknown");
    }

    #[test]
    fn sources_of_different_kinds_differ_and_are_short() {
        let device = Source::Device(DeviceId::from_bytes([7; 16])).to_string();
        let session = Source::Session(SessionId::from_bytes([7; 16])).to_string();
        assert_eq!(
            (device.as_str(), session.as_str()),
            ("device:07070707070707070707070707070707", "session:07070707070707070707070707070707",)
        );
        assert!(shown("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").len() <= 50);
    }
}
