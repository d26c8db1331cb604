//! TuyaLP: Tuya's local protocol for devices at home, up to version 3.5 (from captures). A constant at either end, a sequence, a
//! command, a length.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

const PREFIX: &[u8] = &[0, 0, 0x55, 0xaa];
/// Version 3.5.
const NEWER_PREFIX: &[u8] = &[0, 0, 0x66, 0x99];

/// Commands are below.
const LARGEST_COMMAND: u32 = 0x100;

pub(super) struct Tuya;

impl Dissector for Tuya {
    const META: Meta = Meta::tcp_udp(labels::TUYALP)
        .ports(&[6666, 6667, 6668])
        .starts_with(&[PREFIX, NEWER_PREFIX])
        .specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        let mut read = || {
            let prefix = reader.take(4)?;
            let is_newer = prefix == NEWER_PREFIX;
            if is_newer {
                reader.skip(2)?;
            } else if prefix != PREFIX {
                return Ok((u32::MAX, 0, false));
            }
            reader.skip(4)?;
            Ok((reader.u32()?, reader.u32()?, is_newer))
        };
        let Ok::<_, crate::dissect::Short>((command, length, is_newer)) = read() else { return segment.more() };
        let room = segment.wire_len - segment.payload.len() + reader.len().saturating_sub(if is_newer { 4 } else { 0 });
        let fits = segment.is_tcp() && length <= 0x1_0000 || usize::try_from(length).is_ok_and(|length| length == room);
        Verdict::matched_if(command < LARGEST_COMMAND && fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_frame() {
        let broadcast = "000055aa 00000000 00000013 0000000c 00000000 97b93fee 0000aa55";
        assert_named(&Exchange::udp(6667).client(hex(broadcast)), labels::TUYALP);
        let newer = "00006699 0000 00000000 00000013 00000008 0102030405060708 00009966";
        assert_named(&Exchange::udp(6667).client(hex(newer)), labels::TUYALP);
        let over_tcp = Exchange::tcp(6668).client(hex("000055aa 00000001 00000009 00000008 00000000 0000aa55"));
        assert_named(&over_tcp, labels::TUYALP);
        over_tcp.assert_cuts_do_not_matter();
        let longer = hex(&broadcast.replacen("0000000c", "0000000d", 1));
        assert_eq!(Exchange::udp(6667).client(longer).verdict_of::<Tuya>(), Verdict::Excluded);
    }
}
