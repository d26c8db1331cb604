//! BGP: routing between autonomous systems (RFC 4271). Sixteen bytes of ones, a length, a type.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const MARKER: &[u8] = &[0xff; 16];

pub(super) struct Bgp;

impl Dissector for Bgp {
    const META: Meta = Meta::tcp(labels::BGP).ports(&[179]).starts_with(&[MARKER]).specification("RFC 4271");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_header(&mut segment.reader()))
    }
}

/// Section 4.1. Types: open, update, notification, keep-alive, refresh (RFC 2918).
fn is_header(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let is_marker = reader.take(16)? == MARKER;
    let (length, kind) = (reader.u16()?, reader.u8()?);
    Ok(is_marker && match kind {
        1 => length >= 29,
        2 | 5 => length >= 23,
        3 => length >= 21,
        4 => length == 19,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    fn message(rest: &[u8]) -> Vec<u8> {
        [MARKER, rest].concat()
    }

    #[test]
    fn recognised_by_its_header() {
        let exchange = Exchange::tcp(179).client(message(&[0, 19, 4]));
        assert_named(&exchange, labels::BGP);
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::tcp(1790).server(message(&[0, 57, 1, 4])), labels::BGP);
        for rest in [[0, 20, 4], [0, 57, 6], [0, 28, 1]] {
            assert_eq!(Exchange::tcp(179).client(message(&rest)).verdict_of::<Bgp>(), Verdict::Excluded);
        }
    }
}
