//! Corba: General Inter-ORB Protocol (OMG CORBA 3.3, part 2, section 9.4). `GIOP`, version, flags, type, length.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Corba;

impl Dissector for Corba {
    const META: Meta = Meta::tcp_udp(labels::CORBA)
        .ports(&[683, 2809])
        .starts_with(&[b"GIOP", b"ZIOP", b"MIOP"])
        .specification("OMG CORBA 3.3, part 2, section 9.4");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_header(segment.reader()))
    }
}

fn is_header(mut reader: Reader<'_>) -> Result<bool, Short> {
    let magic = reader.array::<4>()?;
    // Multicast has both digits of its version in one byte.
    if &magic == b"MIOP" {
        return Ok(reader.u8()? == 0x10);
    }
    let [major, minor, flags, kind] = reader.array()?;
    Ok(matches!(&magic, b"GIOP" | b"ZIOP") && major == 1 && minor <= 4 && flags < 8 && kind <= 7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_header() {
        let exchange = Exchange::tcp(2809).client(hex("47494f50 01 02 01 00 00000000"));
        assert_named(&exchange, labels::CORBA);
        exchange.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        let other = Exchange::tcp(2809).client(hex("47494f50 02 02 01 00"));
        assert_eq!(other.verdict_of::<Corba>(), Verdict::Excluded);
    }
}
