//! iSCSI: SCSI over TCP (RFC 7143). A session begins with a login: a header of 48 bytes with many zeros, and keys with their values in
//! text. The initiator's name is kept as host, and the target's name is not a server's.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

/// Section 11.12 and 11.13. A request is always immediate.
const LOGIN_REQUEST: u8 = 0x43;
const LOGIN_RESPONSE: u8 = 0x23;

/// Section 6.2: a login offers at most this much text.
const LONGEST_TEXT: u32 = 8192;

pub(super) struct Iscsi;

impl Dissector for Iscsi {
    const META: Meta = Meta::tcp(labels::ISCSI)
        .ports(&[3260, 860])
        .starts_with(&[&[LOGIN_REQUEST], &[LOGIN_RESPONSE]])
        .max_segments(2)
        .specification("RFC 7143, sections 11.12 and 11.13");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_login(segment.reader(), found))
    }
}

fn is_login(mut reader: Reader<'_>, found: &mut Found<'_>) -> Result<bool, Short> {
    let (opcode, flags) = (reader.u8()?, reader.u8()?);
    let is_request = opcode == LOGIN_REQUEST;
    // Transit and continue exclude each other; the stages are 0, 1 and 3.
    let (transits, continues) = (flags & 0x80 != 0, flags & 0x40 != 0);
    let (current, next) = (flags >> 2 & 0x03, flags & 0x03);
    let are_stages = current < 2 && (!transits || next != 2 && next > current) && flags & 0x30 == 0 && !(transits && continues);
    let (versions, additional, length) = (reader.u16()?, reader.u8()?, reader.u24()?);
    if !are_stages || versions != 0 || additional != 0 || length > LONGEST_TEXT {
        return Ok(false);
    }
    // Session, task, and numbers that each side counts.
    reader.skip(12)?;
    let is_reserved = if is_request {
        reader.skip(2)?;
        let reserved = reader.u16()?;
        reader.skip(8)?;
        reserved == 0 && reader.u64()? == 0 && reader.u64()? == 0
    } else {
        let reserved = reader.u32()?;
        reader.skip(12)?;
        let (class, _detail) = (reader.u8()?, reader.u8()?);
        reserved == 0 && class < 4 && reader.u16()? == 0 && reader.u64()? == 0
    };
    if !is_reserved {
        return Ok(false);
    }
    let text = reader.take(length as usize)?;
    if let Some(name) = text.split(|byte| *byte == 0).find_map(|pair| pair.strip_prefix(b"InitiatorName=")) {
        found.field(Field::Host, name);
    }
    // A server may have nothing to say.
    Ok(is_text(text) || text.is_empty() && !is_request)
}

/// Section 6.1: keys, an equals sign, values, and a zero after each.
fn is_text(text: &[u8]) -> bool {
    let is_pair = |pair: &[u8]| {
        let at = memchr::memchr(b'=', pair).unwrap_or_default();
        at > 2 && pair.iter().take(at).all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
    };
    text.strip_suffix(b"\0").is_some_and(|pairs| pairs.split(|byte| *byte == 0).all(is_pair))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const TEXT: &[u8] = b"InitiatorName=iqn.1991-05.com.example:me\0SessionType=Discovery\0AuthMethod=None\0";

    fn login(header: &str, text: &[u8]) -> Vec<u8> {
        let mut login = hex(header);
        assert_eq!(login.len(), 48);
        login[7] = text.len() as u8;
        login.extend(text);
        login.resize(login.len().next_multiple_of(4), 0);
        login
    }

    const REQUEST: &str = "43 87 0000 00000000 400137000000 0000 00000001 0000 0000 00000001 00000000 0000000000000000 0000000000000000";
    const RESPONSE: &str = "23 87 0000 00000000 400137000000 0001 00000001 00000000 00000001 00000001 00000040 0000 0000 0000000000000000";

    #[test]
    fn recognised_on_either_side() {
        let (ask, answer) = (login(REQUEST, TEXT), login(RESPONSE, b"TargetPortalGroupTag=1\0AuthMethod=None\0"));
        let exchange = Exchange::tcp(13260).client(&ask).server(&answer);
        assert_named(&exchange, labels::ISCSI);
        assert_eq!(exchange.outcome().field(Field::Host), "iqn.1991-05.com.example:me");
        exchange.assert_cuts_do_not_matter();
        let server = Exchange::tcp(13260).server(&answer);
        assert_named(&server, labels::ISCSI);
        server.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        for (at, byte) in [(1, 0x97), (1, 0x8a), (2, 1), (4, 1), (22, 1), (40, 1)] {
            let mut other = login(REQUEST, TEXT);
            other[at] = byte;
            assert_eq!(Exchange::tcp(3260).client(other).verdict_of::<Iscsi>(), Verdict::Excluded, "{at}");
        }
        for text in [&b"InitiatorName\0"[..], b"InitiatorName=a", b"\x01a=b\0", b""] {
            let other = Exchange::tcp(3260).client(login(REQUEST, text));
            assert_eq!(other.verdict_of::<Iscsi>(), Verdict::Excluded, "{text:?}");
        }
    }
}
