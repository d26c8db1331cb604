//! Citrix: published applications and desktops over ICA, or CGP around it (Citrix, "ICA 3.0"). The server opens with a string that
//! identifies it.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

/// First message of an ICA server, often sent twice.
const ICA: &[u8] = b"\x7f\x7fICA\0";
/// First message of both sides of the Common Gateway Protocol.
const CGP: &[u8] = b"\x1aCGP/01";

pub(super) struct Citrix;

impl Dissector for Citrix {
    const META: Meta = Meta::tcp(labels::CITRIX)
        .ports(&[1494, 2598])
        .starts_with(&[ICA, CGP])
        .max_segments(3)
        .specification("Citrix, ICA 3.0");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let starts = [ICA, CGP];
        if starts.iter().any(|start| segment.payload.starts_with(start)) {
            return Verdict::DONE;
        }
        if starts.iter().any(|start| start.starts_with(segment.payload)) { Verdict::More } else { Verdict::Excluded }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_beginning() {
        for exchange in [
            Exchange::tcp(1494).server(b"\x7f\x7fICA\0\x7f\x7fICA\0"),
            Exchange::tcp(5000).client(b"\x1aCGP/01\x01\0\0"),
        ] {
            assert_named(&exchange, labels::CITRIX);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for wrong in [&b"\x7f\x7fICB\0"[..], b"\x1aCGP/02", b"\x7fELF"] {
            assert_eq!(Exchange::tcp(1494).server(wrong).verdict_of::<Citrix>(), Verdict::Excluded);
        }
    }
}
