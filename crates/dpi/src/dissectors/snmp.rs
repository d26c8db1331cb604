//! SNMP: network management, versions 1 (RFC 1157), 2c (RFC 1901) and 3 (RFC 3412). A sequence in BER that fills the datagram: a
//! version, then community and request, or header and security parameters.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

pub(super) struct Snmp;

impl Dissector for Snmp {
    const META: Meta =
        Meta::udp(labels::SNMP).ports(&[161, 162]).starts_with(&[&[SEQUENCE]]).specification("RFC 3411");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        // A message of DNS may begin alike.
        let is_dns = segment.has_port(53) && !Self::META.ports.iter().any(|port| segment.has_port(*port));
        Verdict::matched_if(!is_dns && message(segment, found).is_ok())
    }
}

fn message(segment: &Segment<'_>, found: &mut Found<'_>) -> Result<(), Short> {
    let mut reader = segment.reader();
    if reader.u8()? != SEQUENCE || length(&mut reader)? > reader.len() + segment.wire_len - segment.payload.len() {
        return Err(Short);
    }
    match value(&mut reader, INTEGER)? {
        [0 | 1] => {
            let community = value(&mut reader, OCTET_STRING)?;
            // From GetRequest to Report, in their own tags.
            if !matches!(reader.u8()?, 0xa0..=0xa8) || length(&mut reader)? < 8 {
                return Err(Short);
            }
            found.field(Field::User, community);
            Ok(())
        }
        [3] => version_3(&mut reader),
        _ => Err(Short),
    }
}

/// RFC 3412, section 6: message id, greatest size, flags, security model; then parameters and the scoped request.
fn version_3(reader: &mut Reader<'_>) -> Result<(), Short> {
    let mut header = Reader::new(value(reader, SEQUENCE)?);
    value(&mut header, INTEGER)?;
    value(&mut header, INTEGER)?;
    let flags = value(&mut header, OCTET_STRING)?;
    value(&mut header, INTEGER)?;
    if !matches!(flags, [0..=7]) || reader.u8()? != OCTET_STRING {
        return Err(Short);
    }
    Ok(())
}

/// The contents of the next value, which has to be of a type.
fn value<'a>(reader: &mut Reader<'a>, tag: u8) -> Result<&'a [u8], Short> {
    if reader.u8()? != tag {
        return Err(Short);
    }
    let length = length(reader)?;
    reader.take(length)
}

fn length(reader: &mut Reader<'_>) -> Result<usize, Short> {
    match reader.u8()? {
        short @ 0..=0x7f => Ok(short.into()),
        0x81 => Ok(reader.u8()?.into()),
        0x82 => Ok(reader.u16()?.into()),
        0x83 => Ok(reader.u24()? as usize),
        _ => Err(Short),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const GET: &str = "3029 020100 0406 7075626c6963 a01c 0204 12345678 020100 020100 300e 300c 0608 2b06010201010500 0500";
    const VERSION_3: &str = "303e 020103 3011 0204 12345678 020300ffe3 040104 020103 0410 300e0400020100020100040004000400";

    #[test]
    fn recognised_in_all_versions() {
        for message in [GET, &GET.replacen("020100", "020101", 1), VERSION_3] {
            let exchange = Exchange::udp(161).client([&hex(message)[..], &[0; 26]].concat());
            assert_named(&exchange, labels::SNMP);
            exchange.assert_cuts_do_not_matter();
        }
        assert_eq!(Exchange::udp(1161).client(hex(GET)).outcome().field(Field::User), "public");
    }

    #[test]
    fn refuses_its_neighbours() {
        // A bind of LDAP, a fourth version, a length beyond the end.
        for message in ["300c 020101 6007 020103 0400 8000", &GET.replacen("020100", "020104", 1), &GET.replacen("3029", "3082ffff", 1)] {
            assert_eq!(Exchange::udp(161).client(hex(message)).verdict_of::<Snmp>(), Verdict::Excluded, "{message}");
        }
        assert_eq!(Exchange::udp(53).client(hex(GET)).verdict_of::<Snmp>(), Verdict::Excluded);
    }
}
