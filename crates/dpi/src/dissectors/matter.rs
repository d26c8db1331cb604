//! Matter: devices at home (Matter Core Specification 1.3, section 4.4). Flags, session, counter; before a session exists, its key
//! exchange is readable.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const PORT: u16 = 5540;

/// In the flags of an exchange: a counter follows.
const ACKNOWLEDGES: u8 = 0x02;
const HAS_SOURCE: u8 = 0x04;
/// The encrypted rest: the protocol's header and the digest.
const SHORTEST_SECURE: usize = 6 + 16;

pub(super) struct Matter;

impl Dissector for Matter {
    const META: Meta = Meta::udp(labels::MATTER)
        .ports(&[PORT])
        .starts_with(&[b"\x00", b"\x01", b"\x02", b"\x04", b"\x05", b"\x06"])
        .specification("Matter Core Specification 1.3, section 4.4");

    /// Session and counter of the last message of an early form, of each direction.
    type State = [Option<(u16, u32)>; 2];

    fn inspect(last: &mut Self::State, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        if segment.has_port(PORT)
            && let Ok(Some((session, counter))) = early(segment.reader())
            && let Some(last) = last.get_mut(segment.side())
        {
            let follows = *last == Some((session, counter.wrapping_sub(1)));
            *last = Some((session, counter));
            return if follows { Verdict::DONE } else { Verdict::Wait };
        }
        segment.matched_if(is_message(&mut segment.reader(), segment.has_port(PORT)))
    }
}

/// Before version 1.0, sessions of two nodes had the kind 1, too: session and counter.
fn early(mut reader: Reader<'_>) -> Result<Option<(u16, u32)>, Short> {
    let (flags, session, security, counter) = (reader.u8()?, reader.u16_le()?, reader.u8()?, reader.u32_le()?);
    let is_early = flags == 0 && session != 0 && security == 1 && reader.len() >= SHORTEST_SECURE;
    Ok(is_early.then_some((session, counter)))
}

/// The lower bits of the flags: whether the source is named, and how long the destination is.
fn is_message(reader: &mut Reader<'_>, is_own_port: bool) -> Result<bool, Short> {
    let flags = reader.u8()?;
    let (session, security, _counter) = (reader.u16_le()?, reader.u8()?, reader.u32_le()?);
    if flags & HAS_SOURCE != 0 {
        reader.skip(8)?;
    }
    match flags & 0x03 {
        0 => {}
        1 => reader.skip(8)?,
        2 => reader.skip(2)?,
        _ => return Ok(false),
    }
    if session != 0 {
        // A session of two nodes, without names, or of a group, with both names. On other ports that is too little.
        let is_secure = matches!((flags & 0x07, security), (0, 0) | (0x06, 1)) && flags & 0xf8 == 0;
        return Ok(is_secure && reader.len() >= SHORTEST_SECURE && is_own_port);
    }
    // One side gives its own name, the other that of the destination; before version 1.0, neither did.
    if !matches!(flags, HAS_SOURCE | 0x01 | 0) || security != 0 {
        return Ok(false);
    }
    let [exchange_flags, operation] = reader.array()?;
    let _exchange = reader.u16_le()?;
    let protocol = reader.u16_le()?;
    if exchange_flags & ACKNOWLEDGES != 0 {
        reader.skip(4)?;
    }
    let is_of_keys = match operation {
        0x10 | 0x40 if flags == 0 && !is_own_port => false,
        // Acknowledgement.
        0x10 => exchange_flags & ACKNOWLEDGES != 0 && reader.is_empty(),
        // Exchange of keys by password and by certificates: a structure and its end in TLV.
        0x20 | 0x22..=0x24 | 0x30..=0x33 => matches!(reader.rest(), [0x15, .., 0x18]),
        // Status: a code, a protocol, a code of it.
        0x40 => reader.len() >= 8 && reader.u16_le()? <= 0x10 && reader.u32_le()? == 0,
        _ => false,
    };
    Ok(exchange_flags & !0x07 == 0 && protocol == 0 && is_of_keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const REQUEST: &str = "04 0000 00 12345678 0102030405060708 05 20 abcd 0000 153018";

    #[test]
    fn recognised_before_and_in_a_session() {
        assert_named(&Exchange::udp(40002).client(hex(REQUEST)), labels::MATTER);
        let secure = [&hex("00 3412 00 12345678")[..], &[0x5a; 30]].concat();
        assert_named(&Exchange::udp(5540).client(&secure), labels::MATTER);
        assert_eq!(Exchange::udp(40002).client(&secure).verdict_of::<Matter>(), Verdict::Excluded);
        // Without names, and the kind of sessions of early versions.
        let nameless = hex("00 0000 00 0f31f838 05 20 76bf 0000 153001 18");
        assert_named(&Exchange::udp(40002).client(nameless), labels::MATTER);
        let early = |head: &str| [&hex(head)[..], &[0x5a; 30]].concat();
        let pair = |next| Exchange::udp(5540).client(early("00 3412 01 01000000")).client(early(next));
        assert_named(&pair("00 3412 01 02000000"), labels::MATTER);
        assert_eq!(pair("00 3412 01 03000000").verdict_of::<Matter>(), Verdict::Wait);
        for (what, by) in [("05 20", "05 50"), ("0000 1530", "0100 1530"), ("0000 00 12", "0000 10 12"), ("05 20", "25 20")] {
            let message = hex(&REQUEST.replacen(what, by, 1));
            assert_eq!(Exchange::udp(40002).client(message).verdict_of::<Matter>(), Verdict::Excluded);
        }
    }
}
