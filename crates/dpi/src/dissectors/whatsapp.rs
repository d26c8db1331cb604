//! `WhatsApp`: chat over TCP (from captures). The client greets with "WA" and a version, possibly after routing information, then
//! sends frames of a length of three bytes: dictionary-coded XML at first, a Noise handshake today.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct WhatsApp;

const LONGEST_FRAME: u32 = 0x1000;

impl Dissector for WhatsApp {
    const META: Meta = Meta::tcp(labels::WHATSAPP)
        .ports(&[5222, 5223, 5228, 443, 80])
        .starts_with(&[b"WA", b"ED\x00\x01"])
        .specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match is_greeting(&mut segment.reader()) {
            Ok(is_greeting) => Verdict::matched_if(is_greeting),
            Err(Short) => Verdict::More,
        }
    }
}

fn is_greeting(reader: &mut Reader<'_>) -> Result<bool, Short> {
    if reader.rest().starts_with(b"ED") {
        reader.skip(4)?;
        reader.block24()?;
    }
    let name = reader.array::<2>()?;
    let [major, minor] = reader.array()?;
    let length = reader.u24()?;
    Ok(name == *b"WA" && (1..=9).contains(&major) && minor < 16 && (1..LONGEST_FRAME).contains(&length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn greetings_old_and_new() {
        for greeting in ["5741 0105 00001a f805", "5741 0502 000024 12220a20", "45440001 000002 0805 5741 0602 000024 12"] {
            let exchange = Exchange::tcp(443).client(hex(greeting));
            assert_named(&exchange, labels::WHATSAPP);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for bytes in ["WAIT FOR IT", "WARC/1.0", "ED\0\x01\0\0\x01xWAxxxxx"] {
            assert_eq!(Exchange::tcp(443).client(bytes).verdict_of::<WhatsApp>(), Verdict::Excluded, "{bytes}");
        }
    }
}
