//! NAT-PMP: mapping of ports (RFC 6886) and its successor PCP (RFC 6887), on the same port. Version and operation; an answer has the
//! upper bit set.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct NatPmp;

impl Dissector for NatPmp {
    const META: Meta = Meta::udp(labels::NAT_PMP).only_on_ports(&[5351, 5350]).specification("RFC 6886, RFC 6887");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(is_message(segment.payload))
    }
}

fn is_message(payload: &[u8]) -> bool {
    match payload {
        // The external address: request and answer. The sixth result code is the last.
        [0, 0] | [0, 0x80, 0, 0..=5, _, _, _, _, _, _, _, _] => true,
        // A mapping for UDP or TCP. An error may come without its fields.
        [0, 1 | 2, 0, 0, rest @ ..] => rest.len() == 8,
        [0, 0x80..=0x82, 0, 0..=5, rest @ ..] => matches!(rest.len(), 4 | 8 | 12),
        // PCP: lifetime, then 16 bytes, then the data of the operation; everything in units of four bytes.
        [2, 0..=3 | 0x80..=0x83, 0, 0..=13, rest @ ..] => {
            (20..=1096).contains(&rest.len()) && rest.len().is_multiple_of(4)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_in_both_versions() {
        for message in ["0000", "0080 0000 00000001 c0000201", "0001 0000 1f90 1f90 00000e10", "0082 0000 00000001 1f90 1f90 00000e10"] {
            assert_named(&Exchange::udp(5351).client(hex(message)), labels::NAT_PMP);
        }
        let map = [&hex("0201 0000 00000e10")[..], &[0; 16 + 36]].concat();
        assert_named(&Exchange::udp(5351).client(map), labels::NAT_PMP);
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in ["0003", "0001 0001 1f90 1f90 00000e10", "0301 0000 00000e10", "00000000"] {
            assert_eq!(Exchange::udp(5351).client(hex(message)).verdict_of::<NatPmp>(), Verdict::Excluded);
        }
    }
}
