//! Dofus: the servers of Dofus speak first: `HC` and a key of 32 letters (Dofus 1), the versions of the protocol (Dofus 2;
//! from the documents of free clients).

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

/// Message 1, length in one byte: `ProtocolRequired`, of two numbers.
const PROTOCOL_REQUIRED: &[u8] = b"\x00\x05\x08";
/// Message 3, `HelloConnect`, comes with it.
const HELLO_CONNECT: u16 = 3;
const HELLO: &[u8] = b"HC";
const KEY: usize = 32;

pub(super) struct Dofus;

impl Dissector for Dofus {
    const META: Meta = Meta::tcp(labels::DOFUS)
        .ports(&[5555])
        .starts_with(&[HELLO, PROTOCOL_REQUIRED])
        .specification("documents of free clients");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        if let Some(rest) = segment.payload.strip_prefix(HELLO) {
            let key = rest.get(..KEY).unwrap_or(rest);
            return match rest.get(KEY) {
                _ if !key.iter().all(u8::is_ascii_lowercase) => Verdict::Excluded,
                None => Verdict::More,
                Some(end) => Verdict::matched_if(*end == 0),
            };
        }
        let (_, Ok(required), Ok(current), Ok(head)) = (reader.skip(3), reader.u32(), reader.u32(), reader.u16())
        else {
            return Verdict::More;
        };
        Verdict::matched_if(
            (1000..100_000).contains(&required) && current.abs_diff(required) < 1000 && head >> 2 == HELLO_CONNECT,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_the_servers_greeting() {
        let first = Exchange::tcp(443).server("HCabcdefghijklmnopqrstuvwxyzabcdef\0");
        let second = Exchange::tcp(5555).server(hex("0005 08 00000682 00000683 000e 0102 0000"));
        for exchange in [first, second] {
            assert_named(&exchange, labels::DOFUS);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in [&b"HCabcdefghijklmnopqrstuvwxyzabcdef\r\n"[..], b"HC 200", &hex("0005 08 00000682 00000683 0102")] {
            assert_eq!(Exchange::tcp(5555).server(message).verdict_of::<Dofus>(), Verdict::Excluded);
        }
    }
}
