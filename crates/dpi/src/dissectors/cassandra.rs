//! Cassandra: its native protocol, versions 1 to 5 (cassandra.apache.org, "CQL binary protocol"). A version whose high bit
//! tells requests from responses, flags, a stream, an operation, a length.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Cassandra;

const LONGEST_FRAME: u32 = 256 << 20;

impl Dissector for Cassandra {
    const META: Meta = Meta::tcp(labels::CASSANDRA)
        .ports(&[9042, 9142])
        .starts_with(&[
            b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x04\x00", b"\x05\x00", b"\x05\x10", b"\x81\x00", b"\x82\x00", b"\x83\x00",
            b"\x84\x00", b"\x85\x00", b"\x03\x01", b"\x04\x01", b"\x83\x01", b"\x84\x01",
        ])
        .specification("cassandra.apache.org: CQL BINARY PROTOCOL v3, v4, v5");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match frame(&mut segment.reader(), segment) {
            Ok(holds) => Verdict::matched_if(holds),
            Err(Short) => Verdict::More,
        }
    }
}

fn frame(reader: &mut Reader<'_>, segment: &Segment<'_>) -> Result<bool, Short> {
    let (version, flags) = (reader.u8()?, reader.u8()?);
    let is_response = version & 0x80 != 0;
    let stream = if version & 0x7f < 3 { reader.u8()?.into() } else { reader.u16()? };
    let (operation, length) = (reader.u8()?, reader.u32()?);
    let is_operation = match is_response {
        false => matches!(operation, 0x01 | 0x04 | 0x05 | 0x07 | 0x09..=0x0b | 0x0d | 0x0f),
        true => matches!(operation, 0x00 | 0x02 | 0x03 | 0x06 | 0x08 | 0x0c | 0x0e | 0x10),
    };
    if !is_operation || flags > 0x1f || length > LONGEST_FRAME || reader.len() > length as usize || stream > 0x8000 && !is_response {
        return Ok(false);
    }
    let is_whole = reader.len() == length as usize;
    body(reader, operation, length, segment.has_port(9042) && is_whole)
}

/// The bodies of the most specific operations; for others, a matching length is enough on the port.
fn body(reader: &mut Reader<'_>, operation: u8, length: u32, is_whole_on_port: bool) -> Result<bool, Short> {
    match operation {
        // STARTUP: a map of options, one of which is required. SUPPORTED: a map of options that a client may choose.
        0x01 | 0x06 => {
            const LONGEST: u32 = 4096;
            let map = if length <= LONGEST { reader.take(length as usize)? } else { &[] };
            Ok(memchr::memmem::find(map, b"CQL_VERSION").is_some())
        }
        // OPTIONS, READY: nothing.
        0x05 | 0x02 => Ok(length == 0 && is_whole_on_port),
        // AUTHENTICATE: the name of a class.
        0x03 if length > 2 => {
            let name = reader.block16()?;
            Ok(length as usize == name.len() + 2 && memchr::memchr(b'.', name.rest()).is_some() && name.rest().is_ascii())
        }
        // QUERY, PREPARE: a long string.
        0x07 | 0x09 if length > 4 => {
            let text = reader.u32()?;
            let begin = reader.take(text.min(8) as usize)?;
            Ok(text <= length - 4 && begin.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~')) && text >= 6)
        }
        // ERROR: a code and a message.
        0x00 if length >= 6 => {
            let code = reader.u32()?;
            let message = usize::from(reader.u16()?);
            let begin = reader.take(message.min(16))?;
            let is_code = matches!(code, 0 | 0x000a | 0x0100 | 0x1000..=0x1700 | 0x2000..=0x2500);
            Ok(is_code && message + 6 <= length as usize && begin.len() > 3 && begin.iter().all(|byte| matches!(byte, b' '..=b'~')))
        }
        // RESULT: a kind. EVENT: the event.
        0x08 if length >= 4 => Ok((1..=5).contains(&reader.u32()?) && is_whole_on_port),
        0x0c if length > 2 => Ok(reader.block16()?.rest().ends_with(b"_CHANGE")),
        _ => Ok(is_whole_on_port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn startup() -> Vec<u8> {
        [&hex("04 00 0000 01 00000016 0001 000b")[..], b"CQL_VERSION", &hex("0005"), b"3.0.0"].concat()
    }

    #[test]
    fn recognised_by_either_side() {
        for exchange in [
            Exchange::tcp(9999).client(startup()),
            Exchange::tcp(9999).client([&hex("03 00 0001 07 0000000f 00000008")[..], b"SELECT 1", &[0; 3]].concat()),
            Exchange::tcp(9999).server([&hex("84 00 0000 03 00000007 0005")[..], b"org.a"].concat()),
            Exchange::tcp(9042).client(hex("04 00 0000 05 00000000")),
            Exchange::tcp(9042).server(hex("84 00 0000 02 00000000")),
            Exchange::tcp(9042).server(hex("82 00 00 08 00000004 00000001")),
        ] {
            assert_named(&exchange, labels::CASSANDRA);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for payload in ["04 00 0000 06 00000000", "84 00 0000 05 00000000", "04 00 0000 05 00000000 00", "04 00 0000 03 00000002 0000"] {
            assert_eq!(Exchange::tcp(9042).client(hex(payload)).verdict_of::<Cassandra>(), Verdict::Excluded, "{payload}");
        }
    }
}
