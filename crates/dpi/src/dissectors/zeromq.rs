//! `ZeroMQ`: ZMTP 1.0 to 3.x (rfc.zeromq.org, 13/ZMTP, 23/ZMTP). Both sides open with a signature: FF, eight bytes, 7F; those of
//! 1.0 with an anonymous frame.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Version 1.0: a frame of length 1, which is its flags.
const ANONYMOUS: [u8; 2] = [0x01, 0x00];

pub(super) struct Zeromq;

/// Whether a side has opened with version 1.0, the source first.
#[derive(Debug, Default)]
pub(crate) struct Opened([bool; 2]);

impl Dissector for Zeromq {
    const META: Meta = Meta::tcp(labels::ZEROMQ)
        .starts_with(&[&[0xff, 0, 0, 0, 0, 0, 0, 0], &ANONYMOUS])
        .max_segments(4)
        .specification("rfc.zeromq.org, 13/ZMTP, 15/ZMTP, 23/ZMTP");

    type State = Opened;

    fn inspect(opened: &mut Opened, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        if segment.payload.starts_with(&[0xff]) {
            return segment.matched_if(is_signature(segment.reader()));
        }
        let side = usize::from(!segment.from_source);
        match are_frames(segment.reader(), !opened.0[side]) {
            Ok(true) => opened.0[side] = true,
            Ok(false) => return Verdict::Excluded,
            Err(Short) => return segment.more(),
        }
        if opened.0 == [true; 2] { Verdict::DONE } else { Verdict::Wait }
    }
}

/// For a peer of version 1.0, the eight bytes are the length of the following data.
fn is_signature(mut reader: Reader<'_>) -> Result<bool, Short> {
    Ok(matches!(reader.array::<10>()?, [0xff, 0, 0, 0, 0, 0, 0, 0, _, 0x7f]))
}

/// 13/ZMTP: length, flags of which one has a meaning, body.
fn are_frames(mut reader: Reader<'_>, is_first: bool) -> Result<bool, Short> {
    if is_first && reader.array()? != ANONYMOUS {
        return Ok(false);
    }
    while !reader.is_empty() {
        let length = reader.u8()?;
        if length == 0 || length == 0xff || reader.u8()? > 1 {
            return Ok(false);
        }
        reader.skip(usize::from(length) - 1)?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_signature() {
        let exchange = Exchange::tcp(5555).client(hex("ff0000000000000001 7f 03 00")).server(hex("ff"));
        assert_named(&exchange, labels::ZEROMQ);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn recognised_in_version_1_when_both_sides_agree() {
        let exchange = Exchange::tcp(5555).client(hex("0100")).server(hex("0100 0501 48656c6c 0300 6f21"));
        assert_named(&exchange, labels::ZEROMQ);
        exchange.assert_cuts_do_not_matter();
        assert_eq!(Exchange::tcp(5555).client(hex("0100")).name(), "Unknown");
    }

    #[test]
    fn refuses_its_neighbours() {
        for payload in ["ff0000000000000001 7e", "0100 0005", "0100 0602 48656c6c6f"] {
            let exchange = Exchange::tcp(5555).client(hex(payload));
            assert_eq!(exchange.verdict_of::<Zeromq>(), Verdict::Excluded, "{payload}");
        }
    }
}
