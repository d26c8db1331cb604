//! IAX: Inter-Asterisk eXchange, version 2 (RFC 5456). Full frames whose information elements add up.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Iax;

impl Dissector for Iax {
    const META: Meta = Meta::udp(labels::IAX).ports(&[4569]).specification("RFC 5456");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let Some([0x80..=0xff, ..]) = segment.payload.get(..12) else { return Verdict::Excluded };
        Verdict::matched_if(matches!(is_control(&mut segment.reader(), segment.has_port(4569)), Ok(true)))
    }
}

/// Section 8.1.1: the frame that carries IAX's own signals. NEW begins a call, with the protocol's version first; on other ports,
/// only NEW is specific enough.
fn is_control(reader: &mut Reader<'_>, is_usual: bool) -> Result<bool, Short> {
    reader.skip(2)?;
    let destination = reader.u16()? & 0x7fff;
    reader.skip(4)?;
    let [outbound, inbound, kind, subclass] = reader.array()?;
    let starts_new = reader.rest().starts_with(&[0x0b, 0x02, 0x00, 0x02]);
    let is_new = subclass == 0x01 && destination == 0 && (outbound, inbound) == (0, 0) && starts_new;
    if kind != 0x06 || !matches!(subclass, 0x01..=0x28) || !(is_usual || is_new) {
        return Ok(false);
    }
    while !reader.is_empty() {
        reader.skip(1)?;
        reader.block8()?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn calls_and_their_acknowledgements() {
        let new = hex("8004 0000 00000001 00 00 06 01 0b020002 010131 ff0400000002");
        assert_named(&Exchange::udp(9000).client(new), labels::IAX);
        let ack = hex("8017 0004 00000001 00 01 06 04");
        assert_named(&Exchange::udp(4569).server(&ack), labels::IAX);
        assert_eq!(Exchange::udp(9000).server(&ack).verdict_of::<Iax>(), Verdict::Excluded);
        let cut = hex("8004 0000 00000001 00 00 06 01 0b020002 0105");
        assert_eq!(Exchange::udp(4569).client(cut).verdict_of::<Iax>(), Verdict::Excluded);
    }
}
