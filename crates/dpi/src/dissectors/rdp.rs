//! RDP: Remote Desktop Protocol (MS-RDPBCGR), over TCP in frames of TPKT and X.224 (RFC 1006), and its transport over UDP
//! (MS-RDPEUDP). The connection request gives a user, a token, or the security of the connection, usually TLS.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Then, Verdict};
use crate::dissectors::dialogue::{Tunnel, inspect_within};
use crate::metadata::Field;
use crate::vocabulary::labels;

pub(super) struct Rdp;

/// TLS, if a client asks for it.
#[derive(Default)]
pub(crate) struct State {
    tls: Tunnel,
    /// Whether the client has named its user: then the flow is named TLS, too.
    names_user: bool,
    /// A consent was seen before its request.
    has_consented: bool,
}

const PORT: u16 = 3389;
const CONNECTION_REQUEST: u8 = 0xe0;
const CONNECTION_CONFIRM: u8 = 0xd0;
const DATA: u8 = 0xf0;

/// Content of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    Other,
    /// The client asks for TLS, and may name a user.
    AsksForTls { names_user: bool },
    /// The server agrees to TLS.
    ConsentsToTls,
    /// It has only the content of any X.224 frame.
    Plain,
}

impl Dissector for Rdp {
    const META: Meta =
        Meta::tcp_udp(labels::RDP).ports(&[PORT]).specification("MS-RDPBCGR, section 2.2.1; MS-RDPEUDP, section 2.2.2");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if segment.is_udp() {
            return Verdict::matched_if(is_datagram(segment));
        }
        if let Some(verdict) = state.inspect_tls(segment, found) {
            return verdict;
        }
        let asked = matches!(state.tls, Tunnel::AskedFor);
        match frame(&mut segment.reader(), found) {
            Ok(Some(Frame::AsksForTls { names_user })) => {
                state.names_user = names_user;
                if state.has_consented {
                    state.tls.open();
                } else {
                    state.tls = Tunnel::AskedFor;
                }
                Verdict::Matched(Then::Wait)
            }
            Ok(Some(Frame::ConsentsToTls)) if asked => {
                state.tls.open();
                Verdict::Matched(Then::Wait)
            }
            Ok(Some(Frame::ConsentsToTls)) if !state.has_consented => {
                state.has_consented = true;
                Verdict::Matched(Then::Wait)
            }
            // The consent is late or missing: the client's hello shows that there was one.
            Ok(None) if asked && matches!(segment.payload, [0x16, 0x03, ..]) => {
                state.tls.open();
                state.inspect_tls(segment, found).unwrap_or(Verdict::DONE)
            }
            Ok(Some(Frame::Plain)) if !segment.has_port(PORT) => Verdict::Excluded,
            Ok(Some(_)) => Verdict::DONE,
            Ok(None) if asked => Verdict::DONE,
            Ok(None) => Verdict::Excluded,
            Err(Short) if asked => Verdict::Matched(Then::More),
            Err(Short) => Verdict::More,
        }
    }
}

impl State {
    /// Once TLS has begun.
    fn inspect_tls(&mut self, segment: &Segment<'_>, found: &mut Found<'_>) -> Option<Verdict> {
        if !self.names_user {
            return inspect_within(&mut self.tls, segment, found, labels::RDP);
        }
        let verdict = self.tls.inspect(segment, found, labels::TLS)?;
        found.application(labels::RDP);
        Some(verdict)
    }
}

