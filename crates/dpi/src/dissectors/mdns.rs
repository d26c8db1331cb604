//! MDNS: multicast DNS (RFC 6762). DNS messages between neighbours, on its own port.

use super::dns_message::{Conversation, Message};
use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct Mdns;

impl Dissector for Mdns {
    const META: Meta = Meta::udp(labels::MDNS).only_on_ports(&[5353, 5354]).specification("RFC 6762");

    type State = Conversation;

    fn inspect(state: &mut Conversation, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        match Message::read(segment.payload) {
            Ok(message) if message.opcode() == 0 && message.has_known_class() => {
                let Some(then) = state.after(&message) else { return Verdict::Matched(state.otherwise()) };
                found.later_server_name(message.name.printable().as_bytes());
                Verdict::Matched(then)
            }
            _ => Verdict::Excluded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, hex};

    #[test]
    fn recognised_by_its_messages() {
        // `_x._tcp.local`: asked for, and told of without a question.
        let name = "025f78 045f746370 056c6f63616c 00";
        for message in [
            format!("0000 0000 0001 0000 0000 0000 {name} 000c 8001"),
            format!("0000 8400 0000 0001 0000 0000 {name} 000c 8001 00001194 0003 0179 c0"),
        ] {
            let exchange = Exchange::udp(5353).by_port(5353).client(hex(&message));
            let outcome = exchange.outcome();
            assert_eq!((&*outcome.name, outcome.server_name()), ("MDNS", "_x._tcp.local"));
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in ["0000 7800 0001 0000 0000 0000 00 000c 0001", "0000 0000 0001 0000 0000 0000 00 000c 0077"] {
            assert_eq!(Exchange::udp(5353).client(hex(message)).verdict_of::<Mdns>(), Verdict::Excluded);
        }
    }
}
