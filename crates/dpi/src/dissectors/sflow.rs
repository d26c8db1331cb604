//! sFlow: sampled packets and counters, versions 2, 4 and 5 (RFC 3176, sFlow version 5). Version, the agent's address, a number of
//! samples.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

const MOST_SAMPLES: u32 = 1000;

pub(super) struct Sflow;

impl Dissector for Sflow {
    const META: Meta = Meta::udp(labels::SFLOW)
        .ports(&[6343])
        .starts_with(&[b"\0\0\0\x05\0\0\0", b"\0\0\0\x04\0\0\0", b"\0\0\0\x02\0\0\0"])
        .specification("sFlow version 5");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_datagram(segment))
    }
}

fn is_datagram(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader = segment.reader();
    let version = reader.u32()?;
    match reader.u32()? {
        1 => reader.skip(4)?,
        2 => reader.skip(16)?,
        _ => return Ok(false),
    }
    if version == 5 {
        // The sub-agent that sends.
        reader.skip(4)?;
    }
    // Sequence, uptime.
    reader.skip(8)?;
    let samples = reader.u32()?;
    let kind = reader.u32()?;
    // A flow or counters, of any enterprise in version 5 (the upper twenty bits).
    let is_kind = if version == 5 { (1..=5).contains(&(kind & 0x0fff)) } else { matches!(kind, 1 | 2) };
    if !is_kind || !(1..=MOST_SAMPLES).contains(&samples) {
        return Ok(false);
    }
    let length = reader.u32()?;
    Ok(version != 5 || length.is_multiple_of(4) && length as usize <= segment.wire_len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const DATAGRAM: &str = "00000005 00000001 c0000201 00000000 00000001 00010000 00000001 00000002 00000008 00000001 00000002";

    #[test]
    fn recognised_by_its_header() {
        assert_named(&Exchange::udp(6343).client(hex(DATAGRAM)), labels::SFLOW);
        let version_4 = "00000004 00000001 c0000201 00000001 00010000 00000001 00000001 00000001";
        assert_named(&Exchange::udp(16343).client(hex(version_4)), labels::SFLOW);
        for (what, by) in [("00000005 00000001", "00000005 00000003"), ("00000008", "00000007"), ("00000002 00000008", "00000009 00000008")] {
            let datagram = hex(&DATAGRAM.replacen(what, by, 1));
            assert_eq!(Exchange::udp(6343).client(datagram).verdict_of::<Sflow>(), Verdict::Excluded);
        }
    }
}
