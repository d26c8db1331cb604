//! NetFlow: export of flows, versions 1, 5, 7, 9 (RFC 3954) and IPFIX (RFC 7011). A version, a count or length that fits the datagram,
//! and the exporter's time.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// The year 2000: no exporter has an earlier time.
const FIRST_SECONDS: u32 = 946_684_800;

/// The year 2100.
const LAST_SECONDS: u32 = 4_102_444_800;

pub(super) struct Netflow;

impl Dissector for Netflow {
    const META: Meta = Meta::udp(labels::NETFLOW)
        .ports(&[2055, 2056, 9555, 9995, 9996, 4739, 6343])
        .starts_with(&[b"\0\x01\0", b"\0\x05\0", b"\0\x07\0", b"\0\x09", b"\0\x0a"])
        .specification("RFC 3954, RFC 7011");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_export(segment))
    }
}

fn is_export(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader = segment.reader();
    let (version, count) = (reader.u16()?, reader.u16()?);
    if version == 10 {
        let seconds = reader.u32()?;
        reader.skip(8)?;
        return Ok(usize::from(count) == segment.wire_len && is_since_2000(seconds) && is_set(&mut reader, 2, 3));
    }
    reader.skip(4)?;
    let seconds = reader.u32()?;
    let of_records = |header, record| segment.wire_len == header + record * usize::from(count) && count > 0;
    let fits = match version {
        // With or without the last reserved word: both are sent.
        1 => count <= 24 && (of_records(16, 48) || of_records(16, 52)),
        5 => count <= 30 && of_records(24, 48),
        7 => count <= 28 && of_records(24, 52),
        9 => {
            reader.skip(8)?;
            count > 0 && is_set(&mut reader, 0, 1)
        }
        _ => false,
    };
    Ok(fits && is_since_2000(seconds))
}

fn is_since_2000(seconds: u32) -> bool {
    (FIRST_SECONDS..LAST_SECONDS).contains(&seconds)
}

/// A set of templates, of options templates, or of data (from 256 on), in units of four bytes.
fn is_set(reader: &mut Reader<'_>, template: u16, options: u16) -> bool {
    let (Ok(identifier), Ok(length)) = (reader.u16(), reader.u16()) else { return false };
    (identifier == template || identifier == options || identifier >= 256)
        && usize::from(length) >= 8
        && usize::from(length) <= reader.len() + 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const VERSION_9: &str = "0009 0001 00010000 5f000000 00000001 00000000 0000 000c 0100 0001 0008 0004";
    const IPFIX: &str = "000a 001c 5f000000 00000001 00000000 0002 000c 0100 0001 0008 0004";

    #[test]
    fn recognised_in_all_versions() {
        for (version, records, record) in [(1, 2, 52), (1, 12, 48), (5, 2, 48), (7, 1, 52)] {
            let header = if version == 1 { 16 } else { 24 };
            let mut export = vec![0; header + record * usize::from(records)];
            export[..12].copy_from_slice(&[0, version, 0, records, 0, 1, 0, 0, 0x5f, 0, 0, 0]);
            assert_named(&Exchange::udp(2055).client(&export), labels::NETFLOW);
            export.pop();
            assert_eq!(Exchange::udp(2055).client(export).verdict_of::<Netflow>(), Verdict::Excluded);
        }
        assert_named(&Exchange::udp(9996).client(hex(VERSION_9)), labels::NETFLOW);
        assert_named(&Exchange::udp(4739).client(hex(IPFIX)), labels::NETFLOW);
    }

    #[test]
    fn refuses_its_neighbours() {
        for (message, what, by) in [(VERSION_9, "5f00", "0f00"), (VERSION_9, "0000 000c", "0002 000c"), (IPFIX, "001c", "001d"), (IPFIX, "000c", "00ff")] {
            let message = hex(&message.replacen(what, by, 1));
            assert_eq!(Exchange::udp(2055).client(message).verdict_of::<Netflow>(), Verdict::Excluded);
        }
    }
}
