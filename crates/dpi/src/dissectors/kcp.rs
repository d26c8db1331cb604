//! KCP: a reliable protocol over UDP (skywind3000/kcp, protocol.txt). Segments with the same conversation, one after the other,
//! fill the datagram.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const PUSH: u8 = 0x51;
const ACKNOWLEDGE: u8 = 0x52;
const ASK_WINDOW: u8 = 0x53;
const TELL_WINDOW: u8 = 0x54;
/// Place of the command of the first segment.
const COMMAND: usize = 4;

pub(super) struct Kcp;

impl Dissector for Kcp {
    const META: Meta = Meta::udp(labels::KCP).specification("skywind3000/kcp, protocol.txt");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        if !matches!(segment.payload.get(COMMAND), Some(PUSH..=TELL_WINDOW)) {
            return Verdict::Excluded;
        }
        Verdict::matched_if(segments(segment.reader()).unwrap_or(false))
    }
}

fn segments(mut reader: Reader<'_>) -> Result<bool, Short> {
    let mut conversation = None;
    while !reader.is_empty() {
        let this = reader.u32_le()?;
        let (command, fragment, window) = (reader.u8()?, reader.u8()?, reader.u16_le()?);
        reader.skip(12)?;
        let length = reader.u32_le()?;
        let fits = match command {
            PUSH => length > 0,
            ACKNOWLEDGE | ASK_WINDOW | TELL_WINDOW => length == 0 && fragment == 0,
            _ => false,
        };
        if !fits || window == 0 || *conversation.get_or_insert(this) != this || this == 0 {
            return Ok(false);
        }
        reader.skip(length as usize)?;
    }
    Ok(conversation.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const PUSHED: &str = "0a000000 51 02 8000 14000000 00000000 00000000 03000000 010203";
    const ACKNOWLEDGED: &str = "0a000000 52 00 7f00 14000000 00000000 01000000 00000000";

    #[test]
    fn recognised_by_segments_that_fill_the_datagram() {
        for message in [PUSHED.to_owned(), ACKNOWLEDGED.to_owned(), [ACKNOWLEDGED, PUSHED].concat()] {
            assert_named(&Exchange::udp(8000).client(hex(&message)), labels::KCP);
        }
        assert_named(&Exchange::udp(8000).server(hex(ACKNOWLEDGED)), labels::KCP);
    }

    #[test]
    fn refuses_its_neighbours() {
        let other = ACKNOWLEDGED.replacen("0a", "0b", 1);
        for message in [[PUSHED, "00"].concat(), [PUSHED, &other].concat(), PUSHED.replacen("51", "50", 1)] {
            assert_eq!(Exchange::udp(8000).client(hex(&message)).verdict_of::<Kcp>(), Verdict::Excluded, "{message}");
        }
    }
}
