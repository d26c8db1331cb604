//! LLMNR: link-local multicast name resolution (RFC 4795). DNS messages between neighbours, on its own port.

use super::dns_message::Message;
use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Llmnr;

impl Dissector for Llmnr {
    const META: Meta = Meta::tcp_udp(labels::LLMNR).only_on_ports(&[5355]).specification("RFC 4795");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        if segment.is_tcp() {
            let Ok(length) = reader.u16() else { return Verdict::More };
            if reader.len() < length.into() {
                return if length < 0x200 { Verdict::More } else { Verdict::Excluded };
            }
        }
        match Message::read(reader.rest()) {
            Ok(message) if message.opcode() == 0 && message.counts[0] == 1 && message.has_known_class() => {
                found.server_name(message.name.printable().as_bytes());
                Verdict::DONE
            }
            Ok(_) | Err(Short) => Verdict::Excluded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, hex};

    const QUERY: &str = "1234 0000 0001 0000 0000 0000 04 57706164 00 001c 0001";

    #[test]
    fn recognised_by_its_question() {
        let exchange = Exchange::udp(5355).client(hex(QUERY));
        let outcome = exchange.outcome();
        assert_eq!((&*outcome.name, outcome.server_name()), ("LLMNR", "wpad"));
        exchange.assert_cuts_do_not_matter();
        let over_tcp = Exchange::tcp(5355).client([&hex("0016")[..], &hex(QUERY)].concat());
        assert_eq!(over_tcp.outcome().name, "LLMNR");
        over_tcp.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in ["1234 0000 0002 0000 0000 0000 00 001c 0001", "1234 2800 0001 0000 0000 0000 00 001c 0001"] {
            assert_eq!(Exchange::udp(5355).client(hex(message)).verdict_of::<Llmnr>(), Verdict::Excluded);
        }
    }
}
