//! COAP: web transfer for constrained nodes (RFC 7252). Version 1, code, token, options that lead to the payload's mark or to the
//! end.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

const URI_HOST: u16 = 3;

const PAYLOAD_MARKER: u8 = 0xff;

pub(super) struct Coap;

impl Dissector for Coap {
    const META: Meta = Meta::udp(labels::COAP).only_on_ports(&[5683, 61616, 61617, 61618]).specification("RFC 7252");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let host = message(&mut segment.reader());
        if let Ok(Some(host)) = host {
            found.field(Field::Host, host);
        }
        Verdict::matched_if(host.is_ok())
    }
}

/// Section 3. Returns the requested host.
pub(super) fn message<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a [u8]>, Short> {
    let [first, code, _, _] = reader.array()?;
    let (version, token) = (first >> 6, usize::from(first & 0x0f));
    let is_code = matches!(
        code,
        0..=7 | 0x41..=0x45 | 0x5f | 0x80..=0x89 | 0x8c | 0x8d | 0x8f | 0x96 | 0x9d | 0xa0..=0xa5 | 0xa8 | 0xe1..=0xe5
    );
    // An empty message is a header.
    if version != 1 || token > 8 || !is_code || code == 0 && !(token == 0 && reader.is_empty()) {
        return Err(Short);
    }
    reader.skip(token)?;
    let (mut host, mut number) = (None, 0_u16);
    while !reader.is_empty() {
        let first = reader.u8()?;
        if first == PAYLOAD_MARKER {
            return if reader.is_empty() { Err(Short) } else { Ok(host) };
        }
        number = number.checked_add(extended(first >> 4, reader)?).ok_or(Short)?;
        let length = extended(first & 0x0f, reader)?;
        let value = reader.take(length.into())?;
        if !is_option(number) {
            return Err(Short);
        }
        if number == URI_HOST {
            host = Some(value);
        }
    }
    Ok(host)
}

/// Section 5.4.1: a receiver must understand options with odd numbers, so only assigned ones are sent (IANA, CoAP Option Numbers),
/// except those for free use.
fn is_option(number: u16) -> bool {
    number.is_multiple_of(2)
        || matches!(number, 1 | 3 | 5 | 7 | 9 | 11 | 13 | 15 | 17 | 19 | 21 | 23 | 27 | 31 | 35 | 39 | 2049 | 65000..)
}

/// Section 3.1: thirteen and fourteen say that more follows, fifteen is reserved.
fn extended(nibble: u8, reader: &mut Reader<'_>) -> Result<u16, Short> {
    match nibble {
        0..=12 => Ok(nibble.into()),
        13 => Ok(u16::from(reader.u8()?) + 13),
        14 => reader.u16()?.checked_add(269).ok_or(Short),
        _ => Err(Short),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const GET: &str = "43 01 05ca 721633 33 612e62 8b 2e77656c6c2d6b6e6f776e 04 636f7265";

    #[test]
    fn recognised_by_its_options() {
        let outcome = Exchange::udp(5683).client(hex(GET)).outcome();
        assert_eq!((&*outcome.name, outcome.field(Field::Host)), ("COAP", "a.b"));
        assert_named(&Exchange::udp(5683).server(hex("6000e91b")), labels::COAP);
        assert_named(&Exchange::udp(5683).server(hex("6045e91b ff 6f6b")), labels::COAP);
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in ["83 01 05ca 721633", "49 01 05ca 721633", "43 27 05ca 721633", "6000e91b00", "6045e91b ff", "4001e91b f0"] {
            assert_eq!(Exchange::udp(5683).client(hex(message)).verdict_of::<Coap>(), Verdict::Excluded, "{message}");
        }
    }
}
