//! The client's address behind trusted proxies.
//!
//! A proxy names the sender of a request in `Forwarded` (RFC 7239) or `X-Forwarded-For`, but any client can send these
//! headers too. The headers therefore count only from proxies that the operator trusts.
//!
//! The entries are read from the right. Each proxy appends the address of its own connection, so the last entry comes
//! from the connected proxy. The entry before it comes from the proxy with that address, and so on. The first address
//! that is not a trusted proxy's is the client's. Entries to the left of it come from the client and are ignored.
//!
//! `X-Forwarded-For` takes precedence over `Forwarded`, because most proxies append to the former and forward the
//! client's `Forwarded` unchanged. A proxy that writes `Forwarded` must remove `X-Forwarded-For`. `X-Real-IP` is
//! ignored, because its author is unknown.
//!
//! - `chain`: the walk over the hops, from the last to the first.
//! - `forwarded`: the syntax of RFC 7239.
//! - `node`: the forms of an address.

mod chain;
mod forwarded;
mod node;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use actix_web::http::header::HeaderMap;
use ipnet::{IpNet, Ipv4Net};

/// The proxies whose forwarding headers count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Arc<[IpNet]>);

/// The reason why a list of proxies is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProxies {
    /// A malformed entry.
    #[error(
        "must be addresses or networks such as 10.0.0.0/8, 192.0.2.7, fd00::/8, separated by commas; {0:?} is neither"
    )]
    Malformed(String),
    /// An entry that covers every address.
    #[error("must not contain {0:?}: it trusts every address, so that any client could claim any address")]
    EveryAddress(String),
}

/// The connection on which a request arrived at the first trusted proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// The address of the client.
    pub(crate) client: IpAddr,
    /// Whether the client connected over TLS.
    pub(crate) over_tls: bool,
}

impl TrustedProxies {
    /// Parses addresses and networks (CIDR), separated by commas. An empty text trusts no proxy.
    ///
    /// # Errors
    /// Returns the first entry that is malformed or covers every address of its family.
    pub fn parse(text: &str) -> Result<Self, InvalidProxies> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        text.split(',').map(|entry| network(entry.trim())).collect::<Result<_, _>>().map(Self)
    }

    /// Whether no proxy is trusted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `address` belongs to a trusted proxy.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Returns the host that the browser requested, if `peer` is a trusted proxy that forwards it.
    pub(crate) fn host<'h>(&self, peer: IpAddr, headers: &'h HeaderMap) -> Option<&'h str> {
        self.trusts(peer).then(|| chain::first_host(headers)).flatten()
    }

    /// Returns the forwarded connection of a request with these headers; `None` if `peer` is not a trusted proxy.
    pub(crate) fn arrival(&self, peer: IpAddr, headers: &HeaderMap) -> Option<Arrival> {
        self.trusts(peer).then(|| chain::follow(self, peer.to_canonical(), headers))
    }
}

fn network(entry: &str) -> Result<IpNet, InvalidProxies> {
    let network = entry.parse::<IpAddr>().map(IpNet::from).or_else(|_| entry.parse::<IpNet>());
    match network.map(canonical) {
        Ok(network) if network.prefix_len() == 0 => Err(InvalidProxies::EveryAddress(entry.to_owned())),
        Ok(network) => Ok(network),
        Err(_) => Err(InvalidProxies::Malformed(entry.to_owned())),
    }
}

/// Converts IPv4-mapped IPv6 networks (`::ffff:10.0.0.0/104`) to IPv4, because addresses are compared in that form.
fn canonical(network: IpNet) -> IpNet {
    /// The length of the prefix of IPv4-mapped addresses.
    const MAPPED: u8 = 96;
    let IpNet::V6(mapped) = network else { return network };
    let address = Ipv6Addr::to_ipv4_mapped(&mapped.addr());
    let length = mapped.prefix_len().checked_sub(MAPPED);
    match address.zip(length).map(|(address, length)| Ipv4Net::new(address, length)) {
        Some(Ok(plain)) => IpNet::V4(plain),
        _ => network,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusts(list: &str, address: &str) -> bool {
        TrustedProxies::parse(list).unwrap().trusts(address.parse().unwrap())
    }

    #[test]
    fn a_list_contains_addresses_and_networks() {
        let list = "10.0.0.0/8, 192.0.2.7,fd00::/8 , ::1,::ffff:198.51.100.0/120";
        for address in ["10.0.0.0", "10.255.255.255", "192.0.2.7", "fd12::3", "::1", "198.51.100.9"] {
            assert!(trusts(list, address), "{address}");
        }
        for address in ["9.255.255.255", "11.0.0.0", "192.0.2.8", "fe80::1", "::2", "198.51.101.1", "2001:db8::1"] {
            assert!(!trusts(list, address), "{address}");
        }
        assert!(trusts(list, "::ffff:10.1.2.3"), "the form of a dual-stack socket");
        assert!(trusts("10.1.2.3/8", "10.9.9.9"), "bits after the prefix do not count");
    }

    #[test]
    fn an_empty_list_trusts_no_proxy() {
        for text in ["", "  "] {
            let none = TrustedProxies::parse(text).unwrap();
            assert!(none.is_empty() && !none.trusts("127.0.0.1".parse().unwrap()));
            assert_eq!(none.arrival("127.0.0.1".parse().unwrap(), &HeaderMap::new()), None);
        }
    }

    #[test]
    fn a_malformed_entry_is_reported() {
        for (list, entry) in [
            ("10.0.0.0/33", "10.0.0.0/33"),
            ("10.0.0.0/8,,::1", ""),
            ("10.0.0.0/8,", ""),
            ("10.0.0.0/8 ::1", "10.0.0.0/8 ::1"),
            ("localhost", "localhost"),
            ("10.0.0/8", "10.0.0/8"),
            ("10.0.0.1:80", "10.0.0.1:80"),
            ("fd00::/129", "fd00::/129"),
            ("10.0.0.0/-1", "10.0.0.0/-1"),
        ] {
            assert_eq!(TrustedProxies::parse(list), Err(InvalidProxies::Malformed(entry.to_owned())), "{list}");
        }
    }

    #[test]
    fn an_entry_cannot_cover_every_address() {
        for entry in ["0.0.0.0/0", "::/0", "10.0.0.1/0", "::ffff:0.0.0.0/96"] {
            assert_eq!(TrustedProxies::parse(entry), Err(InvalidProxies::EveryAddress(entry.to_owned())), "{entry}");
        }
    }
}