/// RFC 1006, section 6: version 3, a length; then X.224, section 13.
fn frame(reader: &mut Reader<'_>, found: &mut Found<'_>) -> Result<Option<Frame>, Short> {
    if reader.u8()? != 3 || reader.u8()? != 0 {
        return Ok(None);
    }
    let Some(length) = usize::from(reader.u16()?).checked_sub(4) else { return Ok(None) };
    if length < 3 {
        return Ok(None);
    }
    let (header, kind) = (usize::from(reader.u8()?), reader.u8()?);
    match kind {
        CONNECTION_REQUEST | CONNECTION_CONFIRM if header + 1 == length && header >= 6 => {
            let mut parameters = Reader::new(reader.take(header - 1)?);
            if parameters.array::<5>()?.last() != Some(&0) {
                return Ok(None);
            }
            let is_request = kind == CONNECTION_REQUEST;
            Ok(if is_request { request(parameters, found) } else { confirm(parameters.rest()) })
        }
        DATA if header == 2 && reader.u8()? == 0x80 => {
            let marks = [&b"Duca"[..], b"McDn"];
            let is_of_conference = reader.u8()? == 0x7f && matches!(reader.u8()?, 0x65 | 0x66);
            let data = reader.rest();
            let has_mark = marks.iter().any(|mark| memchr::memmem::find(data, mark).is_some());
            match is_of_conference {
                true if has_mark => Ok(Some(Frame::Other)),
                true if data.len() < 512 => Err(Short),
                _ => Ok(None),
            }
        }
        _ => Ok(None),
    }
}

/// Section 2.2.1.1: a cookie or a token, and the security that the client supports.
fn request(mut parameters: Reader<'_>, found: &mut Found<'_>) -> Option<Frame> {
    let mut names_user = false;
    if parameters.rest().starts_with(b"Cookie: ") || parameters.rest().starts_with(b"tsv://") {
        let line = parameters.line().ok()?;
        if let Some(user) = line.strip_prefix(b"Cookie: mstshash=") {
            found.field(Field::User, user);
            names_user = true;
        } else if !line.starts_with(b"Cookie: msts=") && !line.starts_with(b"tsv://") {
            return None;
        }
    }
    match negotiation(parameters.rest()) {
        Some((0x01, protocols)) if protocols != 0 => Some(Frame::AsksForTls { names_user }),
        Some((0x01, _)) => Some(Frame::Other),
        None if parameters.is_empty() => Some(if names_user { Frame::Other } else { Frame::Plain }),
        _ => None,
    }
}

/// Section 2.2.1.2.
fn confirm(parameters: &[u8]) -> Option<Frame> {
    match negotiation(parameters) {
        Some((0x02, 0)) | Some((0x03, _)) => Some(Frame::Other),
        Some((0x02, _)) => Some(Frame::ConsentsToTls),
        None if parameters.is_empty() => Some(Frame::Plain),
        _ => None,
    }
}

/// Kind, flags, a length that is always 8, and protocols or a reason.
fn negotiation(bytes: &[u8]) -> Option<(u8, u32)> {
    let (&[kind, _flags, 8, 0, a, b, c, d], _) = bytes.split_first_chunk::<8>()? else { return None };
    let value = u32::from_le_bytes([a, b, c, d]);
    (value < 0x100).then_some((kind, value))
}

/// Section 2.2.2.1 of MS-RDPEUDP.
fn is_datagram(segment: &Segment<'_>) -> bool {
    const SYN: u16 = 0x0001;
    const ACK_AND_DATA: u16 = 0x000c;
    let mut reader = segment.reader();
    let (Ok(acknowledged), Ok(_window), Ok(flags)) = (reader.u32(), reader.u16(), reader.u16()) else { return false };
    if flags & SYN != 0 && flags & 0xc000 == 0 {
        return is_syn(&mut reader, acknowledged, flags, segment.wire_len) == Ok(true);
    }
    flags == ACK_AND_DATA && segment.has_port(PORT) && is_secure_data(&mut reader) == Ok(true)
}

/// A first sequence number and the greatest packet size; padded to that size.
fn is_syn(reader: &mut Reader<'_>, acknowledged: u32, flags: u16, length: usize) -> Result<bool, Short> {
    const ACK: u16 = 0x0004;
    const SIZES: std::ops::RangeInclusive<u16> = 1132..=1232;
    let (_sequence, up, down) = (reader.u32()?, reader.u16()?, reader.u16()?);
    let is_answer = flags & ACK != 0;
    let is_first = acknowledged == 0xffff_ffff;
    Ok(SIZES.contains(&up) && SIZES.contains(&down) && is_answer != is_first && length >= 1132)
}

