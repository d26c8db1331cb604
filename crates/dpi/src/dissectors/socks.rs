//! SOCKS: asks a proxy for a connection (SOCKS 4 and 4A: protocol descriptions of NEC; SOCKS 5: RFC 1928). Messages are short and have
//! exact lengths; the answer of the other side confirms them. If TLS follows, its findings are kept.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Then, Verdict};
use crate::dissectors::dialogue::{Tunnel, inspect_within};
use crate::vocabulary::labels;

pub(super) struct Socks;

const VERSION_4: u8 = 4;
const VERSION_5: u8 = 5;

/// Greatest plausible number of offered methods.
const MOST_METHODS: u8 = 16;

/// Number of payloads after the recognition in which a client's hello is awaited: two of a password, request and answer, and some
/// that are lost or come again.
const MOST_PAYLOADS: u8 = 8;

/// The progress of a flow.
#[derive(Default)]
pub(crate) struct State {
    asked: Progress,
    /// Number of payloads since it was recognised, and that.
    recognised: u8,
    tls: Tunnel,
}

/// What was asked so far.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Progress {
    #[default]
    Nothing,
    /// Version 4: a request of the source, or of the destination.
    Asked { by_source: bool },
    /// Version 5: methods were offered; those below 64 as bits.
    Offered { by_source: bool, methods: u64 },
    /// Version 5: an answer was seen before its request. Method 0, which needs no password, or none of those offered.
    Chosen { by_source: bool },
}

impl Dissector for Socks {
    const META: Meta = Meta::tcp(labels::SOCKS)
        .ports(&[1080])
        .starts_with(&[&[VERSION_4, 1], &[VERSION_4, 2], &[VERSION_5]])
        .max_segments(4)
        .specification("RFC 1928; SOCKS: A protocol for TCP proxy across firewalls (NEC)");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if state.recognised == 0 {
            let verdict = recognise(&mut state.asked, segment);
            if verdict != Verdict::DONE {
                return verdict;
            }
            state.recognised = 1;
            return Verdict::Matched(Then::Wait);
        }
        if matches!(segment.payload, [0x16, 0x03, _, _, _, 0x01, ..]) {
            state.tls.open();
        }
        if let Some(verdict) = inspect_within(&mut state.tls, segment, found, labels::SOCKS) {
            return verdict;
        }
        // The first bytes of a hello.
        if segment.payload.len() < 6 && [0x16, 0x03].iter().zip(segment.payload).all(|(hello, byte)| hello == byte) {
            return Verdict::Matched(Then::More);
        }
        state.recognised += 1;
        if state.recognised > MOST_PAYLOADS { Verdict::DONE } else { Verdict::Matched(Then::Wait) }
    }
}

/// Whether a payload shows SOCKS, together with those before it.
fn recognise(asked: &mut Progress, segment: &Segment<'_>) -> Verdict {
    let by_source = segment.from_source;
    match *asked {
        Progress::Nothing => begin(asked, segment),
        Progress::Asked { by_source: asked } => match *segment.payload {
            _ if asked == by_source => Verdict::Excluded,
            [0] => Verdict::More,
            [0, 0x5a..=0x5d, ref rest @ ..] if rest.len() < 6 => Verdict::More,
            [0, 0x5a..=0x5d, _, _, _, _, _, _] => Verdict::DONE,
            _ => Verdict::Excluded,
        },
        Progress::Offered { by_source: offered, methods } if offered != by_source => match *segment.payload {
            [VERSION_5] => Verdict::More,
            [VERSION_5, method] => {
                let is_offered = method >= 64 || methods >> method & 1 == 1;
                Verdict::matched_if(is_offered)
            }
            _ => Verdict::Excluded,
        },
        Progress::Chosen { by_source: chosen } if chosen != by_source => match begin(asked, segment) {
            Verdict::Wait => Verdict::DONE,
            verdict => verdict,
        },
        Progress::Chosen { .. } => Verdict::Excluded,
        Progress::Offered { .. } => {
            Verdict::matched_if(is_request_5(segment.payload) || is_password(segment.payload))
        }
    }
}

fn begin(asked: &mut Progress, segment: &Segment<'_>) -> Verdict {
    let by_source = segment.from_source;
    let is_usual_port = segment.dst_port == 1080;
    let verdict = match *segment.payload {
        [VERSION_4, ..] => match is_request_4(segment.payload) {
            Ok(true) => {
                *asked = Progress::Asked { by_source };
                Verdict::Wait
            }
            Ok(false) => Verdict::Excluded,
            Err(Short) => Verdict::More,
        },
        [VERSION_5] => Verdict::More,
        [VERSION_5, 0 | 0xff] => {
            *asked = Progress::Chosen { by_source };
            return Verdict::Wait;
        }
        [VERSION_5, count, ref methods @ ..] if methods.len() < count.into() && count <= MOST_METHODS => {
            Verdict::More
        }
        [VERSION_5, count, ref methods @ ..] if methods.len() == usize::from(count) => match offered(methods) {
            Some(methods) => {
                *asked = Progress::Offered { by_source, methods };
                Verdict::Wait
            }
            None => Verdict::Excluded,
        },
        _ => Verdict::Excluded,
    };
    if verdict == Verdict::Wait && is_usual_port { Verdict::DONE } else { verdict }
}

