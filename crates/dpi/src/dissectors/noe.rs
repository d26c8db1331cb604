//! NOE: New Office Environment, telephones of Alcatel-Lucent, over UA/UDP (from public descriptions). A datagram type, sequence numbers
//! sent and expected, then messages, each after its length.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct Noe;

impl Dissector for Noe {
    const META: Meta = Meta::udp(labels::NOE)
        .only_on_ports(&[32000, 32512, 32513, 32640])
        .specification("from public descriptions of UA/UDP");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let is_one = match segment.payload {
            // Keep-alive and its acknowledgement; report of missing datagrams.
            [0x04 | 0x05] | [0x06, _, _] => true,
            [0x00, options @ ..] => !options.is_empty() && options_add_up(Reader::new(options)),
            [0x07, _, _, _, _, messages @ ..] => messages_add_up(Reader::new(messages)),
            [0x01..=0x03] => return Verdict::Wait,
            _ => false,
        };
        Verdict::matched_if(is_one)
    }
}

/// Version, window, longest datagram and the like: type, length, value.
fn options_add_up(mut options: Reader<'_>) -> bool {
    while !options.is_empty() {
        if !matches!(options.u8(), Ok(0x00..=0x0f)) || options.block8().is_err() {
            return false;
        }
    }
    true
}

/// Length, little-endian, then the message; no message if the datagram only acknowledges.
fn messages_add_up(mut messages: Reader<'_>) -> bool {
    while !messages.is_empty() {
        let Ok(length @ 1..) = messages.u16_le() else { return false };
        if messages.skip(length.into()).is_err() {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn datagrams_of_its_kinds() {
        for datagram in ["04", "05", "00 000101 010101", "07 0001 0002", "07 0001 0002 0200 0001 0100 02"] {
            assert_named(&Exchange::udp(32640).client(hex(datagram)), labels::NOE);
        }
        for datagram in ["00", "07 0001 0002 0400 0001", "08", "00 0005 01"] {
            let exchange = Exchange::udp(32640).client(hex(datagram));
            assert_eq!(exchange.verdict_of::<Noe>(), Verdict::Excluded, "{datagram}");
        }
    }
}
