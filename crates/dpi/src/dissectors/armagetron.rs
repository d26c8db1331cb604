//! Armagetron: Armagetron Advanced (its source's `nNetwork`): messages of a descriptor, a number and a length in words, one
//! after the other, and at the end the number of the sender.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Descriptors in use are below.
const DESCRIPTORS: u16 = 0x200;

pub(super) struct Armagetron;

impl Dissector for Armagetron {
    const META: Meta = Meta::udp(labels::ARMAGETRON)
        .only_on_ports(&[4533, 4534, 4535, 4536, 4537])
        .specification("Armagetron Advanced, network layer");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(messages(segment.reader()).unwrap_or(false))
    }
}

fn messages(mut reader: Reader<'_>) -> Result<bool, Short> {
    let mut any = false;
    while reader.len() > 2 {
        let descriptor = reader.u16()?;
        reader.skip(2)?;
        let words = reader.u16()?;
        reader.skip(usize::from(words) * 2)?;
        if descriptor == 0 || descriptor >= DESCRIPTORS {
            return Ok(false);
        }
        any = true;
    }
    Ok(any && reader.len() == 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_chain_of_messages() {
        let exchange = Exchange::udp(4534).client(hex("000b 0001 0002 00010002 0035 0000 0000 0000"));
        assert_named(&exchange, labels::ARMAGETRON);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in ["000b 0001 0002 0001 0000", "0000 0001 0000 0000", "1000 0001 0000 0000", "0000"] {
            let exchange = Exchange::udp(4534).client(hex(message));
            assert_eq!(exchange.verdict_of::<Armagetron>(), Verdict::Excluded, "{message}");
        }
    }
}
