//! Diameter: authentication, authorization and accounting (RFC 6733). Version 1, a length in fours, a command, then
//! attribute-value pairs.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const HEADER: u32 = 20;
const PAIR_HEADER: u32 = 8;

pub(super) struct Diameter;

impl Dissector for Diameter {
    const META: Meta =
        Meta::tcp(labels::DIAMETER).ports(&[3868]).starts_with(&[b"\x01\x00"]).specification("RFC 6733");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_message(&mut segment.reader()))
    }
}

fn is_message(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let version = reader.u8()?;
    let length = reader.u24()?;
    // Request, proxiable, error, retransmitted; the others are zero.
    let flags = reader.u8()?;
    if version != 1 || length < HEADER + PAIR_HEADER || !length.is_multiple_of(4) || flags & 0x0f != 0 || !is_command(reader.u24()?) {
        return Ok(false);
    }
    reader.skip(12)?;
    let code = reader.u32()?;
    let pair_flags = reader.u8()?;
    let pair_length = reader.u24()?;
    Ok(code != 0 && pair_flags & 0x1f == 0 && (PAIR_HEADER..=length - HEADER).contains(&pair_length))
}

/// Those of the base protocol and its applications, and those of 3GPP (IANA, Command Codes).
fn is_command(code: u32) -> bool {
    matches!(code, 257..=399 | 8_388_608..=8_389_119 | 16_777_214 | 16_777_215)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const REQUEST: &str = "01 000024 80 000118 00000000 00000001 00000002 00000108 40 00000d 6162632e64 000000";

    #[test]
    fn recognised_by_header_and_first_pair() {
        let exchange = Exchange::tcp(3868).client(hex(REQUEST));
        assert_named(&exchange, labels::DIAMETER);
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::tcp(13868).server(hex(&REQUEST.replacen("80", "00", 1))), labels::DIAMETER);
    }

    #[test]
    fn refuses_its_neighbours() {
        for (what, by) in [("000024", "000025"), ("80 000118", "81 000118"), ("000118", "000018"), ("40 00000d", "5f 00000d"), ("00000d", "0000ff")] {
            let message = hex(&REQUEST.replacen(what, by, 1));
            assert_eq!(Exchange::tcp(3868).client(message).verdict_of::<Diameter>(), Verdict::Excluded, "{by}");
        }
    }
}
