//! MySQL and MariaDB: the client/server protocol (dev.mysql.com, "Client/Server Protocol"). Packets of a length and a number;
//! the server greets first.

use crate::dissect::lines::is_text;
use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Then, Verdict};
use crate::dissectors::dialogue::{Tunnel, inspect_within};
use crate::metadata::Field;
use crate::vocabulary::labels;

pub(super) struct Mysql;

/// TLS, if the server offers it and the client accepts.
#[derive(Default)]
pub(crate) struct State {
    /// Whether the server has offered it, and it is the client's turn.
    is_offered: bool,
    tls: Tunnel,
}

/// A capability of both sides: what follows a login without a name is TLS.
const CLIENT_SSL: u32 = 0x0800;

/// Greatest plausible length of a greeting or login.
const LONGEST_PACKET: usize = 4096;

impl Dissector for Mysql {
    const META: Meta = Meta::tcp(labels::MYSQL)
        .ports(&[3306, 3307])
        .specification("dev.mysql.com: Connection Phase, HandshakeV9, HandshakeV10, HandshakeResponse41");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if let Some(verdict) = inspect_within(&mut state.tls, segment, found, labels::MYSQL) {
            return verdict;
        }
        match asks_for_tls(segment.payload) {
            Ok(true) => {
                state.tls.open();
                return Verdict::Matched(Then::Wait);
            }
            Err(Short) if state.is_offered => return Verdict::Matched(Then::More),
            Ok(false) if state.is_offered => return Verdict::DONE,
            _ => {}
        }
        // The high byte of the length is zero, and the number 0 or 1.
        if !matches!(segment.payload, [] | [_] | [_, _] | [_, _, 0] | [_, _, 0, 0 | 1, ..]) {
            return Verdict::Excluded;
        }
        match packet(&mut segment.reader(), found, &mut state.is_offered) {
            Ok(true) if state.is_offered => Verdict::Matched(Then::Wait),
            Ok(holds) => Verdict::matched_if(holds),
            Err(Short) => Verdict::More,
        }
    }
}

/// `SSLRequest`: a login of 32 bytes that ends before the name.
fn asks_for_tls(payload: &[u8]) -> Result<bool, Short> {
    let mut reader = Reader::new(payload);
    if reader.array()? != [32, 0, 0, 1] {
        return Ok(false);
    }
    let body = reader.take(32)?;
    let capabilities = Reader::new(body).u32_le()?;
    Ok(capabilities & CLIENT_SSL != 0 && reader.is_empty() && login(&mut Reader::new(body))?)
}

fn packet(reader: &mut Reader<'_>, found: &mut Found<'_>, offers_tls: &mut bool) -> Result<bool, Short> {
    let [low, high, _, number] = reader.array()?;
    let length = usize::from(u16::from_le_bytes([low, high]));
    if !(8..LONGEST_PACKET).contains(&length) || reader.len() > length {
        return Ok(false);
    }
    if number == 1 {
        return login(&mut Reader::new(reader.take(length)?));
    }
    match reader.u8()? {
        0x0a => greeting(reader, length, Some(offers_tls), found),
        0x09 => greeting(reader, length, None, found),
        0xff => refusal(&mut Reader::new(reader.take(length - 1)?)),
        _ => Ok(false),
    }
}

/// Version, thread, half of a challenge; since version 10 a zero and the server's capabilities.
fn greeting(
    reader: &mut Reader<'_>,
    length: usize,
    offers_tls: Option<&mut bool>,
    found: &mut Found<'_>,
) -> Result<bool, Short> {
    if reader.rest().first().is_some_and(|byte| !byte.is_ascii_graphic()) {
        return Ok(false);
    }
    let mut body = Reader::new(reader.take(length - 1)?);
    let Some(end) = memchr::memchr(0, body.rest()) else { return Ok(false) };
    let version = body.take(end)?;
    let is_version = version.len() >= 3 && version.first().is_some_and(u8::is_ascii_digit) && version.is_ascii();
    if !is_version || !is_text(version) || body.len() < 1 + 4 + 8 + 1 {
        return Ok(false);
    }
    body.skip(1 + 4 + 8)?;
    found.field(Field::ServerSoftware, version);
    let Some(offers_tls) = offers_tls else { return Ok(true) };
    let is_v10 = body.u8()? == 0;
    *offers_tls = is_v10 && body.u16_le().is_ok_and(|capabilities| u32::from(capabilities) & CLIENT_SSL != 0);
    Ok(is_v10)
}

