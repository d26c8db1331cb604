//! `ZeroMQ`: ZMTP 2.0 and 3.x (rfc.zeromq.org, 23/ZMTP). Both sides open with a signature: FF, eight bytes, 7F.

use crate::dissector::{Dissector, Found, Meta, Segment, Verdict};
use crate::labels;
use crate::reader::{Reader, Short};

pub(super) struct Zeromq;

impl Dissector for Zeromq {
    const META: Meta = Meta::tcp(labels::ZEROMQ)
        .starts_with(&[&[0xff, 0, 0, 0, 0, 0, 0, 0]])
        .specification("rfc.zeromq.org, 15/ZMTP, 23/ZMTP");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_signature(segment.reader()))
    }
}

/// The eight bytes are, to a peer of version 1, the length of what follows them.
fn is_signature(mut reader: Reader<'_>) -> Result<bool, Short> {
    Ok(matches!(reader.array::<10>()?, [0xff, 0, 0, 0, 0, 0, 0, 0, _, 0x7f]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_signature() {
        let exchange = Exchange::tcp(5555).client(hex("ff0000000000000001 7f 03 00")).server(hex("ff"));
        assert_named(&exchange, labels::ZEROMQ);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        let other = Exchange::tcp(5555).client(hex("ff0000000000000001 7e"));
        assert_eq!(other.verdict_of::<Zeromq>(), Verdict::Excluded);
    }
}
