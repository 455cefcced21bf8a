use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Invalid;

/// A range of client addresses: one address, or a network in CIDR notation (RFC 4632; RFC 4291, 2.3).
///
/// An IPv4-mapped IPv6 address is the IPv4 address. Bits after the prefix are ignored, so `192.0.2.7/24` is
/// `192.0.2.0/24`.
///
/// ```
/// use steward_domain::AddressRange;
///
/// let network = AddressRange::parse("192.0.2.7/24")?;
/// assert_eq!(network.to_string(), "192.0.2.0/24");
/// assert!(network.contains([192, 0, 2, 255].into()) && !network.contains([192, 0, 3, 0].into()));
/// assert_eq!(AddressRange::parse("2001:DB8::7/128")?.to_string(), "2001:db8::7");
/// assert!(AddressRange::parse("192.0.2.0/33").is_err());
/// # Ok::<(), steward_domain::Invalid>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressRange {
    first: IpAddr,
    prefix: u8,
}

impl AddressRange {
    /// Parses an address, or an address with the length of its prefix.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || {
            Invalid::new(
                "must be an address such as 192.0.2.7 or 2001:db8::7, or a network such as 192.0.2.0/24 or 2001:db8::/32",
            )
        };
        let (address, prefix) = match text.trim().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text.trim(), None),
        };
        let typed: IpAddr = address.parse().map_err(|_| invalid())?;
        let address = typed.to_canonical();
        let Some(prefix) = prefix else { return Ok(Self::new(address, bits(address))) };
        if !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid());
        }
        // The prefix of a mapped address also counts the 96 bits before the IPv4 address.
        let mapped = bits(typed) - bits(address);
        let prefix = prefix.parse::<u8>().ok().and_then(|prefix| prefix.checked_sub(mapped));
        match prefix.filter(|prefix| *prefix <= bits(address)) {
            Some(prefix) => Ok(Self::new(address, prefix)),
            None => Err(Invalid::new(format!("must have a prefix of {} to {} bits", mapped, bits(typed)))),
        }
    }

    fn new(address: IpAddr, prefix: u8) -> Self {
        let first = match address {
            IpAddr::V4(v4) => {
                let host = u32::MAX.checked_shr(prefix.into()).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & !host))
            }
            IpAddr::V6(v6) => {
                let host = u128::MAX.checked_shr(prefix.into()).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !host))
            }
        };
        Self { first, prefix }
    }

    /// Returns the first address.
    pub fn first(&self) -> IpAddr {
        self.first
    }

    /// Returns the last address.
    pub fn last(&self) -> IpAddr {
        match self.first {
            IpAddr::V4(v4) => {
                let host = u32::MAX.checked_shr(self.prefix.into()).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() | host))
            }
            IpAddr::V6(v6) => {
                let host = u128::MAX.checked_shr(self.prefix.into()).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() | host))
            }
        }
    }

    /// Whether the range is one address.
    pub fn is_single(&self) -> bool {
        self.prefix == bits(self.first)
    }

    /// Whether the range contains an address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let key = address_key(address);
        address_key(self.first) <= key && key <= address_key(self.last())
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_single() { write!(f, "{}", self.first) } else { write!(f, "{}/{}", self.first, self.prefix) }
    }
}

/// Returns a text for storage that sorts as the address: its family, and its bits as hexadecimal digits. The keys of a
/// network are therefore one range of an index.
///
/// ```
/// use steward_domain::address_key;
///
/// assert_eq!(address_key([192, 0, 2, 7].into()), "4c0000207");
/// ```
pub fn address_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => format!("4{:08x}", v4.to_bits()),
        IpAddr::V6(v6) => format!("6{:032x}", v6.to_bits()),
    }
}

/// The length of an address in bits.
fn bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn range(text: &str) -> (String, String, String) {
        let range = AddressRange::parse(text).unwrap();
        (range.to_string(), range.first().to_string(), range.last().to_string())
    }

    #[test]
    fn a_network_has_a_first_and_a_last_address() {
        for (text, shown, first, last) in [
            ("192.0.2.7", "192.0.2.7", "192.0.2.7", "192.0.2.7"),
            (" 192.0.2.7/32 ", "192.0.2.7", "192.0.2.7", "192.0.2.7"),
            ("192.0.2.7/20", "192.0.0.0/20", "192.0.0.0", "192.0.15.255"),
            ("0.0.0.0/0", "0.0.0.0/0", "0.0.0.0", "255.255.255.255"),
            ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7/120", "192.0.2.0/24", "192.0.2.0", "192.0.2.255"),
            ("2001:DB8::7/33", "2001:db8::/33", "2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"),
            ("::/0", "::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ] {
            assert_eq!(range(text), (shown.to_owned(), first.to_owned(), last.to_owned()), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused_with_a_reason() {
        let example = "must be an address such as 192.0.2.7";
        for (text, reason) in [
            ("", example),
            ("192.0.2", example),
            ("192.0.2.*", example),
            ("192.0.2.7:80", example),
            ("192.0.2.0/", "must have a prefix of 0 to 32 bits"),
            ("192.0.2.0/33", "must have a prefix of 0 to 32 bits"),
            ("192.0.2.0/999", "must have a prefix of 0 to 32 bits"),
            ("192.0.2.0/+8", example),
            ("192.0.2.0/255.255.255.0", example),
            ("2001:db8::/129", "must have a prefix of 0 to 128 bits"),
            ("::ffff:192.0.2.0/95", "must have a prefix of 96 to 128 bits"),
            ("fe80::1%eth0", example),
            ("example.com", example),
        ] {
            let error = AddressRange::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(reason), "{text:?}: {error}");
        }
    }

    fn addresses() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            any::<u32>().prop_map(|bits| Ipv4Addr::from_bits(bits).into()),
            any::<u128>().prop_map(|bits| { Ipv6Addr::from_bits(bits).into() })
        ]
    }

    proptest! {
        #[test]
        fn a_network_contains_exactly_the_addresses_with_its_prefix(address in addresses(), other in addresses(), prefix in 0..=128_u8) {
            let prefix = prefix.min(bits(address.to_canonical()));
            let network = AddressRange::parse(&format!("{}/{prefix}", address.to_canonical())).unwrap();
            prop_assert!(network.contains(address) && network.contains(network.first()) && network.contains(network.last()));
            prop_assert_eq!(AddressRange::parse(&network.to_string()), Ok(network));
            let of_other = AddressRange::new(other.to_canonical(), prefix.min(bits(other.to_canonical())));
            prop_assert_eq!(network.contains(other), network == of_other);
        }

        #[test]
        fn keys_sort_as_addresses(a in addresses(), b in addresses()) {
            prop_assert_eq!(address_key(a).cmp(&address_key(b)), a.to_canonical().cmp(&b.to_canonical()));
        }

        #[test]
        fn any_text_is_parsed_or_refused(text in any::<String>()) {
            let _ = AddressRange::parse(&text);
        }
    }
}
