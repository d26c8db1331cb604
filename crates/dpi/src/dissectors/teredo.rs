//! Teredo: IPv6 over UDP through NATs (RFC 4380). An IPv6 packet that fills the datagram, with indications before it.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const PORT: u16 = 3544;

/// Section 2.6: the prefix of its addresses.
const PREFIX: &[u8] = &[0x20, 0x01, 0, 0];

pub(super) struct Teredo;

impl Dissector for Teredo {
    const META: Meta = Meta::udp(labels::TEREDO)
        .ports(&[PORT])
        .starts_with(&[b"\0\0", b"\0\x01", b"\x60"])
        .specification("RFC 4380");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_packet(segment))
    }
}

fn is_packet(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader = segment.reader();
    let has_indications = pass_indications(&mut reader)?;
    let missing = segment.wire_len - segment.payload.len();
    let [first, ..] = reader.array::<4>()?;
    let (length, _next_header, _hops) = (reader.u16()?, reader.u8()?, reader.u8()?);
    let (source, destination) = (reader.take(16)?, reader.take(16)?);
    // Trailers may follow (RFC 6081).
    let fits = usize::from(length) <= reader.len() + missing;
    let is_exact = usize::from(length) == reader.len() + missing;
    let between_clients = source.starts_with(PREFIX) || destination.starts_with(PREFIX);
    Ok(first >> 4 == 6 && if segment.has_port(PORT) { fits } else { is_exact && between_clients && !has_indications })
}

/// Section 5.1.1: authentication, then origin.
fn pass_indications(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let mut has_any = false;
    if reader.rest().starts_with(&[0, 1]) {
        reader.skip(2)?;
        let [identifier, value] = reader.array()?;
        reader.skip(usize::from(identifier) + usize::from(value) + 9)?;
        has_any = true;
    }
    if reader.rest().starts_with(&[0, 0]) {
        reader.skip(8)?;
        has_any = true;
    }
    Ok(has_any)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const SOLICITATION: &str = "60000000 0008 3a ff fe80000000000000 0000ffffffffffff ff02000000000000 0000000000000002 8500 7d37 00000000";

    #[test]
    fn recognised_with_and_without_indications() {
        for indications in ["", "0001 0000 b11b3fea46a9afe9 00", "0001 0000 b11b3fea46a9afe9 00 0000 32de 46f93f46"] {
            let packet = hex(&format!("{indications} {SOLICITATION}"));
            assert_named(&Exchange::udp(3544).client(packet), labels::TEREDO);
        }
        let between = SOLICITATION.replacen("fe80000000000000", "20010000c2881c4c", 1);
        assert_named(&Exchange::udp(50000).client(hex(&between)), labels::TEREDO);
    }

    #[test]
    fn refuses_its_neighbours() {
        assert_eq!(Exchange::udp(50000).client(hex(SOLICITATION)).verdict_of::<Teredo>(), Verdict::Excluded);
        let longer = SOLICITATION.replacen("0008", "0009", 1);
        assert_eq!(Exchange::udp(3544).client(hex(&longer)).verdict_of::<Teredo>(), Verdict::Excluded);
    }
}
