//! OpenVPN: a tunnel over UDP, or over TCP with a length before each packet (OpenVPN: Network protocol; Internet-Draft "OpenVPN
//! Wire Protocol"). The opcode is in the first byte, the sender's session in the next eight. A control channel has different forms
//! without protection, with HMAC (tls-auth) and encrypted (tls-crypt).

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct OpenVpn;

const RESET_CLIENT_1: u8 = 1;
const RESET_SERVER_1: u8 = 2;
const CONTROL: u8 = 4;
const ACKNOWLEDGEMENT: u8 = 5;
const RESET_CLIENT_2: u8 = 7;
const RESET_SERVER_2: u8 = 8;
const RESET_CLIENT_3: u8 = 10;
const CONTROL_WRAPPED_KEY: u8 = 11;

/// The upper half of a packet number against replay; clients whose state the server need not keep use special values.
const REPLAY_UPPER_HALVES: [u16; 3] = [0, 0x0f00, 0x0a01];

/// MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512.
const HMAC_LENGTHS: [usize; 6] = [16, 20, 28, 32, 48, 64];

/// An acknowledgement holds at most eight numbers.
const MOST_ACKNOWLEDGED: u8 = 8;

/// Bytes of a session.
type Session = [u8; 8];

/// The session of each side, as far as a control packet named it, the source's first.
type State = [Option<Session>; 2];

impl Dissector for OpenVpn {
    const META: Meta = Meta::tcp_udp(labels::OPENVPN)
        .ports(&[1194])
        .starts_with(&[
            &[RESET_CLIENT_1 << 3],
            &[RESET_SERVER_1 << 3],
            &[CONTROL << 3],
            &[ACKNOWLEDGEMENT << 3],
            &[RESET_CLIENT_2 << 3],
            &[RESET_SERVER_2 << 3],
            &[RESET_CLIENT_3 << 3],
            &[CONTROL_WRAPPED_KEY << 3],
            // TCP: the length.
            &[0],
            &[1],
            &[2],
            &[3],
            &[4],
            &[5],
        ])
        .max_segments(8)
        .specification("OpenVPN: Network protocol; draft-openvpn-wire-protocol");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        if segment.is_tcp() {
            match framed(segment) {
                Ok(Some(packet)) => reader = packet,
                Ok(None) => return Verdict::Excluded,
                Err(Short) => return Verdict::More,
            }
        }
        packet(state, reader, segment.from_source).unwrap_or(Verdict::Excluded)
    }
}

/// TCP: the first packet, if it may be one.
fn framed<'a>(segment: &Segment<'a>) -> Result<Option<Reader<'a>>, Short> {
    let mut reader = segment.reader();
    let length = reader.u16()?;
    let opcode = Reader::new(reader.rest()).u8()? >> 3;
    let is_control = matches!(
        opcode,
        RESET_CLIENT_1..=RESET_SERVER_1 | CONTROL..=ACKNOWLEDGEMENT | RESET_CLIENT_2..=RESET_SERVER_2
            | RESET_CLIENT_3..=CONTROL_WRAPPED_KEY
    );
    if !is_control || !(14..=0x600).contains(&length) {
        return Ok(None);
    }
    reader.take(length.into()).map(|packet| Some(Reader::new(packet)))
}

