//! S7Comm and S7CommPlus: Siemens S7 controllers, over ISO transport on TCP (RFC 1006; what is above it from captures). Their
//! units begin with 0x32 and 0x72.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::dissectors::tpkt::{Unit, unit};
use crate::vocabulary::labels;

pub(super) struct S7comm;

const S7COMM: u8 = 0x32;
const S7COMM_PLUS: u8 = 0x72;

impl Dissector for S7comm {
    const META: Meta = Meta::tcp(labels::S7COMM)
        .also(&[labels::S7COMMPLUS])
        .ports(&[102])
        .starts_with(&[&[3, 0]])
        .specification("RFC 1006; captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        match unit(&mut reader) {
            Ok(Some(Unit::Connection)) => Verdict::Wait,
            Ok(Some(Unit::Data(data))) => match data {
                [S7COMM, kind, 0, 0, ..] => Verdict::matched_if(matches!(kind, 1..=3 | 7..=8)),
                [S7COMM_PLUS, version, rest @ ..] if is_plus(*version, rest) => {
                    found.protocol(labels::S7COMMPLUS);
                    Verdict::DONE
                }
                // A fragment that is not the last.
                [] => Verdict::Wait,
                _ => Verdict::Excluded,
            },
            Ok(None) => Verdict::Excluded,
            Err(Short) => Verdict::More,
        }
    }
}

/// A version, then the length of what follows up to the trailer.
fn is_plus(version: u8, rest: &[u8]) -> bool {
    let length = Reader::new(rest).u16().unwrap_or(u16::MAX);
    matches!(version, 1..=3 | 0xfe | 0xff) && usize::from(length) <= rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn connection() -> Exchange {
        Exchange::tcp(102)
            .client(hex("03000016 11e0 0000 0007 00 c1020100 c2020102 c0010a"))
            .server(hex("03000016 11d0 0007 0003 00 c0010a c1020100 c2020102"))
    }

    #[test]
    fn both_kinds_are_recognised() {
        let setup = hex("03000019 02f080 32010000 0200 0008 0000 f0000001000101e0");
        assert_named(&connection().client(&setup), labels::S7COMM);
        assert_named(&Exchange::tcp(1102).client(&setup), labels::S7COMM);
        let plus = connection().client(hex("03000013 02f080 7201 0004 31000004 72010000"));
        assert_named(&plus, labels::S7COMMPLUS);
        plus.assert_cuts_do_not_matter();
    }

    #[test]
    fn other_users_of_the_transport_are_not() {
        let other = Exchange::tcp(102).client(hex("0300000b 02f080 0d021905"));
        assert_eq!(other.verdict_of::<S7comm>(), Verdict::Excluded);
        assert_eq!(Exchange::tcp(102).client(hex("0300000602f0")).verdict_of::<S7comm>(), Verdict::Excluded);
    }
}
