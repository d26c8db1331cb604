//! TeamViewer: remote control (Optiv, "TeamViewer authentication protocol", 2013, and from captures). A magic, a command and a length,
//! little-endian; over UDP after eleven further bytes.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const PORT: u16 = 5938;
const MAGIC: [u8; 2] = [0x17, 0x24];
const MAGIC_2: [u8; 2] = [0x11, 0x30];
/// Number of bytes before the magic in a datagram.
const DATAGRAM_HEADER: usize = 11;

pub(super) struct TeamViewer;

impl Dissector for TeamViewer {
    const META: Meta = Meta::tcp_udp(labels::TEAMVIEWER)
        .ports(&[PORT])
        .max_segments(2)
        .specification("Optiv, \"TeamViewer authentication protocol\"");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        if segment.is_udp() {
            let is_one = reader.skip(DATAGRAM_HEADER).is_ok() && message(&mut reader) == Ok(true);
            return Verdict::matched_if(is_one && reader.is_empty());
        }
        match message(&mut reader) {
            Ok(true) => Verdict::matched_if(may_begin(reader.rest())),
            Ok(false) => Verdict::Excluded,
            Err(Short) if segment.has_port(PORT) && segment.payload.len() >= 5 => Verdict::DONE,
            Err(Short) => Verdict::More,
        }
    }
}

fn may_begin(bytes: &[u8]) -> bool {
    [MAGIC, MAGIC_2].iter().any(|magic| bytes.starts_with(magic) || magic.starts_with(bytes))
}

/// Skips a message. Returns whether it is one.
fn message(reader: &mut Reader<'_>) -> Result<bool, Short> {
    if !may_begin(reader.rest()) {
        return Ok(false);
    }
    let magic = reader.array()?;
    let command = reader.u8()?;
    if magic == MAGIC {
        let length = reader.u16_le()?;
        reader.skip(length.into())?;
    } else {
        reader.skip(1)?;
        let length = reader.u32_le()?;
        reader.skip(16)?;
        reader.skip(length as usize)?;
    }
    Ok(command > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_messages() {
        for messages in [
            "1724 0a 2000 0000000000000000004800800001000000148000006fb78c8048055322 142004",
            "1724 28 0200 0102 1724 3c 0100 01",
            "1130 36 00 04000000 01000000 00000000 1b000000 18000000 01020304",
        ] {
            let exchange = Exchange::tcp(443).client(hex(messages));
            assert_named(&exchange, labels::TEAMVIEWER);
            exchange.assert_cuts_do_not_matter();
        }
        assert_named(&Exchange::tcp(PORT).client(hex("1724 3c 2907 8c000080")), labels::TEAMVIEWER);
        let datagram = hex("0000000000000000 442603 1724 73 0400 00000000");
        assert_named(&Exchange::udp(36037).client(&datagram), labels::TEAMVIEWER);
        assert_eq!(Exchange::udp(36037).client(&datagram[..15]).verdict_of::<TeamViewer>(), Verdict::Excluded);
    }

    #[test]
    fn refuses_its_neighbours() {
        for wrong in ["1703030002 0102", "1724 0a 0100 01 1703", "1724 00 0100 01", "1131 36 00 00000000"] {
            let exchange = Exchange::tcp(443).client(hex(wrong));
            assert_eq!(exchange.verdict_of::<TeamViewer>(), Verdict::Excluded, "{wrong}");
        }
    }
}
