//! Guesses: by port, then by address, for what nothing recognised.

use crate::engine::{Classification, Endpoints};
use crate::found::Confidence;
use crate::label::Label;
use crate::networks::Networks;

/// Makes a guess, if ports or addresses allow one.
pub(crate) fn guess(classification: &mut Classification, endpoints: &Endpoints, networks: &Networks) {
    let by_port = by_port(endpoints);
    if by_port.is_known() {
        classification.protocol = by_port;
        classification.confidence = Confidence::Port;
        classification.is_guessed = true;
        return;
    }
    let owners = [endpoints.dst, endpoints.src].map(|endpoint| networks.owner(endpoint.ip()));
    if let Some(owner) = owners.into_iter().find(|owner| owner.is_known()) {
        classification.application = owner;
        classification.confidence = Confidence::Address;
        classification.is_guessed = true;
    }
}

/// The label whose default port one of the endpoints has.
fn by_port(endpoints: &Endpoints) -> Label {
    let ports = [endpoints.dst.port(), endpoints.src.port()];
    let of = |label: Label, port: u16| {
        label.entry().is_some_and(|entry| match endpoints.protocol {
            6 => entry.tcp_ports.contains(&port),
            17 => entry.udp_ports.contains(&port),
            _ => false,
        })
    };
    ports.into_iter().find_map(|port| Label::all().find(|label| of(*label, port))).unwrap_or_default()
}
