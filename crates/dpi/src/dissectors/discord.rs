//! Discord: voice over UDP (Discord developer documentation, "Voice connections"). The client requests its address; both sides keep
//! the path open with a marker and a counter.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct Discord;

/// Length of the message after type and length.
const DISCOVERY: usize = 70;

impl Dissector for Discord {
    const META: Meta = Meta::udp(labels::DISCORD).max_segments(6).specification("Discord: Voice connections");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match segment.payload {
            [0x13, 0x37, 0xca, 0xfe, rest @ ..] | [0x13, 0x37, 0xf0, 0x0d, rest @ ..] if rest.len() == 4 => {
                Verdict::DONE
            }
            // Type, length, SSRC, address as text, port.
            [0x00, kind @ 1..=2, 0x00, 0x46, rest @ ..] if rest.len() == DISCOVERY => {
                Verdict::matched_if(rest.get(4..68).is_some_and(|address| is_address(address, *kind == 2)))
            }
            // Media may come before the marker if the beginning was not seen.
            [0x80..=0x9f, ..] if segment.src_port.min(segment.dst_port) >= 50_000 => Verdict::Wait,
            _ => Verdict::Excluded,
        }
    }
}

/// It is empty in a request; a response pads it with zeros.
fn is_address(field: &[u8], is_response: bool) -> bool {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    let (text, padding) = field.split_at(end);
    let is_text = std::str::from_utf8(text).is_ok_and(|text| text.parse::<std::net::IpAddr>().is_ok());
    padding.iter().all(|byte| *byte == 0) && if is_response { is_text } else { text.is_empty() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn discovery(kind: u8, address: &str) -> Vec<u8> {
        let mut message = [hex("0000 0046 00000001"), address.as_bytes().to_vec()].concat();
        message[1] = kind;
        message.resize(74, 0);
        message
    }

    #[test]
    fn discovery_and_markers() {
        for datagram in [discovery(1, ""), discovery(2, "192.0.2.1"), hex("1337cafe 01000000")] {
            assert_named(&Exchange::udp(50004).client(datagram), labels::DISCORD);
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for datagram in [discovery(2, ""), discovery(1, "x"), hex("1337cafe 0100")] {
            assert_eq!(Exchange::udp(50004).client(datagram).verdict_of::<Discord>(), Verdict::Excluded);
        }
    }
}
