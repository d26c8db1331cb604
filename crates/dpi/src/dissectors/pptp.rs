//! PPTP: the control connection of the Point-to-Point Tunneling Protocol (RFC 2637). Each message has length, type and a magic
//! cookie.

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Pptp;

impl Dissector for Pptp {
    const META: Meta =
        Meta::tcp(labels::PPTP).ports(&[1723]).starts_with(&[&[0]]).max_segments(2).specification("RFC 2637");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match is_message(segment) {
            Ok(is_message) => Verdict::matched_if(is_message),
            Err(Short) => Verdict::More,
        }
    }
}

/// Section 1.4: no message is longer than 220 bytes.
fn is_message(segment: &Segment<'_>) -> Result<bool, Short> {
    const COOKIE: u32 = 0x1a2b_3c4d;
    let mut reader = segment.reader();
    if !(12..=220).contains(&reader.u16()?) || !matches!(reader.u16()?, 1 | 2) {
        return Ok(false);
    }
    Ok(reader.u32()? == COOKIE && (1..=15).contains(&reader.u16()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_cookie() {
        let exchange = Exchange::tcp(7000)
            .client(hex("009c 0001 1a2b3c4d 0001 0000 0100"))
            .server(hex("009c 0001 1a2b3c4d 0002 0000 0100"));
        assert_named(&exchange, labels::PPTP);
        exchange.assert_cuts_do_not_matter();
        for other in ["009c 0001 1a2b3c4e 0001", "009c 0003 1a2b3c4d 0001", "00ff 0001 1a2b3c4d 0001"] {
            assert_eq!(Exchange::tcp(1723).client(hex(other)).verdict_of::<Pptp>(), Verdict::Excluded);
        }
    }
}
