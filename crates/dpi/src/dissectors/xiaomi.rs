//! Xiaomi: the messages that Xiaomi's devices exchange with their cloud (from captures). A constant and a length; then a header and
//! a body in protocol buffers, which name the server.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Then, Verdict};
use crate::vocabulary::labels;

const MAGIC: &[u8] = &[0xc2, 0xfe, 0, 5];

/// Field of the client's first body: host and port.
const HOST: u64 = 7;

pub(super) struct Xiaomi;

impl Dissector for Xiaomi {
    const META: Meta =
        Meta::tcp(labels::XIAOMI).ports(&[5222]).starts_with(&[MAGIC]).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        let mut read = || {
            let is_magic = reader.take(4)? == MAGIC;
            let length = reader.u32()?;
            let (kind, header, body) = (reader.u16()?, reader.u16()?, reader.u32()?);
            Ok((length, is_magic && kind == 2, header, body))
        };
        let Ok::<_, Short>((length, is_message, header, body)) = read() else { return Verdict::More };
        if !is_message || u32::from(header).checked_add(body).and_then(|sum| sum.checked_add(8)) != Some(length) {
            return Verdict::Excluded;
        }
        let is_whole = reader.len() >= usize::from(header).saturating_add(body as usize);
        if let Ok(host) = host(&mut reader, header.into(), body as usize) {
            // Without its port.
            let end = host.iter().rposition(|byte| *byte == b':').unwrap_or(host.len());
            found.server_name(host.get(..end).unwrap_or(host));
        }
        Verdict::Matched(if is_whole { Then::Done } else { Then::More })
    }
}

fn host<'a>(reader: &mut Reader<'a>, header: usize, body: usize) -> Result<&'a [u8], Short> {
    reader.skip(header)?;
    let mut body = Reader::new(reader.take(body)?);
    loop {
        let tag = varint(&mut body)?;
        match tag & 0x07 {
            0 => {
                varint(&mut body)?;
            }
            2 => {
                let length = usize::try_from(varint(&mut body)?).map_err(|_| Short)?;
                let value = body.take(length)?;
                if tag >> 3 == HOST {
                    return Ok(value);
                }
            }
            _ => return Err(Short),
        }
    }
}

fn varint(reader: &mut Reader<'_>) -> Result<u64, Short> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let byte = reader.u8()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Short)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, hex};

    #[test]
    fn recognised_with_the_server_that_it_names() {
        let message = "c2fe0005 00000018 0002 0002 0000000e 0800 086a 3a0a 612e6578743a35323232 00000000";
        let exchange = Exchange::tcp(5222).client(hex(message));
        exchange.assert_cuts_do_not_matter();
        let outcome = exchange.outcome();
        assert_eq!((&*outcome.name, outcome.server_name()), ("Xiaomi", "a.ext"));
        let other = Exchange::tcp(5222).client(hex(&message.replacen("00000018", "00000019", 1)));
        assert_eq!(other.verdict_of::<Xiaomi>(), Verdict::Excluded);
    }
}
