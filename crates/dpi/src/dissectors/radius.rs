//! Radius: remote authentication of dial-in users (RFC 2865), accounting (RFC 2866), changes (RFC 5176). Code, identifier, length,
//! authenticator, then attributes.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

const HEADER: usize = 20;

const USER_NAME: u8 = 1;

pub(super) struct Radius;

impl Dissector for Radius {
    const META: Meta =
        Meta::udp(labels::RADIUS).only_on_ports(&[1812, 1813, 1645, 1646, 3799]).specification("RFC 2865");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(packet(&mut segment.reader(), found).is_ok())
    }
}

fn packet(reader: &mut Reader<'_>, found: &mut Found<'_>) -> Result<(), Short> {
    let [code, _] = reader.array()?;
    let length = usize::from(reader.u16()?).checked_sub(HEADER).ok_or(Short)?;
    reader.skip(16)?;
    // Access, accounting, status, password, resources, events, disconnection and change of authorization (IANA).
    if !matches!(code, 1..=13 | 21..=34 | 40..=45 | 50 | 51) {
        return Err(Short);
    }
    let mut attributes = Reader::new(reader.take(length)?);
    // Bytes beyond the length are padding (section 3).
    if reader.rest().iter().any(|byte| *byte != 0) {
        return Err(Short);
    }
    let mut is_first = true;
    while !attributes.is_empty() {
        match attribute(&mut attributes) {
            Ok((USER_NAME, value)) => found.field(Field::User, value),
            Ok(_) => {}
            Err(Short) if is_first => return Err(Short),
            Err(Short) => break,
        }
        is_first = false;
    }
    Ok(())
}

/// Section 5: type, total length, value.
fn attribute<'a>(reader: &mut Reader<'a>) -> Result<(u8, &'a [u8]), Short> {
    let [kind, size] = reader.array()?;
    if kind == 0 {
        return Err(Short);
    }
    let value = reader.take(usize::from(size).checked_sub(2).ok_or(Short)?)?;
    Ok((kind, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, hex};

    const REQUEST: &str = "01 07 001b 000102030405060708090a0b0c0d0e0f 01 05 616263 20 02";

    #[test]
    fn recognised_by_header_and_attributes() {
        let exchange = Exchange::udp(1812).client(hex(REQUEST));
        let outcome = exchange.outcome();
        assert_eq!((&*outcome.name, outcome.field(Field::User)), ("Radius", "abc"));
        exchange.assert_cuts_do_not_matter();
        assert_eq!(Exchange::udp(1813).server(hex("05 07 0014 000102030405060708090a0b0c0d0e0f")).name(), "Radius");
    }

    #[test]
    fn refuses_its_neighbours() {
        for packet in [REQUEST.replacen("01 07", "4e 07", 1), REQUEST.replacen("001b", "001c", 1), REQUEST.replacen("01 05", "01 01", 1)] {
            assert_eq!(Exchange::udp(1812).client(hex(&packet)).verdict_of::<Radius>(), Verdict::Excluded);
        }
    }
}
