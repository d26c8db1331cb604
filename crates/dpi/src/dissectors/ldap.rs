//! LDAP: Lightweight Directory Access Protocol (RFC 4511), over TCP and, in Active Directory, over UDP (MS-ADTS, section
//! 6.3.3). Messages are ASN.1: a sequence of a number and an operation.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Then, Verdict};
use crate::dissectors::dialogue::Tunnel;
use crate::vocabulary::labels;

pub(super) struct Ldap;

/// TLS, if it is started.
#[derive(Default)]
pub(crate) struct State {
    tls: Tunnel,
}

/// Kind of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    AsksForTls,
    ConsentsToTls,
    Other,
}

/// startTLS (section 4.14.1).
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";

impl Dissector for Ldap {
    const META: Meta = Meta::tcp_udp(labels::LDAP)
        .ports(&[389, 3268])
        .starts_with(&[b"\x30"])
        .specification("RFC 4511, section 4; MS-ADTS");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if let Some(verdict) = state.tls.inspect(segment, found, labels::LDAP) {
            return verdict;
        }
        let asked = matches!(state.tls, Tunnel::AskedFor);
        match message(&mut segment.reader()) {
            Ok(Some(Operation::AsksForTls)) => {
                state.tls = Tunnel::AskedFor;
                Verdict::Matched(Then::Wait)
            }
            Ok(Some(Operation::ConsentsToTls)) if asked => {
                state.tls.open();
                Verdict::Matched(Then::Wait)
            }
            Ok(Some(_)) => Verdict::DONE,
            Ok(None) if asked => Verdict::DONE,
            Ok(None) => Verdict::Excluded,
            Err(Short) if asked => Verdict::Matched(Then::More),
            Err(Short) => segment.more(),
        }
    }
}

fn message(reader: &mut Reader<'_>) -> Result<Option<Operation>, Short> {
    reader.skip(1)?;
    let Some(length) = length(reader)? else { return Ok(None) };
    let before = reader.len();
    if reader.u8()? != 0x02 {
        return Ok(None);
    }
    let number = reader.block8()?;
    if !(1..=4).contains(&number.len()) || number.rest().first().is_some_and(|byte| *byte > 0x7f) {
        return Ok(None);
    }
    let tag = reader.u8()?;
    let Some(inner) = self::length(reader)? else { return Ok(None) };
    let read = before - reader.len();
    // Controls may follow the operation.
    let rest = length.checked_sub(read).and_then(|rest| rest.checked_sub(inner));
    if rest.is_none_or(|rest| rest == 1) || !is_operation(tag, inner) {
        return Ok(None);
    }
    operation(tag, reader)
}

/// Application tags of sections 4.2 to 4.14, with the least length of the operation.
fn is_operation(tag: u8, length: usize) -> bool {
    match tag {
        0x42 => length == 0,
        0x4a => length >= 3,
        0x50 => (1..=4).contains(&length),
        0x60 | 0x61 | 0x63..=0x69 | 0x6b..=0x6f | 0x73 | 0x77..=0x79 => length >= 2,
        _ => false,
    }
}

/// The beginning of the operation.
fn operation(tag: u8, reader: &mut Reader<'_>) -> Result<Option<Operation>, Short> {
    let holds = match tag {
        // Bind: the version.
        0x60 => reader.array::<2>()? == [2, 1] && matches!(reader.u8()?, 1..=3),
        // Results: a code, enumerated.
        0x61 | 0x65 | 0x67 | 0x69 | 0x6b | 0x6d | 0x6f => reader.array::<2>()? == [0x0a, 1],
        0x78 => {
            let is_enumerated = reader.array::<2>()? == [0x0a, 1];
            let is_success = reader.u8()? == 0;
            return Ok(match (is_enumerated, is_success) {
                (true, true) => Some(Operation::ConsentsToTls),
                (true, false) => Some(Operation::Other),
                (false, _) => None,
            });
        }
        // Extended request: its name.
        0x77 => {
            let is_name = reader.u8()? == 0x80;
            let name = reader.block8()?;
            if is_name && name.rest() == START_TLS {
                return Ok(Some(Operation::AsksForTls));
            }
            is_name && name.rest().iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
        }
        // Search, modify, add, modify DN, compare, entry, reference: a string, in most cases the name of an entry.
        0x63 | 0x64 | 0x66 | 0x68 | 0x6c | 0x6e | 0x73 => reader.u8()? == 0x04,
        _ => true,
    };
    Ok(holds.then_some(Operation::Other))
}

/// X.690, section 8.1.3.
fn length(reader: &mut Reader<'_>) -> Result<Option<usize>, Short> {
    Ok(match reader.u8()? {
        short @ 0..=0x7f => Some(short.into()),
        0x81 => Some(reader.u8()?.into()),
        0x82 => Some(reader.u16()?.into()),
        0x83 => Some(reader.u24()? as usize),
        0x84 => Some(reader.u32()? as usize),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn start_tls() -> Vec<u8> {
        [&hex("30 1d 02 01 01 77 18 80 16")[..], START_TLS].concat()
    }

    #[test]
    fn recognised_by_its_operations() {
        for message in [
            "30 0c 02 01 01 60 07 02 01 03 04 00 80 00",
            "30 84 00000010 02 01 01 61 84 00000007 0a 01 00 04 00 04 00",
            "30 05 02 01 03 42 00",
            "30 1b 02 01 02 63 16 04 00 0a 01 00 0a 01 00 02 01 00 02 01 00 01 01 00 87 01 61",
        ] {
            let exchange = Exchange::tcp(3890).client(hex(message));
            assert_named(&exchange, labels::LDAP);
            exchange.assert_cuts_do_not_matter();
            assert_named(&Exchange::udp(389).client(hex(message)), labels::LDAP);
        }
    }

    #[test]
    fn follows_into_tls() {
        let hello = b"\x16\x03\x01\x00\x2e\x01\x00\x00\x2a\x03\x03";
        let exchange = Exchange::tcp(389).client(start_tls()).server(hex("30 0c 02 01 01 78 07 0a 01 00 04 00 04 00"));
        assert_named(&exchange.client(hello), labels::LDAP);
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in [
            "30 26 02 01 00 04 06 7075626c6963 a0 19 02 04 00000001",
            "30 0c 02 01 01 60 08 02 01 03 04 00 80 00",
            "30 05 02 01 03 42 01 00",
            "30 0c 02 01 01 60 07 04 01 03 04 00 80 00",
        ] {
            assert_eq!(Exchange::tcp(389).client(hex(message)).verdict_of::<Ldap>(), Verdict::Excluded, "{message}");
        }
    }
}
