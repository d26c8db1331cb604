//! EPMD: the Erlang Port Mapper Daemon (Erlang/OTP, "Distribution Protocol", section EPMD Protocol). A node registers, or asks at which
//! port another one waits.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

const PORT: u16 = 4369;

const ALIVE_REQUEST: u8 = 120;
const ALIVE_RESPONSE: u8 = 121;
const EXTENDED_ALIVE_RESPONSE: u8 = 118;
const PORT_REQUEST: u8 = 122;
const PORT_RESPONSE: u8 = 119;
const NAMES_REQUEST: u8 = 110;

/// Greatest length of the name of a node, without its host (an atom of 255 characters).
const LONGEST_NAME: usize = 255;

pub(super) struct Epmd;

/// What a client has asked, until the answer.
#[derive(Default)]
pub(super) struct Asked {
    from_source: bool,
    kind: u8,
}

impl Dissector for Epmd {
    const META: Meta = Meta::tcp(labels::EPMD)
        .ports(&[PORT])
        .starts_with(&[&[0]])
        .max_segments(4)
        .specification("Erlang/OTP, Distribution Protocol, EPMD Protocol");

    type State = Asked;

    fn inspect(asked: &mut Asked, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if asked.kind == 0 {
            return match request(segment.reader(), found) {
                // A registration is long enough to be none by chance.
                Ok(Some(ALIVE_REQUEST)) => Verdict::DONE,
                Ok(Some(_)) if segment.dst_port == PORT => Verdict::DONE,
                Ok(Some(kind)) => {
                    *asked = Asked { from_source: segment.from_source, kind };
                    Verdict::Wait
                }
                Ok(None) => Verdict::Excluded,
                Err(Short) => Verdict::More,
            };
        }
        if asked.from_source == segment.from_source {
            return Verdict::Excluded;
        }
        segment.matched_if(is_answer(asked.kind, segment.reader()))
    }
}

/// A length, a tag, and what belongs to it: nothing follows, because a client waits for its answer.
fn request(mut reader: Reader<'_>, found: &mut Found<'_>) -> Result<Option<u8>, Short> {
    let length = usize::from(reader.u16()?);
    let kind = reader.u8()?;
    let fits = match kind {
        ALIVE_REQUEST => (13..LONGEST_NAME + 64).contains(&length),
        PORT_REQUEST => (2..=LONGEST_NAME + 1).contains(&length),
        NAMES_REQUEST => length == 1,
        _ => false,
    };
    if !fits {
        return Ok(None);
    }
    let mut body = Reader::new(reader.take(length - 1)?);
    let fits = reader.is_empty()
        && match kind {
            ALIVE_REQUEST => registration(&mut body, found) == Ok(true),
            PORT_REQUEST => is_name(body.rest()),
            _ => true,
        };
    Ok(fits.then_some(kind))
}

/// Port, kind of node (hidden or not), protocol (TCP), highest and lowest version of the distribution, name, and more.
fn registration(body: &mut Reader<'_>, found: &mut Found<'_>) -> Result<bool, Short> {
    let (port, kind, protocol) = (body.u16()?, body.u8()?, body.u8()?);
    let (highest, lowest) = (body.u16()?, body.u16()?);
    let name = body.block16()?.rest();
    body.block16()?;
    found.field(Field::Host, name);
    let is_node = port != 0 && matches!(kind, 72 | 77 | 104 | 110) && protocol == 0;
    Ok(is_node && (4..16).contains(&lowest) && (lowest..16).contains(&highest) && is_name(name) && body.is_empty())
}

/// Whether this is a name of a node, without its host.
fn is_name(name: &[u8]) -> bool {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'%' | 0x80..);
    (1..=LONGEST_NAME).contains(&name.len()) && name.iter().all(is_of_name)
}

fn is_answer(asked: u8, mut reader: Reader<'_>) -> Result<bool, Short> {
    if asked == NAMES_REQUEST {
        // The mapper's own port, and lines of text.
        return Ok(reader.u32()? == PORT.into() && reader.rest().iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | 0x80..)));
    }
    let (kind, result) = (reader.u8()?, reader.u8()?);
    match (asked, kind, result) {
        (ALIVE_REQUEST, ALIVE_RESPONSE, _) => Ok(reader.len() == 2),
        (ALIVE_REQUEST, EXTENDED_ALIVE_RESPONSE, _) => Ok(reader.len() == 4),
        (PORT_REQUEST, PORT_RESPONSE, 1..) => Ok(reader.is_empty()),
        (PORT_REQUEST, PORT_RESPONSE, 0) => {
            reader.skip(8)?;
            let is_named = is_name(reader.block16()?.rest());
            reader.block16()?;
            Ok(is_named && reader.is_empty())
        }
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn nodes_register() {
        // rabbit at port 25672.
        let register = hex("0013 78 6448 4d 00 0006 0005 0006 726162626974 0000");
        let exchange = Exchange::tcp(14369).client(&register).server(hex("76 00 00000001"));
        assert_named(&exchange, labels::EPMD);
        assert_eq!(exchange.outcome().field(Field::Host), "rabbit");
        exchange.assert_cuts_do_not_matter();
        for (what, by) in [("4d", "4e"), ("0006 0005", "0005 0006"), ("0006 72", "0005 72"), ("6448", "0000")] {
            let other = hex(&"0013 78 6448 4d 00 0006 0005 0006 726162626974 0000".replacen(what, by, 1));
            assert_eq!(Exchange::tcp(PORT).client(other).verdict_of::<Epmd>(), Verdict::Excluded, "{what}");
        }
    }

    #[test]
    fn nodes_ask_for_ports_and_names() {
        let ask = hex("0007 7a 726162626974");
        let answer = hex("77 00 6448 4d 00 0006 0005 0006 726162626974 0000");
        let exchange = Exchange::tcp(14369).client(&ask).server(&answer);
        assert_named(&exchange, labels::EPMD);
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::tcp(PORT).client(&ask), labels::EPMD);
        assert_named(&Exchange::tcp(14369).client(&ask).server(hex("77 01")), labels::EPMD);
        let names = [&hex("00001111")[..], b"name rabbit at port 25672\n"].concat();
        assert_named(&Exchange::tcp(14369).client(hex("0001 6e")).server(names), labels::EPMD);
        for (ask, answer) in [("0007 7a 726162626974", "77 00 6448"), ("0001 6e", "00001112"), ("0007 7a 726162626974", "79 00 0001")] {
            let other = Exchange::tcp(14369).client(hex(ask)).server(hex(answer));
            assert_ne!(other.name(), "EPMD", "{answer}");
        }
    }
}
