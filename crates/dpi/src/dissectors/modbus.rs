//! Modbus TCP: a header with a protocol number of zero and a length, then a function code (MODBUS Messaging on TCP/IP
//! Implementation Guide V1.0b, section 3.1.3). UMAS of Schneider Electric is its function 0x5a.

use crate::dissector::{Dissector, Found, Meta, Segment, Verdict};
use crate::labels;
use crate::reader::{Reader, Short};

pub(super) struct Modbus;

const UMAS: u8 = 0x5a;
/// Set in the function code of an exception.
const EXCEPTION: u8 = 0x80;

impl Dissector for Modbus {
    const META: Meta = Meta::tcp(labels::MODBUS)
        .also(&[labels::UMAS])
        .ports(&[502])
        .specification("MODBUS Messaging on TCP/IP Implementation Guide V1.0b");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        match function(&mut segment.reader()) {
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

/// The function code of a frame.
fn function(reader: &mut Reader<'_>) -> Result<Option<u8>, Short> {
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
    reader.skip(length)?;
    // Whatever follows is a frame, too.
    let is_whole = matches!(reader.rest(), [] | [_] | [_, _] | [_, _, 0, ..]);
    Ok(is_whole.then_some(function))
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
    }
}
