//! `TencentGames`: transports of Tencent's games over TCP (from captures): marks, with the lengths of messages.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// A mark and twice the version of the protocol.
const CONNECTION: &[u8] = b"\x33\x66\x00\x0b\x00\x0b";
const CLOUD: &[u8] = b"\x43\x66\xaa";
const GATEWAY: &[u8] = b"\x42\x15\xf7\x87";
/// The longest message.
const LONGEST: usize = 1 << 16;

pub(super) struct TencentGames;

impl Dissector for TencentGames {
    const META: Meta = Meta::tcp(labels::TENCENTGAMES)
        .starts_with(&[CONNECTION, CLOUD, GATEWAY])
        .specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        let length = match segment.payload {
            payload if payload.starts_with(CONNECTION) => connection(&mut reader),
            payload if payload.starts_with(CLOUD) => cloud(&mut reader),
            payload if payload.starts_with(GATEWAY) => gateway(&mut reader),
            payload if [CONNECTION, CLOUD, GATEWAY].iter().any(|mark| mark.starts_with(payload)) => Err(Short),
            _ => Ok(None),
        };
        match length {
            Ok(Some(length)) if length > LONGEST => Verdict::Excluded,
            Ok(Some(length)) if length <= segment.payload.len() => Verdict::DONE,
            Ok(None) => Verdict::Excluded,
            Ok(Some(_)) | Err(Short) => Verdict::More,
        }
    }
}

/// Mark, command, direction, counter, lengths of head and body.
fn connection(reader: &mut Reader<'_>) -> Result<Option<usize>, Short> {
    reader.skip(CONNECTION.len() + 2)?;
    let direction = reader.u8()?;
    reader.skip(4)?;
    let length = reader.u32()?.saturating_add(reader.u32()?);
    Ok((direction <= 1).then_some(length as usize))
}

/// Mark, and the length of what follows its first two bytes.
fn cloud(reader: &mut Reader<'_>) -> Result<Option<usize>, Short> {
    reader.skip(CLOUD.len())?;
    Ok(Some((reader.u32()? as usize).saturating_add(2)))
}

/// Mark, command; a request's length follows, an answer has a result before it.
fn gateway(reader: &mut Reader<'_>) -> Result<Option<usize>, Short> {
    const REQUEST: u16 = 1001;
    const ANSWER: u16 = 1002;
    reader.skip(GATEWAY.len())?;
    let head = match reader.u16()? {
        REQUEST => 10,
        ANSWER => {
            reader.skip(2)?;
            12
        }
        _ => return Ok(None),
    };
    Ok(Some((reader.u32()? as usize).saturating_add(head)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_marks_and_lengths() {
        let messages = [

            "3366000b000b 1001 00 00000001 00000018 00000003 010203 040506",
            "4366aa 00000008 15010203",
            "4215f787 03e9 00000003 010203",
            "4215f787 03ea 0000 00000003 010203",
        ];
        for message in messages {
            let exchange = Exchange::tcp(8085).client(hex(message));
            assert_named(&exchange, labels::TENCENTGAMES);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        let messages = ["4366aa 00010001 15010203", "4215f787 03eb 00000003 010203", "3366000b000b 1001 02 00000001 0000001a 00000003"];
        for message in messages {
            let exchange = Exchange::tcp(8085).client(hex(message));
            assert_eq!(exchange.verdict_of::<TencentGames>(), Verdict::Excluded, "{message}");
        }
    }
}
