//! The collectors that IPFIX messages go to.

use std::fmt;
use std::str::FromStr;

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
/// `tcp://HOST:PORT`. IPv6 addresses stand in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collector {
    /// The transport protocol of messages, UDP by default.
    pub transport: Transport,
    /// Name or address.
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
        let (transport, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("udp") => (Transport::Udp, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tcp") => (Transport::Tcp, rest),
            Some(_) => return Err(InvalidCollector(())),
            None => (Transport::Udp, text),
        };
        let (host, port) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once(']').ok_or(InvalidCollector(()))?,
            None => rest.split_at(rest.find(':').unwrap_or(rest.len())),
        };
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or(InvalidCollector(()))?,
            None if port.is_empty() => PORT,
            None => return Err(InvalidCollector(())),
        };
        if host.is_empty() || host.contains(['/', '@', ' ']) {
            return Err(InvalidCollector(()));
        }
        let host = host.to_owned();
        Ok(Self { transport, host, port, domain: DOMAIN, enterprise: DOCUMENTATION_ENTERPRISE })
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
            write!(f, "{transport}://[{host}]:{port}")
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
            ("[fe80::1%2]", Some("udp://[fe80::1%2]:4739")),
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
