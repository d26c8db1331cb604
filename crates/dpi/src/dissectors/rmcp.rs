//! RMCP: remote management of servers (DMTF ASF 2.0, IPMI 2.0). Version 6, a sequence, the class of the message.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct Rmcp;

impl Dissector for Rmcp {
    const META: Meta =
        Meta::udp(labels::RMCP).only_on_ports(&[623, 664]).starts_with(&[b"\x06\0"]).specification("ASF 2.0, IPMI 2.0");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(match segment.payload {
            // An acknowledgement ends here.
            [6, 0, _, 0x86 | 0x87] => true,
            // ASF: its enterprise number.
            [6, 0, _, 6, 0, 0, 0x11, 0xbe, ..] => segment.payload.len() >= 12,
            // IPMI: the authentication, of which 6 is that of version 2.
            [6, 0, _, 7, 0..=6, rest @ ..] => rest.len() >= 9,
            [6, 0, _, 8, rest @ ..] => !rest.is_empty(),
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_class() {
        for message in ["0600ff06 000011be 80000000", "0600ff07 00000000 00000000 09 2018c8 81 00388e04b5", "06000186"] {
            assert_named(&Exchange::udp(623).client(hex(message)), labels::RMCP);
        }
        for message in ["0600ff06 000011bf 80000000", "0600ff07 09000000 00000000 09", "0600ff05 00000000"] {
            assert_eq!(Exchange::udp(623).client(hex(message)).verdict_of::<Rmcp>(), Verdict::Excluded);
        }
    }
}
