//! DCE/RPC: remote procedure calls of DCE and of Windows (The Open Group, C706; MS-RPCE), over a connection (version 5) and
//! over datagrams (version 4). PROFINET IO uses datagrams, with its own interfaces.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Dcerpc;

const BEGINNINGS: &[&[u8]] = &[b"\x05\x00", b"\x05\x01", b"\x04"];

impl Dissector for Dcerpc {
    const META: Meta = Meta::tcp_udp(labels::DCERPC)
        .also(&[labels::PROFINET_IO])
        .ports(&[135, 593, 34964])
        .starts_with(BEGINNINGS)
        .specification("C706, chapter 12; MS-RPCE; IEC 61158-6-10");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        if segment.is_tcp() {
            return connection(&mut reader, segment.has_port(135)).map_or(Verdict::More, Verdict::matched_if);
        }
        match datagram(&mut reader) {
            Ok(Some(interface)) => {
                if is_of_profinet(&interface) {
                    found.application(labels::PROFINET_IO);
                }
                Verdict::DONE
            }
            Ok(None) | Err(Short) => Verdict::Excluded,
        }
    }
}

/// The data representation: integers low byte first in almost every case, ASCII or EBCDIC, and a floating-point format.
struct Representation {
    low_first: bool,
}

fn representation(bytes: [u8; 4], reserved: usize) -> Option<Representation> {
    let [integers_and_characters, floats, rest @ ..] = bytes;
    let is_known = matches!(integers_and_characters, 0x00 | 0x01 | 0x10 | 0x11) && floats <= 3;
    let is_reserved = rest.iter().take(reserved).all(|byte| *byte == 0);
    (is_known && is_reserved).then_some(Representation { low_first: integers_and_characters & 0x10 != 0 })
}

impl Representation {
    fn u16(&self, reader: &mut Reader<'_>) -> Result<u16, Short> {
        if self.low_first { reader.u16_le() } else { reader.u16() }
    }

    fn u32(&self, reader: &mut Reader<'_>) -> Result<u32, Short> {
        if self.low_first { reader.u32_le() } else { reader.u32() }
    }
}

/// Section 12.6: the header of a PDU over a connection, and the beginning of its body.
fn connection(reader: &mut Reader<'_>, is_mapper: bool) -> Result<bool, Short> {
    const HEADER: u16 = 16;
    let (version, minor, kind, _flags) = (reader.u8()?, reader.u8()?, reader.u8()?, reader.u8()?);
    let representation = representation(reader.array()?, 2);
    // Big-endian machines are rare.
    let Some(representation) = representation.filter(|r| r.low_first || is_mapper) else { return Ok(false) };
    let (length, authentication) = (representation.u16(reader)?, representation.u16(reader)?);
    let _call = representation.u32(reader)?;
    if version != 5 || minor > 1 || kind > 21 || length < HEADER || authentication > length - HEADER {
        return Ok(false);
    }
    match kind {
        // bind, bind_ack, alter_context, alter_context_response: sizes of fragments.
        11 | 12 | 14 | 15 => {
            let (send, receive) = (representation.u16(reader)?, representation.u16(reader)?);
            Ok(send >= 512 && receive >= 512)
        }
        // request, response: allocation hint, context.
        0 | 2 => {
            let _hint = representation.u32(reader)?;
            Ok(length >= 24 && representation.u16(reader)? < 256)
        }
        _ => Ok(true),
    }
}

/// Section 12.5: the header of a PDU in a datagram. Returns the interface with its fields in written order.
fn datagram(reader: &mut Reader<'_>) -> Result<Option<Interface>, Short> {
    let (version, kind, flags1, flags2) = (reader.u8()?, reader.u8()?, reader.u8()?, reader.u8()?);
    if version != 4 || kind > 10 || flags1 & 0x80 != 0 || flags2 & 0xfc != 0 {
        return Ok(None);
    }
    let [format @ .., _serial_high] = reader.array::<4>()?;
    let [a, b, c] = format;
    let Some(representation) = representation([a, b, c, 0], 1) else { return Ok(None) };
    reader.skip(16)?;
    let interface = Interface { first: representation.u32(reader)?, rest: reader.array()? };
    reader.skip(16)?;
    let (_boot, version) = (reader.u32()?, representation.u32(reader)?);
    reader.skip(4)?;
    let operation = representation.u16(reader)?;
    reader.skip(4)?;
    let length = usize::from(representation.u16(reader)?);
    let _fragment = reader.u16()?;
    let authentication = reader.u8()?;
    reader.skip(1)?;
    let is_likely = operation < 1024 && version & 0xffff < 1024 && length <= reader.len();
    Ok((is_likely && matches!(authentication, 0..=10 | 16)).then_some(interface))
}

/// A UUID: its first field and the rest of its bytes.
struct Interface {
    first: u32,
    rest: [u8; 12],
}

/// DEA0000n-6C97-11D1-8271-00A02442DF7D, n from 1 to 5: device, controller, supervisor, parameter server, and later ones.
fn is_of_profinet(interface: &Interface) -> bool {
    let node = interface.rest.last_chunk::<8>();
    interface.first & 0xffff_fff0 == 0xdea0_0000 && node == Some(b"\x82\x71\x00\xa0\x24\x42\xdf\x7d")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    /// A bind to the endpoint mapper.
    fn bind() -> Vec<u8> {
        hex("05000b03 10000000 48000000 01000000 d016d016 00000000 01000000 00000100
             0883afe1 1f5dc911 91a408002b14a0fa 03000000 045d888aeb1cc9119fe808002b104860 02000000")
    }

    fn datagram(first: &str) -> Vec<u8> {
        let mut header = hex("04 00 20 00 10 00 00 00");
        header.extend([7; 16]);
        header.extend(hex(first));
        header.extend(hex("976cd111 827100a02442df7d"));
        header.extend([9; 16]);
        header.extend(hex("00000000 01000000 00000000 0500 ffffffff 0400 0000 00 00 01020304"));
        header
    }

    #[test]
    fn recognised_over_a_connection() {
        for exchange in [
            Exchange::tcp(49152).client(bind()),
            Exchange::tcp(49152).client(hex("05000003 10000000 18000000 01000000 00000000 00000200")),
            Exchange::tcp(49152).server(hex("05000303 10000000 20000000 01000000 20000000 00000000 05000000 00000000")),
        ] {
            assert_named(&exchange, labels::DCERPC);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn recognised_over_datagrams_with_its_application() {
        let profinet = Exchange::udp(34964).client(datagram("0100a0de"));
        assert_eq!(profinet.name(), "DCERPC.PROFINET_IO");
        profinet.assert_cuts_do_not_matter();
        assert_named(&Exchange::udp(1026).client(datagram("01020304")), labels::DCERPC);
    }

    #[test]
    fn refuses_its_neighbours() {
        for payload in [
            hex("050100"),
            hex("05000b03 20000000 48000000 01000000 d016d016"),
            hex("05000b03 10000000 0f000000 01000000 d016d016"),
            hex("05000b03 10000000 48000000 01000000 00000000"),
        ] {
            assert_ne!(Exchange::tcp(135).client(&payload).name(), "DCERPC", "{payload:?}");
        }
        let mut short = datagram("01020304");
        short.pop();
        assert_eq!(Exchange::udp(135).client(short).verdict_of::<Dcerpc>(), Verdict::Excluded);
    }
}
