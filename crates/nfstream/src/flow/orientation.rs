//! Which of its two endpoints is the source of a flow.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Which of its two endpoints is the source of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Orientation {
    /// The sender of the first packet, as in nfstream.
    FirstPacket,
    /// The endpoint that opened the conversation: the sender of the SYN or the receiver of the SYN-ACK (RFC 9293, section
    /// 3.5), the sender of an ICMP request or the receiver of the reply (RFC 792, 4443); else the sender of the first packet.
    Handshake,
    /// As `Handshake`; besides, the endpoint that asks by the QR bit of DNS (RFC 1035), and the one that is not where an
    /// earlier SYN-ACK of the run showed a server; else the one that is not at the port of a known service, or not at a
    /// system port (RFC 6335, section 6). The last 65,536 servers are known.
    Service,
    /// The endpoint in one of these networks, if the other is in none; else as `Handshake`.
    Local(Vec<Network>),
}

/// A network: an address, and the number of leading bits that its members share (CIDR, RFC 4632, RFC 4291).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether an address belongs to the network.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(other)) => {
                let differing = u32::from(ours) ^ u32::from(other);
                differing.leading_zeros() >= self.prefix.into()
            }
            (IpAddr::V6(ours), IpAddr::V6(other)) => {
                let differing = u128::from(ours) ^ u128::from(other);
                differing.leading_zeros() >= self.prefix.into()
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.parse().map_err(drop)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(digits) if !digits.bytes().all(|digit| digit.is_ascii_digit()) => return Err(()),
            Some(digits) => digits.parse().ok().filter(|prefix| *prefix <= longest).ok_or(())?,
        };
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl Orientation {
    /// The values that text may have, as the end of a sentence.
    pub(crate) const FORM: &str =
        "first-packet, handshake, service, or local: and networks, such as local:10.0.0.0/8,fd00::/8";
}

impl FromStr for Orientation {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "first-packet" => Self::FirstPacket,
            "handshake" => Self::Handshake,
            "service" => Self::Service,
            _ => {
                let networks = text.strip_prefix("local:").ok_or(())?;
                Self::Local(
                    networks.split(',').map(|network| network.trim().parse()).collect::<Result<_, _>>()?,
                )
            }
        })
    }
}

impl fmt::Display for Orientation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstPacket => f.write_str("first-packet"),
            Self::Handshake => f.write_str("handshake"),
            Self::Service => f.write_str("service"),
            Self::Local(networks) => {
                let networks: Vec<_> = networks.iter().map(ToString::to_string).collect();
                write!(f, "local:{}", networks.join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_orientation_is_read_as_it_is_written() {
        for text in ["first-packet", "handshake", "service", "local:10.0.0.0/8,fd00::/8,192.0.2.1/32"] {
            assert_eq!(
                text.parse::<Orientation>().map(|orientation| orientation.to_string()),
                Ok(text.to_owned())
            );
        }
        for wrong in [
            "",
            "Service",
            "local",
            "local:",
            "local:10.0.0.0/33",
            "local:10/8",
            "local:fd00::/129",
            "local:::1/+8",
        ] {
            assert_eq!(wrong.parse::<Orientation>(), Err(()), "{wrong}");
        }
    }

    #[test]
    fn a_network_has_the_addresses_that_share_its_prefix() {
        let is_in = |address: &str, network: &str| {
            let (network, address): (Network, IpAddr) =
                (network.parse().expect("it is one"), address.parse().expect("it is one"));
            network.contains(address)
        };
        assert!(is_in("10.255.0.1", "10.0.0.0/8") && !is_in("11.0.0.1", "10.0.0.0/8"));
        assert!(is_in("8.8.8.8", "0.0.0.0/0") && !is_in("::1", "0.0.0.0/0"));
        assert!(is_in("fd12::1", "fd00::/8") && !is_in("fe80::1", "fd00::/8"));
        assert!(is_in("192.0.2.1", "192.0.2.1") && !is_in("192.0.2.2", "192.0.2.1"));
    }
}