fn packet(state: &mut State, mut reader: Reader<'_>, from_source: bool) -> Result<Verdict, Short> {
    let opcode = reader.u8()? >> 3;
    let session = reader.array::<8>()?;
    if !looks_random(&session) {
        return Ok(Verdict::Excluded);
    }
    let [from_client, from_server] = state;
    let (mine, theirs) = if from_source { (from_client, from_server) } else { (from_server, from_client) };
    let is_reset = matches!(
        opcode,
        RESET_CLIENT_1 | RESET_SERVER_1 | RESET_CLIENT_2 | RESET_SERVER_2 | RESET_CLIENT_3
    );
    let says_enough = match opcode {
        _ if is_reset => is_plain_reset(reader) || is_signed_reset(reader) || is_encrypted_reset(opcode, reader),
        CONTROL | CONTROL_WRAPPED_KEY => is_plain_control(reader).unwrap_or(false),
        ACKNOWLEDGEMENT => is_plain_acknowledgement(reader).unwrap_or(false),
        _ => return Ok(Verdict::Excluded),
    };
    if says_enough {
        return Ok(Verdict::DONE);
    }
    // A session of 64 random bits that is repeated, or that the other side acknowledges.
    let is_old = opcode == RESET_CLIENT_1 || opcode == RESET_SERVER_1;
    let is_known = !is_old && *mine == Some(session) && is_protected(reader);
    if is_known || theirs.is_some_and(|theirs| acknowledges(reader, theirs)) {
        return Ok(Verdict::DONE);
    }
    *mine = Some(session);
    Ok(Verdict::Wait)
}

fn looks_random(session: &Session) -> bool {
    let repeated = session.windows(2).filter(|pair| pair.first() == pair.last()).count();
    let zeros = session.iter().filter(|byte| **byte == 0).count();
    repeated < 2 && zeros < 2 && !session.is_ascii()
}

/// The acknowledged numbers and, with them, the session of the other side; then the packet's own number.
fn read_numbers(reader: &mut Reader<'_>) -> Result<u32, Short> {
    skip_acknowledged(reader)?;
    reader.u32()
}

fn skip_acknowledged(reader: &mut Reader<'_>) -> Result<(), Short> {
    let count = reader.u8()?;
    if count > MOST_ACKNOWLEDGED {
        return Err(Short);
    }
    for _ in 0..count {
        if reader.u32()? > 0xffff {
            return Err(Short);
        }
    }
    reader.skip(if count > 0 { 8 } else { 0 })
}

fn is_plain_reset(mut reader: Reader<'_>) -> bool {
    read_numbers(&mut reader) == Ok(0) && reader.is_empty()
}

/// tls-auth: HMAC, number and time against replay, then as without.
fn is_signed_reset(reader: Reader<'_>) -> bool {
    HMAC_LENGTHS.iter().any(|length| {
        let mut reader = reader;
        reader.skip(*length).is_ok() && is_replay_number(&mut reader) && is_plain_reset(reader)
    })
}

/// tls-crypt: number and time against replay, HMAC-SHA-256, cipher text of the same length as the plain text; with
/// tls-crypt-v2 the client's key follows, and ends with its length.
fn is_encrypted_reset(opcode: u8, mut reader: Reader<'_>) -> bool {
    const HMAC_LENGTH: usize = 32;
    // Number of acknowledged packets, own number; in an answer also the acknowledged numbers.
    const ALONE: usize = 5;
    const IN_ANSWER: usize = 5 + 4 + 8;
    if !is_replay_number(&mut reader) || reader.skip(HMAC_LENGTH).is_err() {
        return false;
    }
    match opcode {
        RESET_CLIENT_3 => match (reader.len().checked_sub(ALONE), reader.rest()) {
            (Some(key), [.., high, low]) => usize::from(u16::from_be_bytes([*high, *low])) == key,
            _ => false,
        },
        RESET_CLIENT_2 => reader.len() == ALONE,
        RESET_SERVER_2 => reader.len() == ALONE || reader.len() == IN_ANSWER,
        _ => false,
    }
}

/// A session's first packets, and a time since 2001.
fn is_replay_number(reader: &mut Reader<'_>) -> bool {
    const YEAR_2001: u32 = 0x3a4f_c880;
    let (upper_half, number, time) = (reader.u16(), reader.u16(), reader.u32());
    upper_half.is_ok_and(|half| REPLAY_UPPER_HALVES.contains(&half))
        && number.is_ok_and(|number| (1..0x100).contains(&number))
        && time.is_ok_and(|time| time > YEAR_2001)
}

