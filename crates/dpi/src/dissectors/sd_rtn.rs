//! SD-RTN: Agora's network for media (from captures): handshake of tags and values, the server's name first.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const CLIENT_HELLO: u8 = 0x21;
const SERVER_HELLO: u8 = 0x23;
const VERSION: u8 = 4;

pub(super) struct SdRtn;

/// Beginning of a handshake message.
struct Hello<'a> {
    kind: u8,
    tag: [u8; 4],
    value: &'a [u8],
}

impl Dissector for SdRtn {
    const META: Meta = Meta::udp(labels::SD_RTN).starts_with(&[b"\x00"]).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        match hello(segment.reader()) {
            Ok(Some(Hello { kind: CLIENT_HELLO, tag: [b'S', b'N', b'I', 0], value })) => {
                found.server_name(value);
                Verdict::DONE
            }
            Ok(Some(Hello { kind: SERVER_HELLO, tag: [b'P', b'E', b'I', b'D'], .. })) => Verdict::DONE,
            _ => Verdict::Excluded,
        }
    }
}

fn hello(mut reader: Reader<'_>) -> Result<Option<Hello<'_>>, Short> {
    let (_sender, zero, kind) = (reader.u32()?, reader.u16()?, reader.u8()?);
    let (_receiver, also_zero, version) = (reader.u32()?, reader.u8()?, reader.u8()?);
    let tag = reader.array()?;
    let length = reader.u16_le()?;
    let value = reader.take(length.into())?;
    Ok((zero == 0 && also_zero == 0 && version == VERSION).then_some(Hello { kind, tag, value }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_hellos() {
        let name = b"Edge.example.org";
        let client = [&hex("00010203 0000 21 00000000 00 04 534e4900 1000")[..], name, b"PDMD\0\0"].concat();
        let exchange = Exchange::udp(8130).client(client);
        assert_named(&exchange, labels::SD_RTN);
        assert_eq!(exchange.outcome().server_name(), "edge.example.org");
        exchange.assert_cuts_do_not_matter();
        let server = hex("00040506 0000 23 00010203 00 04 50454944 0400 01001c00");
        assert_named(&Exchange::udp(8130).server(server), labels::SD_RTN);
        let other = hex("00010203 0000 22 00000000 00 04 534e4900 0100 41");
        assert_eq!(Exchange::udp(8130).client(other).verdict_of::<SdRtn>(), Verdict::Excluded);
    }
}
