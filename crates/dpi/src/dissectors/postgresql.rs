//! PostgreSQL: the frontend/backend protocol, versions 2 and 3 (postgresql.org, chapter "Frontend/Backend Protocol"). The client
//! opens with a length and a version, or asks for encryption.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Then, Verdict};
use crate::dissectors::dialogue::{Tunnel, inspect_within};
use crate::metadata::Field;
use crate::vocabulary::labels;

pub(super) struct Postgresql;

/// TLS, if the client asks for it.
#[derive(Default)]
pub(crate) struct State {
    tls: Tunnel,
}

const CANCEL_REQUEST: u32 = 80_877_102;
const SSL_REQUEST: u32 = 80_877_103;
const GSSENC_REQUEST: u32 = 80_877_104;
/// Its length, then [`SSL_REQUEST`].
const SSL_REQUEST_MESSAGE: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

impl Dissector for Postgresql {
    const META: Meta = Meta::tcp(labels::POSTGRESQL)
        .ports(&[5432])
        .starts_with(&[b"\x00\x00", b"R\x00\x00\x00", b"E\x00\x00", b"Q\x00\x00", b"P\x00\x00"])
        .specification("postgresql.org: Message Formats");

    type State = State;

    fn inspect(state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if let Some(verdict) = inspect_within(&mut state.tls, segment, found, labels::POSTGRESQL) {
            return verdict;
        }
        if matches!(state.tls, Tunnel::AskedFor) {
            return state.on_answer(segment);
        }
        if segment.payload == SSL_REQUEST_MESSAGE {
            state.tls = Tunnel::AskedFor;
            return Verdict::Matched(Then::Wait);
        }
        let mut reader = segment.reader();
        let holds = match segment.payload.first() {
            Some(0) => startup(&mut reader, found),
            _ => message(&mut reader, segment),
        };
        holds.map_or(Verdict::More, Verdict::matched_if)
    }
}

impl State {
    /// One byte: S for yes. After a no, the connection continues in the clear.
    fn on_answer(&mut self, segment: &Segment<'_>) -> Verdict {
        match segment.payload {
            b"S" => {
                self.tls.open();
                Verdict::Matched(Then::Wait)
            }
            _ => Verdict::DONE,
        }
    }
}

fn startup(reader: &mut Reader<'_>, found: &mut Found<'_>) -> Result<bool, Short> {
    let length = reader.u32()? as usize;
    if !(8..10_000).contains(&length) || reader.len() + 4 > length {
        return Ok(false);
    }
    match (reader.u32()?, length) {
        (SSL_REQUEST | GSSENC_REQUEST, 8) | (CANCEL_REQUEST, 16..=268) => Ok(true),
        // Version 2: fixed fields for database, user, options.
        (0x0002_0000, 296) => Ok(true),
        (0x0003_0000..=0x0003_0009, 9..) => {
            let mut parameters = Reader::new(reader.take(length - 8)?);
            Ok(names_user(&mut parameters, found))
        }
        _ => Ok(false),
    }
}

/// Names and values, each with a zero after it, and another zero.
fn names_user(parameters: &mut Reader<'_>, found: &mut Found<'_>) -> bool {
    let mut strings = parameters.rest().split(|byte| *byte == 0);
    let mut has_user = false;
    while let (Some(name), Some(value)) = (strings.next(), strings.next()) {
        if name == b"user" {
            found.field(Field::User, value);
            has_user = true;
        }
    }
    has_user
}

/// A kind, a length, and how the body of that kind begins.
fn message(reader: &mut Reader<'_>, segment: &Segment<'_>) -> Result<bool, Short> {
    let (kind, length) = (reader.u8()?, reader.u32()? as usize);
    match kind {
        // Authentication: one of its methods, then at most the data of that method.
        b'R' if (8..=4096).contains(&length) => {
            let method = reader.u32()?;
            let rest = length - 8;
            let fits = match method {
                0 | 2 | 3 | 6 | 7 | 9 => rest == 0,
                5 => rest == 4,
                4 => rest == 2,
                8 | 10..=12 => rest > 0,
                _ => false,
            };
            let followed_by = reader.rest().get(rest);
            Ok(fits && matches!(followed_by, None | Some(b'R' | b'S' | b'K' | b'Z' | b'N' | b'E' | b'v')))
        }
        b'E' if (16..2048).contains(&length) => {
            let body = reader.take(length - 4)?;
            Ok(body.first() == Some(&b'S') && memchr::memmem::find(body, b"\0C").is_some() && body.ends_with(b"\0\0"))
        }
        b'Q' | b'P' if segment.has_port(5432) && (6..8192).contains(&length) => {
            Ok(reader.take(length - 4)?.iter().all(|byte| *byte == 0 || *byte >= b'\t'))
        }
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissectors::tls::tests::hello_record;
    use crate::testing::{Exchange, assert_named, hex};

    fn startup() -> Vec<u8> {
        [&hex("00000020 00030000")[..], b"user\0me\0database\0mine\0\0\0"].concat()
    }

    #[test]
    fn recognised_by_either_side() {
        for exchange in [
            Exchange::tcp(6432).client(startup()),
            Exchange::tcp(6432).client(hex("00000008 04d2162f")).server("S"),
            Exchange::tcp(6432).client(hex("00000008 04d21630")).server("N"),
            Exchange::tcp(6432).client(hex("00000010 04d2162e 00000001 00000002")),
            Exchange::tcp(6432).server(hex("52 0000000c 00000005 01020304")),
            Exchange::tcp(6432).server(b"E\0\0\0\x1cSFATAL\0C28000\0Mno role\0\0"),
            Exchange::tcp(5432).client(b"Q\0\0\0\x0dselect 1\0"),
        ] {
            assert_named(&exchange, labels::POSTGRESQL);
            exchange.assert_cuts_do_not_matter();
        }
        assert_eq!(Exchange::tcp(5432).client(startup()).outcome().field(Field::User), "me");
    }

    #[test]
    fn what_tls_tells_is_kept_and_the_name_stays() {
        let hello = hello_record("www.facebook.com");
        let encrypted = Exchange::tcp(5432).client(SSL_REQUEST_MESSAGE).server("S").client(hello);
        assert_named(&encrypted, labels::POSTGRESQL);
        assert_eq!(encrypted.outcome().server_name(), "www.facebook.com");
        assert!(encrypted.outcome().metadata.client_fingerprint.is_some());
        encrypted.assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        for payload in [hex("00000008 04d21631"), hex("00000009 04d2162f 00"), hex("00000010 00030000 6e616d65 00 00 00 00")] {
            let exchange = Exchange::tcp(5432).client(&payload);
            assert_eq!(exchange.verdict_of::<Postgresql>(), Verdict::Excluded, "{payload:?}");
        }
    }
}
