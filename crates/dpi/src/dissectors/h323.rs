//! H.323: call signalling of ITU-T H.225.0, in Q.931 messages over TPKT (RFC 1006), and registration (RAS) over UDP.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct H323;

/// PER of the object identifier `itu-t recommendation h 2250 version`, up to the version.
const PROTOCOL: [u8; 6] = [0x06, 0x00, 0x08, 0x91, 0x4a, 0x00];

impl Dissector for H323 {
    const META: Meta =
        Meta::tcp_udp(labels::H323).ports(&[1720, 1719, 1718]).specification("ITU-T H.225.0, Q.931; RFC 1006");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        if segment.is_udp() {
            return Verdict::matched_if(is_registration(segment.payload));
        }
        let start = segment.payload.get(..5).unwrap_or(segment.payload);
        let may_be = match start {
            [0x03, 0x00, _, _, discriminator] => *discriminator == 0x08,
            [0x03, 0x00, ..] | [0x03] => true,
            _ => false,
        };
        if !may_be {
            return Verdict::Excluded;
        }
        match is_signalling(&mut segment.reader()) {
            Ok(is_signalling) => Verdict::matched_if(is_signalling),
            Err(Short) => Verdict::More,
        }
    }
}

/// RAS messages that open a relation give the protocol after the message choice and a sequence number.
fn is_registration(payload: &[u8]) -> bool {
    let start = payload.get(..16).unwrap_or(payload);
    matches!(start, [0x00..=0x7f, ..]) && start.windows(PROTOCOL.len()).skip(1).any(|part| part == PROTOCOL)
}

/// Q.931, section 4: discriminator, call reference, message type, information elements.
fn is_signalling(reader: &mut Reader<'_>) -> Result<bool, Short> {
    reader.skip(2)?;
    let length = usize::from(reader.u16()?);
    let Some(length) = length.checked_sub(4) else { return Ok(false) };
    if length < 5 {
        return Ok(false);
    }
    let (discriminator, reference) = (reader.u8()?, reader.u8()?);
    if discriminator != 0x08 || reference != 0x02 {
        return Ok(false);
    }
    reader.skip(2)?;
    let kind = reader.u8()?;
    let Some(elements) = length.checked_sub(5) else { return Ok(false) };
    let is_kind = matches!(kind, 0x01..=0x0f | 0x20 | 0x45 | 0x4d | 0x5a | 0x62 | 0x6e | 0x75 | 0x7b | 0x7d);
    Ok(is_kind && add_up(Reader::new(reader.take(elements)?)))
}

/// Section 4.5: elements of one byte have the first bit set; the others have a length, of two bytes for user-user.
fn add_up(mut reader: Reader<'_>) -> bool {
    while let Ok(element) = reader.u8() {
        let rest = match element {
            0x80..=0xff => continue,
            0x7e => reader.block16(),
            _ => reader.block8(),
        };
        if rest.is_err() {
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
    fn call_signalling_and_registration() {
        let setup = hex("0300 0016 08 02 0001 05 0403 888085 7e 0005 05 20 88 06 00");
        let exchange = Exchange::tcp(9000).client(setup);
        assert_named(&exchange, labels::H323);
        exchange.assert_cuts_do_not_matter();
        let registration = hex("0e 80 0001 06 0008 914a 0004 0000");
        assert_named(&Exchange::udp(1719).client(registration), labels::H323);
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in ["0300 0007 02 f080", "0300 000b 08 02 0001 99 0400", "0300 000b 08 02 0001 05 0405"] {
            let exchange = Exchange::tcp(1720).client(hex(message));
            assert_eq!(exchange.verdict_of::<H323>(), Verdict::Excluded, "{message}");
        }
    }
}
