//! `TocaBoca`: games over Photon (Exit Games, "Binary Protocol"): a header, and commands one after the other that fill the
//! datagram; or a ping to a region.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const PING: [u8; 12] = [0x7d; 12];
/// A command's own header.
const COMMAND: usize = 12;
/// Kinds of commands, up to fragments of those without order.
const KINDS: std::ops::RangeInclusive<u8> = 1..=15;

pub(super) struct TocaBoca;

impl Dissector for TocaBoca {
    const META: Meta = Meta::udp(labels::TOCABOCA)
        .only_on_ports(&[5055])
        .specification("Exit Games, Photon Realtime, Binary Protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        if let Some([_number]) = segment.payload.strip_prefix(&PING) {
            return Verdict::DONE;
        }
        Verdict::matched_if(commands(segment.reader()).unwrap_or(false))
    }
}

/// Peer, whether there is a checksum, how many commands, time, challenge; then the commands.
fn commands(mut reader: Reader<'_>) -> Result<bool, Short> {
    const HAS_CHECKSUM: u8 = 0xcc;
    reader.skip(2)?;
    let (flags, count) = (reader.u8()?, reader.u8()?);
    reader.skip(if flags == HAS_CHECKSUM { 12 } else { 8 })?;
    for _ in 0..count {
        let kind = reader.u8()?;
        reader.skip(3)?;
        let length = (reader.u32()? as usize).checked_sub(COMMAND - 4).ok_or(Short)?;
        reader.skip(length)?;
        if !KINDS.contains(&kind) {
            return Ok(false);
        }
    }
    Ok(count > 0 && matches!(flags, 0 | 1 | HAS_CHECKSUM) && reader.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_commands_and_ping() {
        let acknowledged = "01ff0000 00000014 00000000 00000000 00000001";
        let pinged = "05ff0100 0000000c 00000002";
        let message = ["ffff 00 02 00000004 22b6e6ba", acknowledged, pinged].concat();
        assert_named(&Exchange::udp(5055).client(hex(&message)), labels::TOCABOCA);
        assert_named(&Exchange::udp(5055).server([&PING[..], &[0x12]].concat()), labels::TOCABOCA);
        for other in [message.replacen("00 02", "00 01", 1), message.replacen("05ff", "25ff", 1), message + "00"] {
            let exchange = Exchange::udp(5055).client(hex(&other));
            assert_eq!(exchange.verdict_of::<TocaBoca>(), Verdict::Excluded, "{other}");
        }
    }
}
