//! Monero: peers of Monero and other `CryptoNote` coins (Monero: the Levin protocol). Each message has a signature, its length, and
//! the number of a command.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Monero;

const SIGNATURE: &[u8] = &[0x01, 0x21, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01];

impl Dissector for Monero {
    const META: Meta = Meta::tcp(labels::MONERO)
        .ports(&[18080, 28080, 38080])
        .starts_with(&[SIGNATURE])
        .max_segments(2)
        .specification("Monero: Levin Protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match is_message(segment) {
            Ok(is_message) => Verdict::matched_if(is_message),
            Err(Short) => Verdict::More,
        }
    }
}

/// Signature, length, whether an answer is expected.
fn is_message(segment: &Segment<'_>) -> Result<bool, Short> {
    const LONGEST: u32 = 100_000_000;
    let mut reader = segment.reader();
    Ok(reader.take(SIGNATURE.len())? == SIGNATURE && reader.u32_le()? <= LONGEST && reader.u32_le()? == 0 && reader.u8()? <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_signature() {
        let exchange = Exchange::tcp(7000).client(hex("0121010101010101 e200000000000000 01 e9030000 00000000"));
        assert_named(&exchange, labels::MONERO);
        exchange.assert_cuts_do_not_matter();
        let other = hex("0121010101010101 e200000001000000 01 e9030000");
        assert_eq!(Exchange::tcp(18080).client(other).verdict_of::<Monero>(), Verdict::Excluded);
    }
}