/// Section 3: methods that are assigned or private, none twice.
fn offered(methods: &[u8]) -> Option<u64> {
    let mut bits = 0_u64;
    for method in methods {
        match method {
            0..=9 if bits >> method & 1 == 0 => bits |= 1 << method,
            0x80..=0xfe => {}
            _ => return None,
        }
    }
    (!methods.is_empty()).then_some(bits)
}

/// Version, command, port, address, user; an address of 0.0.0.x stands for a name that follows (4A).
fn is_request_4(payload: &[u8]) -> Result<bool, Short> {
    let mut reader = Reader::new(payload);
    reader.skip(2)?;
    let port = reader.u16()?;
    let address = reader.array::<4>()?;
    let needs_name = matches!(address, [0, 0, 0, 1..=255]);
    if port == 0 || (address[0] == 0 && !needs_name) || address[0] > 239 {
        return Ok(false);
    }
    let texts = if needs_name { 2 } else { 1 };
    for _ in 0..texts {
        if !text(&mut reader)? {
            return Ok(false);
        }
    }
    Ok(reader.is_empty())
}

/// Printable characters up to a zero.
fn text(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let rest = reader.rest();
    let length = rest.iter().take(256).take_while(|byte| byte.is_ascii_graphic()).count();
    if length < rest.len() && rest.get(length) != Some(&0) {
        return Ok(false);
    }
    reader.skip(length + 1)?;
    Ok(true)
}

/// Section 4: command, kind of address, address and port.
fn is_request_5(payload: &[u8]) -> bool {
    match payload {
        [VERSION_5, 1..=3, 0, kind, rest @ ..] => match (kind, rest) {
            (1, rest) => rest.len() == 4 + 2,
            (3, [length, rest @ ..]) => rest.len() == usize::from(*length) + 2,
            (4, rest) => rest.len() == 16 + 2,
            _ => false,
        },
        _ => false,
    }
}

/// RFC 1929: user and password.
fn is_password(payload: &[u8]) -> bool {
    let mut reader = Reader::new(payload);
    reader.u8() == Ok(1) && reader.block8().is_ok() && reader.block8().is_ok() && reader.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissectors::tls::tests::hello_record;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn version_5() {
        let exchange = Exchange::tcp(21477)
            .client(hex("05 02 00 01"))
            .server(hex("05 00"))
            .client(hex("05 01 00 03 0b 6578616d706c652e636f6d 0050"));
        assert_named(&exchange, labels::SOCKS);
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::tcp(21477).server(hex("05 00")).client(hex("05 02 00 01")), labels::SOCKS);
        let one_sided = Exchange::tcp(21477).client(hex("05 01 00")).client(hex("05 01 00 01 c0000201 0050"));
        assert_named(&one_sided, labels::SOCKS);
        assert_named(&Exchange::tcp(1080).client(hex("05 01 00")), labels::SOCKS);
        for (offer, choice) in [("05 01 00", "05 02"), ("05 02 00 00", "05 00"), ("05 01 00", "05 00 00"), ("05 01 40", "05 40")] {
            let exchange = Exchange::tcp(21477).client(hex(offer)).server(hex(choice));
            assert_eq!(exchange.verdict_of::<Socks>(), Verdict::Excluded, "{offer}");
        }
    }

    #[test]
    fn tls_in_a_connection_through_the_proxy_is_followed() {
        let hello = hello_record("www.example.org");
        let answered = hex("05 00 00 01 c0000201 0050");
        for exchange in [
            Exchange::tcp(21477)
                .client(hex("05 01 00"))
                .server(hex("05 00"))
                .client(hex("05 01 00 01 c0000201 01bb"))
                .server(&answered)
                .client(&hello),
            Exchange::tcp(1080)
                .client(hex("05 01 02"))
                .server(hex("05 02"))
                .client(hex("01 02 6d65 02 6d65"))
                .server(hex("01 00"))
                .client(hex("05 01 00 01 c0000201 01bb"))
                .client(&hello)
                .server(&answered),
            Exchange::tcp(7000).client(hex("04 01 01bb c0000201 00")).server(hex("00 5a 0000 00000000")).client(&hello),
        ] {
            assert_named(&exchange, labels::SOCKS);
            assert_eq!(exchange.outcome().server_name(), "www.example.org");
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn version_4() {
        for request in ["04 01 0050 5db8d877 00", "04 01 0050 00000001 00 7777772e6578616d706c652e636f6d 00"] {
            let exchange = Exchange::tcp(7000).client(hex(request)).server(hex("00 5a dfb2 0ab49cf9"));
            assert_named(&exchange, labels::SOCKS);
            exchange.assert_cuts_do_not_matter();
            let refused = Exchange::tcp(7000).client(hex(request)).server(hex("01 5a dfb2 0ab49cf9"));
            assert_eq!(refused.verdict_of::<Socks>(), Verdict::Excluded);
        }
        for other in ["04 01 0000 5db8d877 00", "04 01 0050 5db8d877 01 00", "04 01 0050 5db8d877 00 00"] {
            assert_eq!(Exchange::tcp(1080).client(hex(other)).verdict_of::<Socks>(), Verdict::Excluded);
        }
    }
}
