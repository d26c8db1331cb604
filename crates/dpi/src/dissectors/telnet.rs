//! Telnet (RFC 854, RFC 855, RFC 1143). Both sides open by negotiating options: IAC, a verb, an option.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Telnet;

/// Number of commands with which each side has opened, the source first.
#[derive(Default)]
pub(crate) struct State([u8; 2]);

const IAC: u8 = 0xff;

/// Number of commands that is enough: each has three bytes, two of which are nearly fixed.
const PROOF: u8 = 2;

impl Dissector for Telnet {
    const META: Meta = Meta::tcp(labels::TELNET)
        .ports(&[23, 2323])
        .starts_with(&[b"\xff\xfa", b"\xff\xfb", b"\xff\xfc", b"\xff\xfd", b"\xff\xfe"])
        .specification("RFC 854, RFC 855");

    type State = State;

    fn inspect(State(seen): &mut State, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        let mut here = 0;
        while here < PROOF && !(here > 0 && reader.is_empty()) {
            match negotiation(&mut reader) {
                Ok(true) => here = here.saturating_add(1),
                Ok(false) if here == 0 => return Verdict::Excluded,
                Err(Short) => return Verdict::More,
                Ok(false) => break,
            }
        }
        if let Some(seen) = seen.get_mut(usize::from(!segment.from_source)) {
            *seen = here;
        }
        let is_proof = seen.iter().sum::<u8>() >= PROOF || segment.has_port(23);
        if is_proof { Verdict::DONE } else { Verdict::More }
    }
}

/// One negotiation of an option. `false` for anything else.
fn negotiation(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let (iac, verb) = (reader.u8()?, reader.u8()?);
    if iac != IAC || verb < 0xfa {
        return Ok(false);
    }
    let option = reader.u8()?;
    if !is_option(option) || verb == IAC {
        return Ok(false);
    }
    if verb == 0xfa {
        return subnegotiation(reader);
    }
    Ok(true)
}

/// Skips to IAC SE.
fn subnegotiation(reader: &mut Reader<'_>) -> Result<bool, Short> {
    const LONGEST: usize = 512;
    let searched = reader.rest().get(..LONGEST).unwrap_or(reader.rest());
    match memchr::memmem::find(searched, &[IAC, 0xf0]) {
        Some(end) => reader.skip(end + 2).map(|()| true),
        None if searched.len() == LONGEST => Ok(false),
        None => Err(Short),
    }
}

/// IANA, Telnet Options: 0 to 49, 138 to 140, 255; 50 and above for MUDs (69, 70, 85, 86, 90, 91, 93, 200, 201).
fn is_option(option: u8) -> bool {
    matches!(option, 0..=49 | 69 | 70 | 85 | 86 | 90 | 91 | 93 | 138..=140 | 200 | 201 | 255)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_negotiations() {
        for exchange in [
            Exchange::tcp(4000).server(b"\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23login: "),
            Exchange::tcp(4000).server(b"\xff\xfd\x25").client(b"\xff\xfc\x25"),
            Exchange::tcp(4000).client(b"\xff\xfa\x18\x00VT220\xff\xf0\xff\xfb\x01"),
            Exchange::tcp(23).client(b"\xff\xfb\x1f"),
        ] {
            assert_named(&exchange, labels::TELNET);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for payload in [&b"\xff\xd8\xff\xe0"[..], b"\xff\xfb\x90\x44", b"\xff\xfb\xff\xff"] {
            let exchange = Exchange::tcp(4000).client(payload);
            assert_ne!(exchange.name(), "Telnet", "{payload:?}");
        }
        assert_eq!(Exchange::tcp(23).client(b"\xff\xfb\x90\x44").verdict_of::<Telnet>(), Verdict::Excluded);
    }
}
