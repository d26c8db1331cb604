//! ATG: automatic tank gauges (Veeder-Root TLS-350 serial interface manual 576013-635): a start of header, then a function: a
//! letter, three digits of it, two of the device.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct Atg;

const START_OF_HEADER: u8 = 0x01;

impl Dissector for Atg {
    const META: Meta = Meta::tcp(labels::ATG)
        .ports(&[10001])
        .starts_with(&[&[START_OF_HEADER]])
        .specification("Veeder-Root 576013-635");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match segment.payload {
            [START_OF_HEADER, b'I' | b'i' | b'S' | b's', rest @ ..] => match rest {
                [a, b, c, d, e, ..] => {
                    let digits = [a, b, c, d, e].into_iter().all(u8::is_ascii_hexdigit);
                    Verdict::matched_if(digits && rest.iter().skip(5).all(is_text))
                }
                _ => Verdict::More,
            },
            [START_OF_HEADER] => Verdict::More,
            _ => Verdict::Excluded,
        }
    }
}

fn is_text(byte: &u8) -> bool {
    byte.is_ascii_graphic() || matches!(byte, b' ' | b'\r' | b'\n' | 0x01 | 0x03)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_functions() {
        let exchange = Exchange::tcp(10001).client("\x01I20100\r\n").server("\x01\r\nI20100\r\n8/19/2024");
        assert_named(&exchange, labels::ATG);
        exchange.assert_cuts_do_not_matter();
        for other in ["\x01Intro\r\n", "\x01I2010G", "\x02I20100"] {
            assert_eq!(Exchange::tcp(10001).client(other).verdict_of::<Atg>(), Verdict::Excluded, "{other}");
        }
    }
}
