//! SMPP: Short Message Peer-to-Peer (SMPP 3.4, section 3.2). Length, command, status, sequence number.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Section 5.1.2.1: the bit that makes a response of a command.
const RESPONSE: u32 = 0x8000_0000;

const GENERIC_NACK: u32 = 0;
const ENQUIRE_LINK: u32 = 0x15;
const UNBIND: u32 = 6;

pub(super) struct Smpp;

impl Dissector for Smpp {
    const META: Meta = Meta::tcp(labels::SMPP)
        .ports(&[2775, 2776])
        .starts_with(&[b"\0\0\0", b"\0\0\x01", b"\0\0\x02"])
        .specification("SMPP 3.4, section 3.2");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_pdu(segment.reader()))
    }
}

fn is_pdu(mut reader: Reader<'_>) -> Result<bool, Short> {
    let (length, id) = (reader.u32()?, reader.u32()?);
    let (command, is_response) = (id & !RESPONSE, id & RESPONSE != 0);
    let is_known = match command {
        GENERIC_NACK => is_response,
        1..=9 | 0x0b | 0x15 | 0x21 | 0x0102 | 0x0103 | 0x0111..=0x0113 => true,
        _ => false,
    };
    if !is_known || !(16..=0x1_0000).contains(&length) {
        return Ok(false);
    }
    let (status, sequence) = (reader.u32()?, reader.u32()?);
    let is_empty = matches!(command, GENERIC_NACK | ENQUIRE_LINK | UNBIND);
    if is_response {
        return Ok(status < 0x0500 && (1..RESPONSE).contains(&sequence) && (!is_empty || length == 16));
    }
    let fits = if is_empty { length == 16 } else { has_body(command, length, &mut reader)? };
    Ok(status == 0 && (1..RESPONSE).contains(&sequence) && fits)
}

/// Strings are text that ends with a zero byte: the first string of a bind, or the service type, is enough.
fn has_body(command: u32, length: u32, reader: &mut Reader<'_>) -> Result<bool, Short> {
    let longest = if matches!(command, 1 | 2 | 9) { 16 } else { 21 };
    let body = reader.take((length as usize - 16).min(longest))?;
    let Some(end) = memchr::memchr(0, body) else { return Ok(false) };
    Ok(body.iter().take(end).all(|byte| byte.is_ascii_graphic() || *byte == b' '))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_on_either_side() {
        let bind = [&hex("0000001c 00000002 00000000 00000001")[..], b"user\0pw\0\0\x34\0\0\0"].concat();
        let exchange = Exchange::tcp(2775).client(bind);
        assert_named(&exchange, labels::SMPP);
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::tcp(2775).server(hex("00000010 80000015 00000000 00000002")), labels::SMPP);
    }

    #[test]
    fn refuses_its_neighbours() {
        for pdu in ["00000010 00000015 00000001 00000002", "00000014 00000015 00000000 00000002", "00000010 00000050"] {
            let exchange = Exchange::tcp(2775).client(hex(pdu));
            assert_eq!(exchange.verdict_of::<Smpp>(), Verdict::Excluded, "{pdu}");
        }
    }
}
