//! AFP: Apple Filing Protocol over the Data Stream Interface (Apple, AFP over TCP). A header of sixteen bytes, the last four zero.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Commands of the interface.
const CLOSE_SESSION: u8 = 1;
const GET_STATUS: u8 = 3;
const OPEN_SESSION: u8 = 4;
const TICKLE: u8 = 5;

/// Greatest message length that is plausible.
const LONGEST: u32 = 1 << 24;

pub(super) struct Afp;

impl Dissector for Afp {
    const META: Meta = Meta::tcp(labels::AFP)
        .ports(&[548])
        .starts_with(&[&[0, 1], &[0, 2], &[0, 3], &[0, 4], &[0, 5], &[0, 6], &[0, 8], &[1, 2], &[1, 3], &[1, 4], &[1, 6]])
        .specification("Apple Filing Protocol Programming Guide, DSI");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_message(segment))
    }
}

/// Flags, command, number, error or offset, length, zeros. The payload must be the message, or its beginning.
fn is_message(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader: Reader<'_> = segment.reader();
    let [flags, command] = reader.array()?;
    reader.skip(2)?;
    let (error_or_offset, length, reserved) = (reader.u32()?, reader.u32()?, reader.u32()?);
    if flags > 1 || !matches!(command, 1..=6 | 8) || reserved != 0 || length >= LONGEST {
        return Ok(false);
    }
    let is_whole = reader.len() == length as usize;
    let is_known_error = error_or_offset == 0 || (0xffff_e000..=0xffff_ff00).contains(&error_or_offset);
    Ok(match command {
        CLOSE_SESSION | TICKLE => length == 0 && is_whole && error_or_offset == 0 && segment.has_port(548),
        GET_STATUS | OPEN_SESSION => is_whole && error_or_offset == 0,
        _ if flags == 0 => is_whole && error_or_offset == 0 && length >= 2,
        _ => is_known_error && (is_whole || reader.len() < length as usize) && segment.has_port(548),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_header() {
        let open = hex("00 04 0001 00000000 00000006 00000000 010400000400");
        assert_named(&Exchange::tcp(548).client(open), labels::AFP);
        assert_named(&Exchange::tcp(548).client(hex("00 03 0001 00000000 00000000 00000000")), labels::AFP);
    }

    #[test]
    fn refuses_its_neighbours() {
        for header in ["00 04 0001 00000000 00000006 00000000 0104", "00 03 0001 00000000 00000000 00000001"] {
            let exchange = Exchange::tcp(548).client(hex(header));
            assert_eq!(exchange.verdict_of::<Afp>(), Verdict::Excluded, "{header}");
        }
    }
}
