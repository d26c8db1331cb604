//! LISP: locator/ID separation (RFC 9300, control RFC 9301, reliable transport draft-ietf-lisp-map-server-reliable-transport).
//! Control messages over UDP, registrations also over TCP, with a mark at their end.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const DATA: u16 = 4341;
const CONTROL: u16 = 4342;

const END_MARKER: &[u8] = &[0x9f, 0xac, 0xad, 0xe9];

pub(super) struct Lisp;

impl Dissector for Lisp {
    const META: Meta = Meta::tcp_udp(labels::LISP).only_on_ports(&[DATA, CONTROL]).specification("RFC 9301");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let is_message = match (segment.is_tcp(), segment.has_port(CONTROL)) {
            (true, _) => is_reliable(segment),
            (false, true) => is_control(segment),
            (false, false) => is_data(segment),
        };
        segment.matched_if(is_message)
    }
}

/// Type, total length, identifier, and the mark at the end.
fn is_reliable(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader = segment.reader();
    let kind = reader.u16()?;
    let body = usize::from(reader.u16()?).checked_sub(4);
    let Some(body) = body.filter(|body| *body >= 8 && (0x10..=0x20).contains(&kind)) else { return Ok(false) };
    Ok(reader.take(body)?.ends_with(END_MARKER))
}

/// The upper four bits are the type: request, reply, register, notify, acknowledgement, referral, information, encapsulated.
fn is_control(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader = segment.reader();
    let kind = reader.u8()? >> 4;
    let reserved = reader.u16()?;
    let records = reader.u8()?;
    match kind {
        1 => {
            reader.skip(8)?;
            // Section 5.2: reserved bits; the source, which may be absent, and the addresses for the answer.
            Ok(reserved & 0x3f80 == 0 && (1..=32).contains(&records) && is_address(&mut reader)? && is_address(&mut reader)?)
        }
        2 | 6 => {
            reader.skip(8)?;
            Ok(records > 0 && reserved == 0 && is_record(&mut reader)?)
        }
        3..=5 => {
            reader.skip(8)?;
            let algorithm = reader.u16()? & 0xff;
            let authentication = usize::from(reader.u16()?);
            reader.skip(authentication)?;
            let is_authenticated = algorithm <= 6 && matches!(authentication, 0 | 12 | 16 | 20 | 32);
            Ok(is_authenticated && records > 0 && is_record(&mut reader)?)
        }
        7 => {
            reader.skip(8 + 2)?;
            let authentication = usize::from(reader.u16()?);
            reader.skip(authentication + 4 + 1)?;
            let is_authenticated = matches!(authentication, 0 | 12 | 16 | 20 | 32);
            Ok(reserved == 0 && records == 0 && is_authenticated && reader.u8()? <= 128 && is_family(reader.u16()?))
        }
        8 => Ok(reserved == 0 && records == 0 && is_ip(&mut reader, segment)?),
        _ => Ok(false),
    }
}

/// Time to live, locators, length of the mask, action, version; then the family of the address.
fn is_record(reader: &mut Reader<'_>) -> Result<bool, Short> {
    reader.skip(4)?;
    let [locators, mask, action, reserved, version, _] = reader.array()?;
    let fits = locators <= 32 && mask <= 128 && action & 0x0f == 0 && reserved == 0 && version & 0xf0 == 0;
    Ok(is_family(reader.u16()?) && fits)
}

/// An address family, and an address.
fn is_address(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let family = reader.u16()?;
    let length = match family {
        1 => 4,
        2 => 16,
        6 | 0x4005 => 6,
        0x4003 => {
            reader.skip(4)?;
            reader.u16()?.into()
        }
        _ => 0,
    };
    reader.skip(length)?;
    Ok(is_family(family))
}

/// None, IPv4, IPv6, hardware address, or LISP's own form (IANA, Address Family Numbers).
fn is_family(family: u16) -> bool {
    matches!(family, 0 | 1 | 2 | 6 | 0x4003 | 0x4005)
}

/// Flags, nonce, locator's bits; then a packet of IP.
fn is_data(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader = segment.reader();
    reader.skip(8)?;
    is_ip(&mut reader, segment)
}

/// Whether an IP packet fills the rest.
fn is_ip(reader: &mut Reader<'_>, segment: &Segment<'_>) -> Result<bool, Short> {
    let size = reader.len() + segment.wire_len - segment.payload.len();
    let [version, _] = reader.array()?;
    let length = usize::from(reader.u16()?);
    match version >> 4 {
        4 => Ok(version & 0x0f >= 5 && length == size),
        6 => Ok(usize::from(reader.u16()?) + 40 == size),
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_over_udp_and_tcp() {
        let register = format!("32000101 0102030405060708 0001 0014 {} 000005a0 00 20 1000 0000 0001", "5a".repeat(20));
        assert_named(&Exchange::udp(4342).by_port(4342).client(hex(&register)), labels::LISP);
        let data = format!("88000001 00000001 45000014 {}", "00".repeat(16));
        assert_named(&Exchange::udp(4341).client(hex(&data)), labels::LISP);
        let over_tcp = Exchange::tcp(4342).server(hex("0014 000f 00000000 000000 9facade9"));
        assert_named(&over_tcp, labels::LISP);
        let request = "10000001 0102030405060708 0000 0001 0a000001 00 20 0001 0a010101";
        assert_named(&Exchange::udp(4342).client(hex(request)), labels::LISP);
        let nobody = hex(&request.replace("0000 0001 0a", "0000 0009 0a"));
        assert_eq!(Exchange::udp(4342).client(nobody).verdict_of::<Lisp>(), Verdict::Excluded);
        over_tcp.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        let no_mark = Exchange::tcp(4342).server(hex("0014 000f 00000000 000000 9facadea"));
        assert_eq!(no_mark.verdict_of::<Lisp>(), Verdict::Excluded);
        let longer = Exchange::udp(4342).client(hex("32000101 0102030405060708 0001 0014 5a5a5a5a"));
        assert_eq!(longer.verdict_of::<Lisp>(), Verdict::Excluded);
    }
}
