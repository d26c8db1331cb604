//! BFCP: Binary Floor Control Protocol (RFC 4582, 8855). A header of twelve bytes, attributes that add up to its length.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Bfcp;

impl Dissector for Bfcp {
    const META: Meta = Meta::tcp_udp(labels::BFCP).specification("RFC 4582, 8855");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        // Version 1 over TCP, 2 over UDP; a response over UDP has a bit of its own.
        let is_start = match segment.payload {
            [flags, primitive, ..] => {
                let version = if segment.is_tcp() { 0x20 } else { 0x40 };
                (*flags == version || segment.is_udp() && *flags & 0xf7 == version)
                    && matches!(primitive, 1..=18)
            }
            [flags] => segment.is_tcp() && *flags == 0x20,
            [] => false,
        };
        if !is_start {
            return Verdict::Excluded;
        }
        match message(segment) {
            Ok(is_message) => Verdict::matched_if(is_message),
            Err(Short) => segment.more(),
        }
    }
}

fn message(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader = segment.reader();
    reader.skip(1)?;
    let primitive = reader.u8()?;
    let length = usize::from(reader.u16()?) * 4;
    // FloorQuery, Hello, and acknowledgements may do without attributes.
    if length > 1024 || length == 0 && !matches!(primitive, 7 | 11 | 14..=18) {
        return Ok(false);
    }
    let (conference, transaction) = (reader.u32()?, reader.u16()?);
    reader.skip(2)?;
    let attributes = Reader::new(reader.take(length)?);
    let is_whole = reader.is_empty() || segment.is_tcp();
    // Over TCP what a server begins is transaction 0.
    Ok(is_whole && conference != 0 && (transaction != 0 || segment.is_tcp()) && add_up(attributes))
}

/// RFC 8855, section 5.2: type and mandatory bit, length with these two bytes, value padded to four.
fn add_up(mut attributes: Reader<'_>) -> bool {
    while !attributes.is_empty() {
        let Ok([kind, length]) = attributes.array() else { return false };
        let value = usize::from(length).next_multiple_of(4).checked_sub(2);
        let is_known = matches!(kind >> 1, 1..=19) && length >= 2;
        if !is_known || value.is_none_or(|value| attributes.skip(value).is_err()) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn messages_of_both_versions() {
        let exchange = Exchange::tcp(5070).client(hex("20 01 0001 00000001 0001 0002 05 04 0001"));
        assert_named(&exchange, labels::BFCP);
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::udp(5070).client(hex("40 0b 0000 00000001 0001 0002")), labels::BFCP);
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in ["40 0b 0001 00000001 0001 0002 05 09 0001", "40 1b 0000 00000001 0001 0002", "40 0b 0000 00"] {
            let exchange = Exchange::udp(5070).client(hex(message));
            assert_eq!(exchange.verdict_of::<Bfcp>(), Verdict::Excluded, "{message}");
        }
    }
}
