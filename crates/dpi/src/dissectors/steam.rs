//! Steam: clients and connection managers over UDP (SteamKit, `UdpPacket`), and devices of one network that find each other for
//! Remote Play (documents of In-Home Streaming).

use crate::dissector::{Dissector, Found, Meta, Segment, Verdict};
use crate::labels;
use crate::reader::{Reader, Short};

/// In front of what a device says to all others: header and body in Protocol Buffers, each with its length.
const DISCOVERY: &[u8] = b"\xff\xff\xff\xff\x21\x4c\x5f\xa0";
/// In front of packets between a client and a connection manager.
const CONNECTION: &[u8] = b"VS01";
/// How long the header of such a packet is.
const CONNECTION_HEADER: usize = 36;
/// Challenge, connect, accept, disconnect, data.
const KINDS: std::ops::RangeInclusive<u8> = 1..=7;

pub(super) struct Steam;

impl Dissector for Steam {
    const META: Meta = Meta::udp(labels::STEAM)
        .ports(&[27036])
        .starts_with(&[DISCOVERY, CONNECTION])
        .specification("SteamKit, UdpPacket; documents of In-Home Streaming");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let reader = segment.reader();
        let fits = if segment.payload.starts_with(CONNECTION) { connection(reader) } else { discovery(reader) };
        Verdict::matched_if(fits.unwrap_or(false))
    }
}

/// Length of the data, kind, flags, the connections of both sides, counters; then the data.
fn connection(mut reader: Reader<'_>) -> Result<bool, Short> {
    let whole = reader.len();
    reader.skip(CONNECTION.len())?;
    let (length, kind) = (reader.u16_le()?, reader.u8()?);
    Ok(KINDS.contains(&kind) && whole == CONNECTION_HEADER + usize::from(length))
}

fn discovery(mut reader: Reader<'_>) -> Result<bool, Short> {
    reader.skip(DISCOVERY.len())?;
    let header = reader.u32_le()?;
    reader.skip(header as usize)?;
    let body = reader.u32_le()?;
    Ok(reader.len() == body as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_marks_and_lengths() {
        let discovery = [DISCOVERY, &hex("03000000 080110 02000000 0801")].concat();
        assert_named(&Exchange::udp(27036).client(&discovery), labels::STEAM);
        let asks = [CONNECTION, &hex("0000 01 00 00020000 00000000 01000000"), &[0; 16]].concat();
        let challenges = [CONNECTION, &hex("0800 02 00 00000000 00020000 01000000"), &[0; 24]].concat();
        assert_named(&Exchange::udp(27017).client(&asks).server(&challenges), labels::STEAM);
        assert_named(&Exchange::udp(27017).server(&challenges), labels::STEAM);
        for mut message in [discovery, asks, challenges] {
            message.push(0);
            assert_eq!(Exchange::udp(27017).client(message).verdict_of::<Steam>(), Verdict::Excluded);
        }
    }
}
