//! Who is calling when proxies stand between the caller and us.
//!
//! A proxy tells in `Forwarded` (RFC 7239) or `X-Forwarded-For` whose request it passes on, and so can anybody else.
//! The headers count only from proxies that the operator named, and are read from the right: each proxy appends the
//! address that its own connection came from, so the last entry is the word of the proxy that is connected to us, the
//! one before it that of the proxy it names, and so on. The first address that is no proxy's is the caller; what
//! stands to the left of it was sent by the caller, who may write there what they like.
//!
//! Where both headers are there, `X-Forwarded-For` counts and `Forwarded` is not read: nearly every proxy in use
//! appends to the former and passes on a caller's `Forwarded` as it came. A proxy that writes `Forwarded` has to take
//! `X-Forwarded-For` out. `X-Real-IP` is never read: it does not tell who wrote it.
//!
//! - `chain`: the hops, last first, and where they end.
//! - `forwarded`: RFC 7239's syntax.
//! - `node`: the forms in which an address is written.

mod chain;
mod forwarded;
mod node;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use actix_web::http::header::HeaderMap;
use ipnet::{IpNet, Ipv4Net};

/// Whose word on a request's origin counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Arc<[IpNet]>);

/// Why a list of proxies is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProxies {
    /// An entry that cannot be read.
    #[error(
        "must be addresses or networks such as 10.0.0.0/8, 192.0.2.7, fd00::/8, separated by commas; {0:?} is none"
    )]
    Unreadable(String),
    /// An entry that covers every address.
    #[error("must not hold {0:?}: it trusts everybody, and so anybody could claim to call from anywhere")]
    Everybody(String),
}

/// How a request came to the first proxy of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// The address it came from.
    pub(crate) client: IpAddr,
    /// Whether it came over TLS.
    pub(crate) over_tls: bool,
}

impl TrustedProxies {
    /// Reads addresses and networks (CIDR), separated by commas. An empty text trusts nobody.
    ///
    /// # Errors
    /// The first entry that is neither, or that covers every address of its kind.
    pub fn parse(text: &str) -> Result<Self, InvalidProxies> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        text.split(',').map(|entry| network(entry.trim())).collect::<Result<_, _>>().map(Self)
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the word of `address` counts.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The host that a browser asked the first proxy for, where `peer` is a proxy that says so.
    pub(crate) fn host<'h>(&self, peer: IpAddr, headers: &'h HeaderMap) -> Option<&'h str> {
        self.trusts(peer).then(|| chain::first_host(headers)).flatten()
    }

    /// What the proxies say of a request with these headers that came from `peer`; nothing if `peer` is no proxy.
    pub(crate) fn arrival(&self, peer: IpAddr, headers: &HeaderMap) -> Option<Arrival> {
        self.trusts(peer).then(|| chain::follow(self, peer.to_canonical(), headers))
    }
}

fn network(entry: &str) -> Result<IpNet, InvalidProxies> {
    let network = entry.parse::<IpAddr>().map(IpNet::from).or_else(|_| entry.parse::<IpNet>());
    match network.map(canonical) {
        Ok(network) if network.prefix_len() == 0 => Err(InvalidProxies::Everybody(entry.to_owned())),
        Ok(network) => Ok(network),
        Err(_) => Err(InvalidProxies::Unreadable(entry.to_owned())),
    }
}

/// IPv4 addresses in IPv6's clothes (`::ffff:10.0.0.0/104`) as what they are: that is how addresses are compared.
fn canonical(network: IpNet) -> IpNet {
    /// Length of the prefix that all of them share.
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
    fn a_list_holds_addresses_and_networks() {
        let list = "10.0.0.0/8, 192.0.2.7,fd00::/8 , ::1,::ffff:198.51.100.0/120";
        for address in ["10.0.0.0", "10.255.255.255", "192.0.2.7", "fd12::3", "::1", "198.51.100.9"] {
            assert!(trusts(list, address), "{address}");
        }
        for address in ["9.255.255.255", "11.0.0.0", "192.0.2.8", "fe80::1", "::2", "198.51.101.1", "2001:db8::1"] {
            assert!(!trusts(list, address), "{address}");
        }
        assert!(trusts(list, "::ffff:10.1.2.3"), "as a socket for both kinds tells it");
        assert!(trusts("10.1.2.3/8", "10.9.9.9"), "what stands behind the prefix does not count");
    }

    #[test]
    fn nothing_trusts_nobody() {
        for text in ["", "  "] {
            let none = TrustedProxies::parse(text).unwrap();
            assert!(none.is_empty() && !none.trusts("127.0.0.1".parse().unwrap()));
            assert_eq!(none.arrival("127.0.0.1".parse().unwrap(), &HeaderMap::new()), None);
        }
    }

    #[test]
    fn a_wrong_entry_is_told_by_name() {
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
            assert_eq!(TrustedProxies::parse(list), Err(InvalidProxies::Unreadable(entry.to_owned())), "{list}");
        }
    }

    #[test]
    fn nobody_can_trust_everybody() {
        for entry in ["0.0.0.0/0", "::/0", "10.0.0.1/0", "::ffff:0.0.0.0/96"] {
            assert_eq!(TrustedProxies::parse(entry), Err(InvalidProxies::Everybody(entry.to_owned())), "{entry}");
        }
    }
}