/// A later packet of a protected control channel: number and time are after the HMAC (tls-auth) or before it (tls-crypt).
fn is_protected(reader: Reader<'_>) -> bool {
    const SHORTEST: usize = 16 + 8 + 1;
    reader.len() >= SHORTEST
        && std::iter::once(0).chain(HMAC_LENGTHS).any(|length| {
            let mut reader = reader;
            reader.skip(length).is_ok() && is_replay_number(&mut reader)
        })
}

/// Without protection, the content is readable: a TLS record of a handshake.
fn is_plain_control(mut reader: Reader<'_>) -> Result<bool, Short> {
    read_numbers(&mut reader)?;
    Ok(matches!(reader.rest(), [0x16, 3, 0..=4, ..]))
}

fn is_plain_acknowledgement(mut reader: Reader<'_>) -> Result<bool, Short> {
    let acknowledges_something = !matches!(reader.rest(), [0, ..]);
    skip_acknowledged(&mut reader)?;
    Ok(acknowledges_something && reader.is_empty())
}

fn acknowledges(mut reader: Reader<'_>, theirs: Session) -> bool {
    let Ok(count) = reader.u8() else { return false };
    (1..=MOST_ACKNOWLEDGED).contains(&count)
        && reader.skip(4 * usize::from(count)).is_ok()
        && reader.array() == Ok(theirs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const CLIENT: &str = "39fded2daa10a437";
    const SERVER: &str = "9421917de7267729";

    fn framed(packet: &[u8]) -> Vec<u8> {
        [&(packet.len() as u16).to_be_bytes(), packet].concat()
    }

    fn filled(start: &str, filling: usize, end: &str) -> Vec<u8> {
        [hex(start), vec![0xa5; filling], hex(end)].concat()
    }

    #[test]
    fn first_packets_say_what_they_are() {
        let packets = [
            hex(&format!("38 {CLIENT} 00 00000000")),
            hex(&format!("40 {SERVER} 01 00000000 {CLIENT} 00000000")),
            filled(&format!("38 {CLIENT}"), 20, "00000001 625a9e97 00 00000000"),
            filled(&format!("40 {SERVER}"), 64, &format!("00000001 625a9e97 01 00000000 {CLIENT} 00000000")),
            filled(&format!("38 {CLIENT} 00000001 625a9e97"), 32 + 5, ""),
            filled(&format!("50 {CLIENT} 0f000001 625a9e97"), 32 + 5 + 290, "0124"),
            hex(&format!("20 {CLIENT} 00 00000001 160301 008c")),
            hex(&format!("28 {SERVER} 02 00000001 00000002 {CLIENT}")),
        ];
        for packet in packets {
            assert_named(&Exchange::udp(7000).client(&packet), labels::OPENVPN);
            let exchange = Exchange::tcp(7000).client(framed(&packet));
            assert_named(&exchange, labels::OPENVPN);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn protected_packets_by_their_session() {
        let packet = |session: &str, number: u8| {
            filled(&format!("20 {session}"), 20, &format!("000000{number:02x} 625a9e97 00 00000001 a5a5a5a5"))
        };
        assert_named(&Exchange::udp(7000).server(packet(SERVER, 2)).server(packet(SERVER, 3)), labels::OPENVPN);
        let other = Exchange::udp(7000).server(packet(SERVER, 2)).server(packet(CLIENT, 3));
        assert_eq!(other.verdict_of::<OpenVpn>(), Verdict::Wait);
    }

    #[test]
    fn refuses_its_neighbours() {
        for other in ["38 4142434445464748 00 00000000", "39 39fded2daa10a437 09 00000000", "60 39fded2daa10a437 00 00000000"] {
            let verdict = Exchange::udp(1194).client(hex(other)).verdict_of::<OpenVpn>();
            assert_eq!(verdict, Verdict::Excluded, "{other}");
        }
        let longer = hex(&format!("38 {CLIENT} 00 00000000 00"));
        assert_eq!(Exchange::udp(1194).client(longer).verdict_of::<OpenVpn>(), Verdict::Wait);
        assert_eq!(Exchange::tcp(1194).client(hex("0005 38 39fd")).verdict_of::<OpenVpn>(), Verdict::Excluded);
    }
}
