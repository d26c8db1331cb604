//! Guesses by port, then by address, for flows that nothing recognised.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use super::networks::Networks;
use crate::flow::{Endpoints, Transport};
use crate::verdict::{Classification, Confidence};
use crate::vocabulary::{Label, labels};

/// Ports that are guessed besides the default ports of the vocabulary, UDP's first (IANA, Service Names and Port Numbers;
/// the vendors' own documentation: BitTorrent, Blizzard, Hamachi, Delivery Optimization of Windows Update).
const FURTHER_PORTS: [(Label, &[u16], &[u16]); 7] = [
    (labels::BITTORRENT, &[], &[6881, 6882, 6883, 6884, 6885, 6886, 6887, 6888, 6889]),
    (labels::BLIZZARD, &[1119], &[1119]),
    (labels::GUILDWARS2, &[], &[6112]),
    (labels::HCL_NOTES, &[], &[1352]),
    (labels::DICOM, &[], &[104]),
    (labels::HAMACHI, &[], &[12975]),
    (labels::WINDOWSUPDATE, &[], &[7680]),
];

const DNS_PORT: u16 = 53;

/// The ports at which servers of known protocols wait.
pub struct ServerPorts(Guesses);

impl Default for ServerPorts {
    fn default() -> Self {
        Self(Guesses::new())
    }
}

impl ServerPorts {
    /// Whether servers of a known protocol wait at a port, by the number of the IP protocol (IANA): 6 for TCP, 17 for UDP.
    pub fn has(&self, protocol: u8, port: u16) -> bool {
        match protocol {
            6 => self.0.tcp.contains_key(&port),
            17 => self.0.udp.contains_key(&port),
            _ => false,
        }
    }
}

/// The label that each port suggests.
pub(crate) struct Guesses {
    tcp: Ports,
    udp: Ports,
}

type Ports = HashMap<u16, Label, FixedState>;

impl Guesses {
    /// Makes the tables. If several labels have a port, the port suggests the one with the highest id, which is the newest
    /// of the vocabulary.
    pub(crate) fn new() -> Self {
        let (mut tcp, mut udp) = (Ports::default(), Ports::default());
        for (label, entry) in Label::all().filter_map(|label| Some((label, label.entry()?))) {
            tcp.extend(entry.tcp_ports.iter().map(|port| (*port, label)));
            udp.extend(entry.udp_ports.iter().map(|port| (*port, label)));
        }
        for (label, udp_ports, tcp_ports) in FURTHER_PORTS {
            tcp.extend(tcp_ports.iter().map(|port| (*port, label)));
            udp.extend(udp_ports.iter().map(|port| (*port, label)));
        }
        Self { tcp, udp }
    }

    /// Number of ports that suggest each label.
    pub(crate) fn ports(&self) -> BTreeMap<Label, usize> {
        let mut ports = BTreeMap::new();
        for label in self.tcp.values().chain(self.udp.values()) {
            *ports.entry(*label).or_default() += 1;
        }
        ports
    }

    /// Makes a guess, if ports or addresses allow one. `saw_payload` says that there was something to inspect.
    pub(crate) fn guess(
        &self,
        classification: &mut Classification,
        endpoints: &Endpoints,
        saw_payload: bool,
        networks: &Networks,
    ) {
        let by_port = self.by_port(endpoints);
        // A datagram from port 53 that opens a flow answers nothing: noise, or what is left of a larger datagram.
        let is_answer = endpoints.src.port() == DNS_PORT && endpoints.dst.port() != DNS_PORT;
        if by_port == labels::DNS && endpoints.protocol == 17 && saw_payload && is_answer {
            return;
        }
        let owners = [endpoints.dst, endpoints.src].map(|endpoint| networks.owner(endpoint.ip()));
        let owner = owners.into_iter().find(|owner| owner.is_known()).unwrap_or_default();
        // Telegram's payload looks like nothing known (MTProto, "Transport obfuscation"), even on port 443.
        let is_obfuscated = owner == labels::TELEGRAM && saw_payload;
        if by_port.is_known() && !is_obfuscated {
            classification.protocol = by_port;
            classification.confidence = Confidence::Port;
            classification.is_guessed = true;
        } else if owner.is_known() {
            classification.application = owner;
            classification.confidence = Confidence::Address;
            classification.is_guessed = !is_obfuscated;
        }
    }

