//! VNC: the remote framebuffer protocol (RFC 6143). Both sides open with its version, twelve bytes.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct Vnc;

impl Dissector for Vnc {
    const META: Meta = Meta::tcp(labels::VNC)
        .ports(&[5900, 5901, 5902, 5903, 5500])
        .starts_with(&[b"RFB "])
        .specification("RFC 6143, section 7.1.1");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match segment.payload.first_chunk::<12>() {
            Some([b'R', b'F', b'B', b' ', major @ .., b'\n']) => {
                let [a, b, c, dot, d, e, f] = major;
                let digits = [a, b, c, d, e, f].iter().all(|byte| byte.is_ascii_digit());
                Verdict::matched_if(digits && *dot == b'.')
            }
            Some(_) => Verdict::Excluded,
            None => Verdict::More,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_version() {
        let exchange = Exchange::tcp(6900).server("RFB 003.008\n").client("RFB 003.008\n");
        assert_named(&exchange, labels::VNC);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["RFB 3.8\n     ", "RFB 003.008\r", "RFB version1"] {
            assert_eq!(Exchange::tcp(5900).server(line).verdict_of::<Vnc>(), Verdict::Excluded, "{line}");
        }
    }
}
