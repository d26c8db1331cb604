//! MMS: Manufacturing Message Specification (ISO 9506-1, IEC 61850-8-1), over ISO transport on TCP (RFC 1006), session (ISO
//! 8327) and presentation (ISO 8823). The association names MMS by its object identifier.

use memchr::memmem;

use crate::dissect::{Dissector, Found, Meta, Segment, Short, Verdict};
use crate::dissectors::tpkt::{Unit, unit};
use crate::vocabulary::labels;

pub(super) struct Mms;

/// Object identifier 1.0.9506, with which those of MMS begin (ITU-T X.690, section 8.19).
const ISO_9506: [u8; 3] = [0x28, 0xca, 0x22];

/// Session: give tokens and data transfer without parameters; presentation: fully encoded data (ISO 8823, section 8.2).
const DATA_TRANSFER: [u8; 5] = [0x01, 0x00, 0x01, 0x00, 0x61];

impl Dissector for Mms {
    const META: Meta = Meta::tcp(labels::ISO9506_1_MMS)
        .ports(&[102])
        .starts_with(&[&[3, 0]])
        .specification("ISO 9506-1, ISO 8327, ISO 8823, RFC 1006");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match unit(&mut segment.reader()) {
            Ok(Some(Unit::Connection)) => Verdict::Wait,
            // Session: connect or accept.
            Ok(Some(Unit::Data(data @ [0x0d | 0x0e, ..]))) => {
                Verdict::matched_if(memmem::find(data, &ISO_9506).is_some())
            }
            Ok(Some(Unit::Data(data))) => Verdict::matched_if(data.starts_with(&DATA_TRANSFER)),
            Ok(None) => Verdict::Excluded,
            Err(Short) => Verdict::More,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_the_association_and_in_the_middle() {
        let association = hex("0300001a 02f080 0d11 c10f 310d a003800101 a20606 0528ca220201");
        let exchange = Exchange::tcp(102).client(association);
        assert_named(&exchange, labels::ISO9506_1_MMS);
        exchange.assert_cuts_do_not_matter();
        let read = hex("03000018 02f080 01000100 610b 3009 020103 a004 a2020000");
        assert_named(&Exchange::tcp(102).client(read), labels::ISO9506_1_MMS);
    }

    #[test]
    fn other_associations_are_not() {
        let other = Exchange::tcp(102).client(hex("0300000f 02f080 0d06 c104 52010203"));
        assert_eq!(other.verdict_of::<Mms>(), Verdict::Excluded);
    }
}