    /// The label that a port suggests. The lower port decides, because it is usually the server's.
    fn by_port(&self, endpoints: &Endpoints) -> Label {
        let ports = match Transport::of(endpoints.protocol) {
            Some(Transport::Tcp) => &self.tcp,
            Some(Transport::Udp) => &self.udp,
            None => return Label::UNKNOWN,
        };
        let (src, dst) = (endpoints.src.port(), endpoints.dst.port());
        let known = [src.min(dst), src.max(dst)].into_iter().find_map(|port| ports.get(&port));
        known.copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn guess(protocol: u8, src: u16, dst: u16, saw_payload: bool) -> Label {
        let mut classification = Classification::default();
        let endpoint = |n, port| SocketAddr::from(([192, 0, 2, n], port));
        let endpoints = Endpoints { protocol, src: endpoint(1, src), dst: endpoint(2, dst) };
        Guesses::new().guess(&mut classification, &endpoints, saw_payload, &Networks::builtin());
        assert_eq!(classification.is_guessed, classification.protocol.is_known());
        classification.protocol
    }

    #[test]
    fn the_lower_port_decides_and_the_newest_label() {
        assert_eq!(guess(6, 40000, 443, true), labels::TLS);
        assert_eq!(guess(6, 110, 179, false), labels::POP3);
        assert_eq!(guess(6, 445, 50000, false), labels::SMBV23);
        assert_eq!(guess(6, 40000, 8080, false), labels::HTTP_PROXY);
        assert_eq!(guess(6, 40000, 6881, false), labels::BITTORRENT);
        assert_eq!(guess(17, 40000, 22, true), Label::UNKNOWN);
        assert_eq!(guess(132, 443, 443, true), Label::UNKNOWN);
        assert_eq!(guess(6, 40000, 104, true), labels::DICOM);
        assert_eq!(guess(6, 40000, 12975, true), labels::HAMACHI);
        assert_eq!(guess(6, 40000, 7680, true), labels::WINDOWSUPDATE);
        assert_eq!(guess(17, 40000, 7680, true), Label::UNKNOWN);
    }

    #[test]
    fn the_owner_of_an_address_is_guessed_where_no_port_suggests_anything() {
        let guess = |address: [u8; 4], port, saw_payload| {
            let mut classification = Classification::default();
            let [src, dst] = [([192, 0, 2, 1], 40000), (address, port)].map(SocketAddr::from);
            let endpoints = Endpoints { protocol: 6, src, dst };
            Guesses::new().guess(&mut classification, &endpoints, saw_payload, &Networks::builtin());
            (classification.protocol, classification.application)
        };
        assert_eq!(guess([8, 8, 8, 8], 40001, true), (Label::UNKNOWN, labels::GOOGLE));
        assert_eq!(guess([8, 8, 8, 8], 443, true), (labels::TLS, Label::UNKNOWN));
        assert_eq!(guess([149, 154, 167, 51], 443, true), (Label::UNKNOWN, labels::TELEGRAM));
        assert_eq!(guess([149, 154, 167, 51], 443, false), (labels::TLS, Label::UNKNOWN));
    }

    #[test]
    fn a_flow_that_port_53_opens_is_not_guessed_by_its_payload() {
        assert_eq!(guess(17, 40000, 53, true), labels::DNS);
        assert_eq!(guess(17, 53, 53, true), labels::DNS);
        assert_eq!(guess(17, 53, 40000, true), Label::UNKNOWN);
        assert_eq!(guess(17, 53, 40000, false), labels::DNS);
        assert_eq!(guess(6, 53, 40000, true), labels::DNS);
    }
}