/// A vector of what was received, the same sequence number twice if nothing was coded again, then TLS or DTLS.
fn is_secure_data(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let vector = usize::from(reader.u16()?);
    reader.skip((vector + 2).next_multiple_of(4) - 2)?;
    let is_plain = reader.u32()? == reader.u32()?;
    let (kind, version) = (reader.u8()?, reader.u8()?);
    Ok(is_plain && matches!(kind, 0x14..=0x17) && matches!(version, 0x03 | 0xfe))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissectors::tls::tests::hello_record;
    use crate::testing::{Exchange, assert_named, hex};

    fn request(cookie: &str, rest: &str) -> Vec<u8> {
        let parameters = [cookie.as_bytes(), &hex(rest)].concat();
        let length = parameters.len() as u8;
        [&[3, 0, 0, length + 11, length + 6, 0xe0, 0, 0, 0, 0, 0], &parameters[..]].concat()
    }

    #[test]
    fn recognised_over_tcp() {
        for exchange in [
            Exchange::tcp(33890).client(request("Cookie: mstshash=me\r\n", "")),
            Exchange::tcp(33890).client(request("", "01 00 08 00 0b 00 00 00")),
            Exchange::tcp(33890).client(request("Cookie: msts=3640205228.15629.0000\r\n", "01 00 08 00 03 00 00 00")),
            Exchange::tcp(33890).server(hex("03000013 0e d0 0000 1234 00 02 1f 0800 02000000")),
            Exchange::tcp(3389).server(hex("0300000b 06 d0 0000 1234 00")),
            Exchange::tcp(33890).client([&hex("03000030 02f080 7f65")[..], b"12345678Duca12345678"].concat()),
        ] {
            assert_named(&exchange, labels::RDP);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn follows_a_named_user_into_tls() {
        let asked = Exchange::tcp(3389).client(request("Cookie: mstshash=me\r\n", "01 00 08 00 03 00 00 00"));
        assert_named(&asked, labels::RDP);
        assert_eq!(asked.outcome().field(Field::User), "me");
        let hello = b"\x16\x03\x01\x00\x2e\x01\x00\x00\x2a\x03\x03";
        let consented = asked.server(hex("03000013 0e d0 0000 1234 00 02 1f 0800 02000000")).client(hello);
        assert_eq!(consented.name(), "TLS.RDP");
        let consent = hex("03000013 0e d0 0000 1234 00 02 1f 0800 02000000");
        let request = request("Cookie: mstshash=me\r\n", "01 00 08 00 03 00 00 00");
        let late = [
            Exchange::tcp(3389).server(&consent).client(&request).client(hello),
            Exchange::tcp(3389).client(&request).client(hello).server(&consent),
        ];
        assert_eq!(late.map(|exchange| exchange.name()), ["TLS.RDP", "TLS.RDP"]);
    }

    #[test]
    fn follows_into_tls_without_a_user_too() {
        let tls = Exchange::tcp(33890)
            .client(request("", "01 00 08 00 03 00 00 00"))
            .server(hex("03000013 0e d0 0000 1234 00 02 1f 0800 02000000"))
            .client(hello_record("desk.example"));
        assert_named(&tls, labels::RDP);
        assert_eq!(tls.outcome().server_name(), "desk.example");
        tls.assert_cuts_do_not_matter();
    }

    #[test]
    fn recognised_over_udp() {
        let mut syn = hex("ffffffff 0040 1801 bbff5687 04d0 04d0");
        syn.resize(1232, 0);
        let data = hex("10976033 0400 000c 0001 0000 e65f846d e65f846d 16 03 03 00");
        for exchange in [Exchange::udp(33890).client(&syn), Exchange::udp(3389).client(&data)] {
            assert_named(&exchange, labels::RDP);
            exchange.assert_cuts_do_not_matter();
        }
        assert_eq!(Exchange::udp(3390).client(&data).verdict_of::<Rdp>(), Verdict::Excluded);
        syn.truncate(600);
        assert_eq!(Exchange::udp(3389).client(&syn).verdict_of::<Rdp>(), Verdict::Excluded);
    }

    #[test]
    fn refuses_its_neighbours() {
        for frame in ["0300 0016 11 e0 0000 0001 00 c1020100 c2020102 c0010a", "0300 000b 06 e0 0000 0000 00", "0300 0003 02"] {
            assert_eq!(Exchange::tcp(102).client(hex(frame)).verdict_of::<Rdp>(), Verdict::Excluded, "{frame}");
        }
    }
}
