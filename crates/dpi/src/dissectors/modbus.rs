//! Modbus TCP: a header with a protocol number of zero and a length, then a function code (MODBUS Messaging on TCP/IP
//! Implementation Guide V1.0b, section 3.1.3). UMAS of Schneider Electric is its function 0x5a.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Modbus;

const PORT: u16 = 502;
const UMAS: u8 = 0x5a;
/// Set in the function code of an exception.
const EXCEPTION: u8 = 0x80;

impl Dissector for Modbus {
    const META: Meta = Meta::tcp(labels::MODBUS)
        .also(&[labels::UMAS])
        .ports(&[PORT])
        .specification("MODBUS Messaging on TCP/IP Implementation Guide V1.0b");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        match function(&mut segment.reader(), segment.has_port(PORT)) {
            Ok(Some(UMAS)) => {
                found.application(labels::UMAS);
                Verdict::DONE
            }
            Ok(Some(_)) => Verdict::DONE,
            Ok(None) => Verdict::Excluded,
            Err(Short) => Verdict::More,
        }
    }
}

/// The function code of a frame. On other ports, the lengths in it also have to agree.
fn function(reader: &mut Reader<'_>, is_own_port: bool) -> Result<Option<u8>, Short> {
    reader.skip(2)?;
    let (protocol, length) = (reader.u16()?, usize::from(reader.u16()?));
    if protocol != 0 || !(2..=260).contains(&length) {
        return Ok(None);
    }
    let function = *reader.rest().get(1).ok_or(Short)?;
    let is_public = matches!(function & !EXCEPTION, 1..=8 | 11 | 12 | 15..=17 | 20..=24 | 43 | UMAS);
    let is_exception = function & EXCEPTION != 0;
    if !is_public || (is_exception && length != 3) {
        return Ok(None);
    }
    let frame = reader.take(length)?;
    if !is_own_port && !frame.get(2..).is_some_and(|data| agrees(function, data)) {
        return Ok(None);
    }
    // The following bytes are a frame, too.
    let is_whole = matches!(reader.rest(), [] | [_] | [_, _] | [_, _, 0, ..]);
    Ok(is_whole.then_some(function))
}

/// Whether the data after a function code has the length of a request or a response with that code (MODBUS Application Protocol
/// Specification V1.1b3, section 6).
fn agrees(function: u8, data: &[u8]) -> bool {
    // A byte count at a place, and this many bytes after it.
    let counts = |at: usize| data.get(at).is_some_and(|count| usize::from(*count) + at + 1 == data.len() && *count > 0);
    let is_quantity = |at: usize| matches!(data.get(at..), Some([0..=7, low, ..]) if *low > 0);
    match function {
        EXCEPTION.. => matches!(data, [1..=11]),
        1..=4 => data.len() == 4 && is_quantity(2) || counts(0),
        5 => matches!(data, [_, _, 0 | 0xff, 0]),
        6 | 8 => data.len() == 4,
        7 => data.len() <= 1,
        11 => matches!(data.len(), 0 | 4),
        12 | 17 => data.is_empty() || counts(0),
        15 | 16 => data.len() == 4 && is_quantity(2) || counts(4) && is_quantity(2),
        20 | 21 => counts(0),
        22 => data.len() == 6,
        23 => counts(8) && is_quantity(2) || counts(0),
        24 => data.len() == 2 || matches!(data, [0, count, rest @ ..] if usize::from(*count) == rest.len()),
        43 => matches!(data, [13 | 14, rest @ ..] if rest.len() >= 2),
        // Key of the session, then one of the known functions, or its success code.
        UMAS => matches!(data, [_, 0x01..=0x73 | 0xfd | 0xfe, rest @ ..] if rest.len() < 8),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_in_both_directions() {
        let exchange = Exchange::tcp(502)
            .client(hex("0001 0000 0006 11 03 006b 0003"))
            .server(hex("0001 0000 0009 11 03 06 022b00000064"));
        assert_named(&exchange, labels::MODBUS);
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::tcp(1502).server(hex("0001 0000 0003 11 83 02")), labels::MODBUS);
        assert_eq!(Exchange::tcp(502).client(hex("0000 0000 0004 00 5a 0002")).name(), "Modbus.UMAS");
    }

    #[test]
    fn refuses_its_neighbours() {
        for other in ["0001 0001 0006 11 03 006b0003", "0001 0000 0006 11 60 006b0003", "0000 0000 0000 00 00"] {
            assert_eq!(Exchange::tcp(502).client(hex(other)).verdict_of::<Modbus>(), Verdict::Excluded);
        }
        // What does not agree with itself is believed on the port only.
        for other in ["0001 0000 0006 11 03 006b 0000", "0001 0000 0009 11 03 07 022b00000064", "0001 0000 0006 11 10 0000 0000"] {
            assert_eq!(Exchange::tcp(1502).client(hex(other)).verdict_of::<Modbus>(), Verdict::Excluded, "{other}");
            assert_named(&Exchange::tcp(502).client(hex(other)), labels::MODBUS);
        }
        let written = "0001 0000 000b 11 10 0001 0002 04 000a 0102";
        assert_named(&Exchange::tcp(1502).client(hex(written)), labels::MODBUS);
    }
}
