//! ATG: automatic tank gauges, asked over TCP as on the serial line (Veeder-Root: Serial Interface Manual for TLS-300 and TLS-350).
//! A control character, then a function: a letter and five digits.

use crate::dissector::{Dissector, Found, Meta, Segment, Verdict};
use crate::labels;

pub(super) struct Atg;

const START_OF_HEADER: u8 = 0x01;

impl Dissector for Atg {
    const META: Meta = Meta::tcp(labels::ATG)
        .ports(&[10001])
        .starts_with(&[&[START_OF_HEADER, b'I'], &[START_OF_HEADER, b'S'], &[START_OF_HEADER, b'i'], &[START_OF_HEADER, b's']])
        .max_segments(4)
        .specification("Veeder-Root: Serial Interface Manual 576013-635");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match segment.payload {
            [START_OF_HEADER] => Verdict::More,
            [START_OF_HEADER, b'I' | b'S' | b'i' | b's', digits @ ..] if digits.len() < 5 => {
                let may_go_on = digits.iter().all(u8::is_ascii_hexdigit);
                if may_go_on { Verdict::More } else { Verdict::Excluded }
            }
            [START_OF_HEADER, b'I' | b'S' | b'i' | b's', a, b, c, tens, ones, rest @ ..] => {
                let is_function = [a, b, c].into_iter().all(|digit| digit.is_ascii_digit() || (b'A'..=b'F').contains(digit));
                let is_device = tens.is_ascii_digit() && ones.is_ascii_digit();
                let is_text = rest.iter().take(64).all(|byte| matches!(byte, b'\r' | b'\n' | 0x01 | 0x03 | 0x20..0x7f));
                Verdict::matched_if(is_function && is_device && is_text)
            }
            _ => Verdict::Excluded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_functions() {
        for function in ["\x01I20100\r\n", "\x01i20100", "\x01S60200something\x03"] {
            let exchange = Exchange::tcp(10001).client(function);
            assert_named(&exchange, labels::ATG);
            exchange.assert_cuts_do_not_matter();
        }
        for other in ["\x01X20100\r\n", "\x01I201x0\r\n", "\x01I20100\x02"] {
            assert_eq!(Exchange::tcp(10001).client(other).verdict_of::<Atg>(), Verdict::Excluded, "{other}");
        }
    }
}
