//! IEC 60870-5-104: telecontrol over TCP (IEC 60870-5-104, section 5): 0x68, a length, four bytes of control.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Iec60870;

const PORT: u16 = 2404;

impl Dissector for Iec60870 {
    const META: Meta = Meta::tcp(labels::IEC60870)
        .ports(&[PORT])
        .starts_with(&[&[0x68]])
        .specification("IEC 60870-5-104, section 5");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match frame(&mut segment.reader()) {
            // Six bytes, all with fixed values.
            Ok(Some(Kind::Unnumbered)) => Verdict::DONE,
            Ok(Some(Kind::Numbered)) => Verdict::matched_if(segment.has_port(PORT)),
            Ok(None) => Verdict::Excluded,
            Err(Short) => Verdict::More,
        }
    }
}

enum Kind {
    /// Start, stop or test of the transfer.
    Unnumbered,
    /// Information, or an acknowledgement.
    Numbered,
}

fn frame(reader: &mut Reader<'_>) -> Result<Option<Kind>, Short> {
    let (start, length) = (reader.u8()?, reader.u8()?);
    if start != 0x68 || !(4..=253).contains(&length) {
        return Ok(None);
    }
    let control: [u8; 4] = reader.array()?;
    let kind = match (control, length) {
        ([0x07 | 0x0b | 0x13 | 0x23 | 0x43 | 0x83, 0, 0, 0], 4) => Some(Kind::Unnumbered),
        ([0x01, 0, low, _], 4) if low & 1 == 0 => Some(Kind::Numbered),
        ([sent, _, received, _], 10..) if sent & 1 == 0 && received & 1 == 0 => {
            let kind = reader.u8()?;
            // Types that are defined, section 6.
            matches!(kind, 1..=40 | 45..=64 | 70 | 100..=107 | 110..=113 | 120..=127).then_some(Kind::Numbered)
        }
        _ => None,
    };
    Ok(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_frames() {
        let exchange = Exchange::tcp(2404).client(hex("6804 07000000")).server(hex("6804 0b000000"));
        assert_named(&exchange, labels::IEC60870);
        exchange.assert_cuts_do_not_matter();
        let interrogation = hex("680e 0000 0000 64 01 06 00 0100 000000 14");
        assert_named(&Exchange::tcp(2404).client(&interrogation), labels::IEC60870);
        assert_eq!(Exchange::tcp(80).client(&interrogation).verdict_of::<Iec60870>(), Verdict::Excluded);
        assert_eq!(Exchange::tcp(2404).client("hello!").verdict_of::<Iec60870>(), Verdict::Excluded);
    }
}
