//! DICOM: Digital Imaging and Communications in Medicine, its upper layer (PS3.8, chapter 9). PDUs of a type, a zero, a length;
//! an association request has names of sixteen characters.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

pub(super) struct Dicom;

const ASSOCIATE_REQUEST: u8 = 0x01;
const ASSOCIATE_ACCEPT: u8 = 0x02;
const ASSOCIATE_REJECT: u8 = 0x03;
const DATA: u8 = 0x04;
const ABORT: u8 = 0x07;

impl Dissector for Dicom {
    const META: Meta = Meta::tcp(labels::DICOM)
        .ports(&[104, 11112, 4242])
        .starts_with(&[b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x04\x00", b"\x07\x00"])
        .specification("DICOM PS3.8, section 9.3");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        match pdu(&mut segment.reader(), segment, found) {
            Ok(holds) => Verdict::matched_if(holds),
            Err(Short) => Verdict::More,
        }
    }
}

fn pdu(reader: &mut Reader<'_>, segment: &Segment<'_>, found: &mut Found<'_>) -> Result<bool, Short> {
    let (kind, reserved, length) = (reader.u8()?, reader.u8()?, reader.u32()?);
    if reserved != 0 {
        return Ok(false);
    }
    match kind {
        ASSOCIATE_REQUEST | ASSOCIATE_ACCEPT if (68..1 << 20).contains(&length) => {
            let (version, reserved) = (reader.u16()?, reader.u16()?);
            if version & 1 == 0 || reserved != 0 {
                return Ok(false);
            }
            let (called, calling) = (reader.take(16)?, reader.take(16)?);
            reader.skip(32)?;
            found.field(Field::Host, called.trim_ascii());
            found.field(Field::User, calling.trim_ascii());
            // The application context is the first item.
            Ok([called, calling].iter().all(|title| is_title(title)) && reader.array()? == [0x10, 0])
        }
        // Result, source, reason.
        ASSOCIATE_REJECT if length == 4 => {
            let [reserved, result, source, reason] = reader.array()?;
            Ok(reserved == 0 && matches!(result, 1 | 2) && matches!(source, 1..=3) && matches!(reason, 1..=10))
        }
        ABORT if length == 4 && is_on_port(segment) => {
            let [_, _, source, reason] = reader.array()?;
            Ok(matches!(source, 0 | 2) && reason <= 6 && reader.is_empty())
        }
        // Values: a length, an odd number for the context, flags, then an element of the command group in most cases.
        DATA if (12..1 << 24).contains(&length) => {
            let (item, context, flags) = (reader.u32()?, reader.u8()?, reader.u8()?);
            let is_command = flags & 1 == 1;
            let fits = item.checked_add(4) <= Some(length) && context % 2 == 1 && flags <= 3;
            Ok(fits && is_command && reader.u32()? == 0 && reader.u32()? == 0x0400_0000)
        }
        _ => Ok(false),
    }
}

fn is_on_port(segment: &Segment<'_>) -> bool {
    Dicom::META.ports.iter().any(|port| segment.has_port(*port))
}

/// Section 9.3.2: characters of ASCII, filled with blanks.
fn is_title(title: &[u8]) -> bool {
    title.iter().all(|byte| matches!(byte, b' '..=b'~' | 0)) && !title.trim_ascii().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn associate(kind: u8) -> Vec<u8> {
        let mut pdu = vec![kind, 0, 0, 0, 0, 80, 0, 1, 0, 0];
        pdu.extend(b"STORE           VIEWER          ");
        pdu.extend([0; 32]);
        pdu.extend(b"\x10\x00\x00\x081.2.840.");
        pdu
    }

    #[test]
    fn recognised_by_its_pdus() {
        for payload in [
            associate(1),
            associate(2),
            hex("03 00 00000004 00 01 01 07"),
            hex("04 00 00000012 0000000e 01 03 0000 0000 04000000 38000000"),
        ] {
            let exchange = Exchange::tcp(11000).client(&payload);
            assert_named(&exchange, labels::DICOM);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        let mut nameless = associate(1);
        nameless.iter_mut().skip(10).take(16).for_each(|byte| *byte = b' ');
        for payload in [nameless, hex("03 00 00000005 00 01 01 07"), hex("04 00 00000012 0000000f 01 03 0000 0000 04000000 38000000")] {
            assert_eq!(Exchange::tcp(104).client(&payload).verdict_of::<Dicom>(), Verdict::Excluded, "{payload:?}");
        }
    }
}