/// `Host '192.0.2.1' is not allowed to connect`, and other errors in the place of a greeting.
fn refusal(body: &mut Reader<'_>) -> Result<bool, Short> {
    let code = body.u16_le()?;
    Ok((1000..5000).contains(&code) && body.len() > 8 && is_text(body.rest()))
}

/// The client's capabilities, its greatest packet, a character set, and 23 zero bytes (the last four are capabilities in
/// MariaDB).
fn login(body: &mut Reader<'_>) -> Result<bool, Short> {
    const PROTOCOL_41: u32 = 0x0200;
    let (capabilities, longest, _charset) = (body.u32_le()?, body.u32_le()?, body.u8()?);
    let reserved = body.take(19);
    let is_reserved = reserved.is_ok_and(|bytes| bytes.iter().all(|byte| *byte == 0));
    Ok(is_reserved && capabilities & PROTOCOL_41 != 0 && longest <= 1 << 30)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissectors::tls::tests::hello_record;
    use crate::testing::{Exchange, assert_named, hex};

    fn framed(number: u8, body: &[u8]) -> Vec<u8> {
        [&[body.len() as u8, 0, 0, number], body].concat()
    }

    fn greeting() -> Vec<u8> {
        framed(0, b"\x0a8.0.36\0\x07\0\0\0challeng\0\xff\xf7\x21\x02\0\x0f\x80\x15")
    }

    fn login() -> Vec<u8> {
        let mut body = hex("85a6ff01 00000001 21");
        body.extend([0; 23]);
        body.extend(b"me\0");
        framed(1, &body)
    }

    #[test]
    fn recognised_by_either_side() {
        for exchange in [
            Exchange::tcp(3300).server(greeting()),
            Exchange::tcp(3300).client(login()),
            Exchange::tcp(3300).server(framed(0, b"\xff\x6a\x04Host '192.0.2.1' is not allowed")),
            Exchange::tcp(3300).server(framed(0, b"\x093.20.1\0\x07\0\0\0challeng\0")),
        ] {
            assert_named(&exchange, labels::MYSQL);
            exchange.assert_cuts_do_not_matter();
        }
        assert_eq!(Exchange::tcp(3306).server(greeting()).outcome().field(Field::ServerSoftware), "8.0.36");
    }

    #[test]
    fn what_tls_tells_is_kept_and_the_name_stays() {
        let mut request = hex("20000001 85aeff01 00000001 21");
        request.extend([0; 23]);
        let hello = hello_record("www.facebook.com");
        // The capability is in the high byte of those of the greeting.
        let mut offer = greeting();
        let high = offer.len() - 7;
        assert_eq!(std::mem::replace(&mut offer[high], 0xff), 0xf7);
        let encrypted = Exchange::tcp(3306).server(&offer).client(request).client(hello);
        assert_named(&encrypted, labels::MYSQL);
        assert_eq!(encrypted.outcome().server_name(), "www.facebook.com");
        encrypted.assert_cuts_do_not_matter();
        let in_clear = Exchange::tcp(3306).server(offer).client(login());
        assert_named(&in_clear, labels::MYSQL);
    }

    #[test]
    fn refuses_its_neighbours() {
        let mut longer = greeting();
        longer.push(0);
        let no_version = framed(0, b"\x0aeight\0\x07\0\0\0challeng\0\xff\xf7");
        for payload in [longer, no_version, framed(1, &[7; 40]), framed(2, &[0; 40])] {
            assert_eq!(Exchange::tcp(3306).server(&payload).verdict_of::<Mysql>(), Verdict::Excluded, "{payload:?}");
        }
    }
}
