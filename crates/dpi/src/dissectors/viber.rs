//! Viber: chat over TCP, calls over UDP on its own ports (from captures).

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Viber;

/// Known ports of calls.
const CALL_PORTS: [u16; 5] = [5243, 7985, 7987, 9785, 5242];

impl Dissector for Viber {
    const META: Meta =
        Meta::tcp_udp(labels::VIBER).ports(&[4244, 5242, 5243, 7985, 7987, 9785]).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        if segment.is_udp() {
            let is_usual = CALL_PORTS.iter().any(|port| segment.has_port(*port));
            return Verdict::matched_if(is_usual && is_call(segment.payload));
        }
        match is_hello(&mut segment.reader()) {
            Ok(is_hello) => Verdict::matched_if(is_hello),
            Err(Short) => Verdict::More,
        }
    }
}

/// A number of the call, then the kind of message, little-endian; most kinds have a fixed length.
fn is_call(payload: &[u8]) -> bool {
    let [_, _, kind, 0x00, rest @ ..] = payload else { return false };
    match (kind, payload.len()) {
        (0x01, 34..) => rest.starts_with(&[0x05, 0x00]),
        (0x03, 12) | (0x09, 20) | (0x0c, 76) | (0x11, 18) | (0x19, 34) | (0x1a, 20) => true,
        _ => false,
    }
}

/// Total length, little-endian; the capabilities identify the client.
fn is_hello(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let whole = reader.len();
    if !reader.rest().iter().skip(6).zip([0xfc, 0xff]).all(|(byte, mark)| *byte == mark) {
        return Ok(false);
    }
    let length = usize::from(reader.u16_le()?);
    if !(0x10..0x400).contains(&length) {
        return Ok(false);
    }
    reader.skip(4)?;
    let [a, b, _, c] = reader.array()?;
    let is_hello = (a, b, c) == (0xfc, 0xff, 0x80);
    if is_hello && whole < length { Err(Short) } else { Ok(is_hello) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn chat_and_calls() {
        let exchange = Exchange::tcp(443).client(hex("1800 00000000 fcff0580 0900000000000000000033000000"));
        assert_named(&exchange, labels::VIBER);
        exchange.assert_cuts_do_not_matter();
        let call = hex("edf6 0900 b339929163010000 ac19358c8f64e447");
        assert_named(&Exchange::udp(7985).client(&call), labels::VIBER);
        assert_eq!(Exchange::udp(9000).client(call).verdict_of::<Viber>(), Verdict::Excluded);
        let other = hex("1800 00000000 fcfe0580 0900000000000000000033000000");
        assert_eq!(Exchange::tcp(4244).client(other).verdict_of::<Viber>(), Verdict::Excluded);
    }
}
