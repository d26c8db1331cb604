//! Megaco: Gateway Control Protocol (RFC 3525, ITU-T H.248.1), as text, version, sender, transactions, or the same in BER.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

pub(super) struct Megaco;

/// Words that may follow the sender (H.248.1, annex B.2), long and short.
const BODIES: [&[u8]; 12] = [
    b"Authentication",
    b"AU",
    b"Transaction",
    b"T=",
    b"T ",
    b"Reply",
    b"P=",
    b"P ",
    b"Pending",
    b"PN",
    b"K{",
    b"Error",
];

impl Dissector for Megaco {
    const META: Meta = Meta::udp(labels::MEGACO)
        .ports(&[2944, 2945])
        .starts_with(&[b"MEGACO/", b"Megaco/", b"!/", b"/1 ", b"/2 ", b"/3 ", b"0"])
        .specification("RFC 3525; ITU-T H.248.1");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(match segment.payload {
            [0x30, rest @ ..] => is_binary(rest).is_some(),
            text => is_message(text),
        })
    }
}

/// Annex A: a sequence, in it a message, in it the version and the sender.
fn is_binary(bytes: &[u8]) -> Option<()> {
    let message = contents(bytes)?.strip_prefix(&[0xa1])?;
    let fields = contents(message)?.strip_prefix(&[0x80, 0x01])?;
    matches!(fields, [1..=9, 0xa1, ..]).then_some(())
}

/// The bytes after a length (X.690, section 8.1.3), which must not exceed the available bytes.
fn contents(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = match bytes {
        [length @ 0x00..=0x7f, rest @ ..] => (usize::from(*length), rest),
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        // Indefinite length: two zeros end it.
        [0x80, rest @ ..] => (0, rest),
        _ => return None,
    };
    (length <= rest.len()).then_some(rest)
}

/// `MEGACO/1 [192.0.2.1]:2944 Transaction = ...`; a gateway was seen that leaves the name out before the slash.
fn is_message(payload: &[u8]) -> bool {
    let Some(slash) = payload.iter().take(7).position(|byte| *byte == b'/') else { return false };
    let Some([_, b'1'..=b'9', rest @ ..]) = payload.get(slash..) else { return false };
    let Some((sender, body)) = word(rest).and_then(|rest| split(rest)) else { return false };
    let is_sender = matches!(sender, [b'[', .., b']' | b'0'..=b'9'] | [b'<', .., b'>' | b'0'..=b'9'])
        || sender.iter().all(u8::is_ascii_alphanumeric);
    is_sender && BODIES.iter().any(|name| starts_with(body, name))
}

fn word(bytes: &[u8]) -> Option<&[u8]> {
    let start = bytes.trim_ascii_start();
    (start.len() < bytes.len()).then_some(start)
}

fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().take(128).position(u8::is_ascii_whitespace)?;
    let (sender, rest) = bytes.split_at_checked(end)?;
    Some((sender, rest.trim_ascii_start()))
}

fn starts_with(body: &[u8], name: &[u8]) -> bool {
    body.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn long_and_short() {
        for message in [
            "MEGACO/1 [192.0.2.1]:2944\r\nTransaction = 9998 {\r\n",
            "!/1 <gw>\nT=55{C=-{AV=DS/1/5{AT{M}}}}",
            "/1 [192.0.2.1]:2944 P = 5{ C = - {",
        ] {
            assert_named(&Exchange::udp(9000).client(message), labels::MEGACO);
        }
        Exchange::udp(2944).client("!/1 <gw>\nT=55{C=-{AV=DS/1/5{AT{M}}}}").assert_cuts_do_not_matter();
    }

    #[test]
    fn binary() {
        let message = [0x30, 0x0b, 0xa1, 0x09, 0x80, 0x01, 0x01, 0xa1, 0x04, 0x84, 0x02, b'g', b'w'];
        assert_named(&Exchange::udp(2945).client(message), labels::MEGACO);
        assert_eq!(Exchange::udp(2945).client(&message[..9]).verdict_of::<Megaco>(), Verdict::Excluded);
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in ["!/1 [x] hello", "MEGACO/x [x]:1 T=1{", "/1 GET / HTTP/1.1", "!/bin/sh"] {
            assert_eq!(Exchange::udp(2944).client(message).verdict_of::<Megaco>(), Verdict::Excluded, "{message}");
        }
    }
}
