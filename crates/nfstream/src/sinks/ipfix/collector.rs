//! The collectors that IPFIX messages go to.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6, ToSocketAddrs};
use std::str::FromStr;

use nix::errno::Errno;
use nix::net::if_::{if_indextoname, if_nametoindex};

/// The enterprise number that IANA reserves for documentation (RFC 5612). Nobody has registered one for this project.
pub const DOCUMENTATION_ENTERPRISE: u32 = 32473;

/// The default observation domain id.
pub const DOMAIN: u32 = 1;

/// The port that IANA has registered for IPFIX over UDP and TCP.
const PORT: u16 = 4739;

/// The transport protocol of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// One message in each datagram. The sender does not learn whether it arrived.
    Udp,
    /// A connection, made again when it breaks.
    Tcp,
}

/// An IPFIX collector, and the numbers by which it knows this exporter. It is parsed from `HOST`, `HOST:PORT`, `udp://HOST:PORT` and
/// `tcp://HOST:PORT`. IPv6 addresses stand in brackets, also with a zone: `[fe80::1%eth0]:4739` (RFC 4007, section 11), in URLs
/// `udp://[fe80::1%25eth0]:4739` (RFC 6874).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collector {
    /// The transport protocol of messages, UDP by default.
    pub transport: Transport,
    /// Name or address. The zone of an IPv6 address is the name or the number of an interface, after `%`.
    pub host: String,
    /// 4739 by default.
    pub port: u16,
    /// Observation domain id (RFC 7011, section 3.1), by which a collector tells exporters at one address apart; 1 by default.
    pub domain: u32,
    /// The enterprise number of elements that IANA has not registered. The default is 32473, which is reserved for documentation (RFC
    /// 5612).
    pub enterprise: u32,
}

/// The error for text that is not a valid [`Collector`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidCollector(());

impl FromStr for Collector {
    type Err = InvalidCollector;

    fn from_str(text: &str) -> Result<Self, InvalidCollector> {
        // The case of a scheme does not matter (RFC 3986, section 3.1).
        let (transport, rest, percent) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("udp") => (Transport::Udp, rest, URL_PERCENT),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tcp") => (Transport::Tcp, rest, URL_PERCENT),
            Some(_) => return Err(InvalidCollector(())),
            None => (Transport::Udp, text, PERCENT),
        };
        let (host, port) = match rest.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or(InvalidCollector(()))?;
                (with_zone(host, percent).ok_or(InvalidCollector(()))?, port)
            }
            None => {
                let (host, port) = rest.split_at(rest.find(':').unwrap_or(rest.len()));
                (host.to_owned(), port)
            }
        };
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or(InvalidCollector(()))?,
            None if port.is_empty() => PORT,
            None => return Err(InvalidCollector(())),
        };
        if host.is_empty() || host.contains(['/', '@', ' ']) {
            return Err(InvalidCollector(()));
        }
        Ok(Self { transport, host, port, domain: DOMAIN, enterprise: DOCUMENTATION_ENTERPRISE })
    }
}

/// What stands before a zone, and what stands for it in a URL.
const PERCENT: &str = "%";
const URL_PERCENT: &str = "%25";

/// The host between brackets, with a plain percent sign before its zone.
fn with_zone(host: &str, percent: &str) -> Option<String> {
    // A URL with a plain percent sign is not valid, but there are programs that write it.
    let parts = host.split_once(percent).filter(|(_, zone)| !zone.is_empty());
    let Some((address, zone)) = parts.or_else(|| host.split_once(PERCENT)) else {
        return Some(host.to_owned());
    };
    let is_zone = !zone.is_empty() && !zone.contains(PERCENT) && address.parse::<Ipv6Addr>().is_ok();
    is_zone.then(|| format!("{address}{PERCENT}{zone}"))
}

/// The number of the interface that a zone names. 0 is the default zone.
fn zone_index(zone: &str) -> io::Result<u32> {
    match if_nametoindex(zone) {
        Ok(index) => return Ok(index),
        Err(Errno::ENODEV) => {}
        Err(error) => return Err(error.into()),
    }
    // nix takes a missing interface for one without a name.
    let is_there = |number: u32| if_indextoname(number).is_ok_and(|name| !name.is_empty());
    let number = zone.parse().ok().filter(|number| *number == 0 || is_there(*number));
    let none = || io::Error::new(ErrorKind::AddrNotAvailable, format!("there is no interface {zone}"));
    number.ok_or_else(none)
}

impl Collector {
    /// The addresses of the host, which may ask a name server.
    ///
    /// # Errors
    /// The name has no address, or cannot be looked up now. [`ErrorKind::AddrNotAvailable`] if the zone names no interface.
    pub fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        let zoned = self.host.split_once(PERCENT);
        let Some((address, (_, zone))) = zoned.and_then(|zoned| Some((zoned.0.parse().ok()?, zoned))) else {
            return (self.host.as_str(), self.port).to_socket_addrs().map(Iterator::collect);
        };
        Ok(vec![SocketAddrV6::new(address, self.port, 0, zone_index(zone)?).into()])
    }
}

impl fmt::Display for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = match self.transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        };
        let Self { host, port, .. } = self;
        if host.contains(':') {
            write!(f, "{transport}://[{}]:{port}", host.replacen(PERCENT, URL_PERCENT, 1))
        } else {
            write!(f, "{transport}://{host}:{port}")
        }
    }
}

impl fmt::Display for InvalidCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "give a collector as HOST:PORT, udp://HOST:PORT or tcp://HOST:PORT, with an IPv6 address in brackets",
        )
    }
}

impl std::error::Error for InvalidCollector {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collectors_are_told_by_host_and_port() {
        let shown = |text: &str| text.parse::<Collector>().ok().map(|collector| collector.to_string());
        for (text, meant) in [
            ("collector.example", Some("udp://collector.example:4739")),
            ("10.0.0.1:2055", Some("udp://10.0.0.1:2055")),
            ("tcp://localhost", Some("tcp://localhost:4739")),
            ("UDP://localhost", Some("udp://localhost:4739")),
            ("Tcp://localhost", Some("tcp://localhost:4739")),
            ("udp://[::1]:4739", Some("udp://[::1]:4739")),
            ("[fe80::1%2]", Some("udp://[fe80::1%252]:4739")),
            ("[fe80::1%251]:1", Some("udp://[fe80::1%25251]:1")),
            ("udp://[fe80::1%25251]:1", Some("udp://[fe80::1%25251]:1")),
            ("tcp://[fe80::1%eth0]", Some("tcp://[fe80::1%25eth0]:4739")),
            ("tcp://[fe80::1%25eth0]", Some("tcp://[fe80::1%25eth0]:4739")),
            ("[fe80::1%]", None),
            ("udp://[fe80::1%25%25]", None),
            ("[127.0.0.1%lo]", None),
            ("[localhost%lo]", None),
            ("sctp://localhost", None),
            ("::1", None),
            ("[::1", None),
            ("[::1]4739", None),
            ("localhost:0", None),
            ("localhost:65536", None),
            ("localhost:4739/flows", None),
            ("", None),
            (":4739", None),
        ] {
            assert_eq!(shown(text).as_deref(), meant, "{text}");
        }
    }
}
