//! Syncthing (docs.syncthing.net): local discovery over UDP, relays over TCP, and the hello of the block exchange protocol. Each
//! begins with a magic number. Devices communicate over TLS, which is recognised by its ALPN.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Syncthing;

/// Local discovery, version 4, and the hello of the block exchange protocol.
const MAGIC: &[u8] = b"\x2e\xa7\xd9\x0b";
/// Local discovery, version 3, and an older hello.
const OLD_MAGIC: &[u8] = b"\x7d\x79\xbc\x40";
const OLD_HELLO_MAGIC: &[u8] = b"\x9f\x79\xbc\x40";
const RELAY_MAGIC: &[u8] = b"\x9e\x79\xbc\x40";

impl Dissector for Syncthing {
    const META: Meta = Meta::tcp_udp(labels::SYNCTHING)
        .ports(&[21027, 22000, 22067])
        .starts_with(&[MAGIC, OLD_MAGIC, OLD_HELLO_MAGIC, RELAY_MAGIC])
        .specification("docs.syncthing.net: Local Discovery Protocol v4, BEP v1, Relay Protocol v1");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        // A magic number that came in pieces is checked once it is complete.
        if !Self::META.may_start(segment.payload, segment.transport) {
            return Verdict::Excluded;
        }
        let mut reader = segment.reader();
        if segment.is_udp() {
            // A device and its address, or its number in the older version.
            return Verdict::matched_if(segment.payload.len() > 8);
        }
        let header = reader.take(4).and_then(|magic| Ok((magic == RELAY_MAGIC, reader.u16()?, reader.u16()?)));
        match header {
            Ok((true, 0, kind)) => Verdict::matched_if(kind <= 7),
            Ok((false, length, _)) => Verdict::matched_if((2..0x8000).contains(&length)),
            Ok(_) => Verdict::Excluded,
            Err(Short) => Verdict::More,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_magic_numbers() {
        for exchange in [
            Exchange::udp(21027).client(hex("2ea7d90b 0a20 6262626262626262")),
            Exchange::tcp(22067).client(hex("9e79bc40 00000002 00000000")),
            Exchange::tcp(22000).client(hex("2ea7d90b 0010 0a04 6e616d65")),
        ] {
            assert_named(&exchange, labels::SYNCTHING);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for payload in ["2ea7d90c 0a20 6262", "9e79bc40 00000009", "2ea7d90b 0000 0000"] {
            assert_eq!(Exchange::tcp(22000).client(hex(payload)).verdict_of::<Syncthing>(), Verdict::Excluded, "{payload}");
        }
    }
}
