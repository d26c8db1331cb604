//! Activision: matchmaking of Call of Duty (from captures). A console sends a server a message that names its own port, to learn
//! about its NAT; the server sends the message back.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

const REQUEST: u8 = 0x0d;
const VERSION: u16 = 2;
const LENGTH: usize = 29;

pub(super) struct Activision;

impl Dissector for Activision {
    const META: Meta = Meta::udp(labels::ACTIVISION)
        .ports(&[3074])
        .starts_with(&[b"\x0d\x02\x00", b"\x0c\x02\x00"])
        .specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(names_the_asking_port(segment).unwrap_or(false))
    }
}

/// Type, version, 14 bytes that identify the message, address and port of the sender, 6 more bytes.
fn names_the_asking_port(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader = segment.reader();
    let asks = reader.u8()? == REQUEST;
    let version = reader.u16_le()?;
    reader.skip(18)?;
    let port = reader.u16_le()?;
    let asking = if asks { segment.src_port } else { segment.dst_port };
    Ok(segment.wire_len == LENGTH && version == VERSION && port == asking)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn message(kind: u8) -> Vec<u8> {
        [&[kind][..], &hex("0200 000102030405060708090a0b0c0d c0a80102 020c 010203040506")].concat()
    }

    #[test]
    fn recognised_in_either_direction() {
        let exchange = Exchange::udp(33441).by_port(3074);
        assert_named(&exchange.clone().client(message(0x0d)), labels::ACTIVISION);
        assert_named(&exchange.server(message(0x0c)), labels::ACTIVISION);
    }

    #[test]
    fn refuses_its_neighbours() {
        let refused = |exchange: Exchange| exchange.verdict_of::<Activision>() == Verdict::Excluded;
        assert!(refused(Exchange::udp(3074).by_port(3075).client(message(0x0d))));
        assert!(refused(Exchange::udp(3074).by_port(3074).client(&message(0x0d)[..28])));
    }
}
