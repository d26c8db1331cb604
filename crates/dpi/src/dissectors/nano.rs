//! Nano: nodes of the currency of that name (docs.nano.org, "Networking", node protocol). `R`, network, three versions, type, extensions.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Nano;

impl Dissector for Nano {
    const META: Meta = Meta::tcp_udp(labels::NANO)
        .ports(&[7075, 54000])
        .starts_with(&[b"RA", b"RB", b"RC", b"RX"])
        .specification("docs.nano.org, node protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_message(segment.reader()))
    }
}

fn is_message(mut reader: Reader<'_>) -> Result<bool, Short> {
    let [magic, network, newest, used, oldest, kind, extensions @ ..] = reader.array::<8>()?;
    let is_header = magic == b'R'
        && matches!(network, b'A' | b'B' | b'C' | b'X')
        && (7..=0x40).contains(&oldest)
        && (oldest..=newest).contains(&used)
        && newest <= 0x40;
    let extensions = u16::from_le_bytes(extensions);
    let (is_message, least) = match kind {
        // Keepalive: eight peers. Telemetry request: nothing.
        0x02 => (true, 144),
        0x0c => (extensions == 0, 0),
        // Handshake: whether it is a query or an answer, and its form.
        0x0a => (extensions & !0x000f == 0 && extensions & 0x0003 != 0, 32),
        // Publish, confirm request and answer, bulk pull and push, frontier request, telemetry, ascending pull.
        0x03..=0x09 | 0x0b | 0x0d..=0x0f => (true, 32),
        _ => (false, 0),
    };
    if is_header && is_message { reader.skip(least).map(|()| true) } else { Ok(false) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_header() {
        let handshake = [&hex("5243 14 14 12 0a 0500")[..], &[7; 32]].concat();
        let exchange = Exchange::tcp(7075).client(handshake);
        assert_named(&exchange, labels::NANO);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        for start in ["5243 14 15 12 0a 0500", "5243 14 14 12 0a 0580", "5241 4e47 4520 2031"] {
            let exchange = Exchange::udp(7075).client([&hex(start)[..], &[0x20; 32]].concat());
            assert_eq!(exchange.verdict_of::<Nano>(), Verdict::Excluded, "{start}");
        }
    }
}
