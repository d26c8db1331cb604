//! DNScrypt: encrypted DNS (DNSCrypt protocol, versions 1 and 2). A resolver's answers begin with a constant, over TCP after their length,
//! and repeat the client's half of the nonce. The client's request for the certificate is recognised in `dns`.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const RESOLVER_MAGIC: &[u8] = b"r6fnvWj8";

/// The constant, the nonce, the authentication tag, and the encrypted data.
const SHORTEST_RESPONSE: usize = 8 + 24 + 16 + 12;

/// The constant of a certificate, the client's key, its half of the nonce, the tag of the encryption.
const QUERY_HEADER: usize = 8 + 32 + 12 + 16;

pub(super) struct Dnscrypt;

impl Dissector for Dnscrypt {
    const META: Meta = Meta::tcp_udp(labels::DNSCRYPT)
        .starts_with(&[
            RESOLVER_MAGIC, b"\0", b"\x01", b"\x02", b"\x03", b"\x04", b"\x05", b"\x06", b"\x07", b"\x08", b"\x09",
            b"\x0a", b"\x0b", b"\x0c", b"\x0d", b"\x0e", b"\x0f", b"\x10",
        ])
        .specification("DNSCrypt version 2 protocol");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        if segment.is_udp() {
            let payload = segment.payload;
            return Verdict::matched_if(payload.starts_with(RESOLVER_MAGIC) && payload.len() >= SHORTEST_RESPONSE);
        }
        match is_response(segment.reader()) {
            Ok(true) => Verdict::DONE,
            Ok(false) if segment.is_first_of_direction() => may_be_query(segment.reader()).unwrap_or(Verdict::More),
            Ok(false) => Verdict::Wait,
            Err(Short) => Verdict::More,
        }
    }
}

fn is_response(mut reader: Reader<'_>) -> Result<bool, Short> {
    let length = reader.u16()?;
    let start = reader.rest().get(..RESOLVER_MAGIC.len()).unwrap_or(reader.rest());
    if usize::from(length) < SHORTEST_RESPONSE || !RESOLVER_MAGIC.starts_with(start) {
        return Ok(false);
    }
    reader.skip(RESOLVER_MAGIC.len()).map(|()| true)
}

/// The encrypted part, or else the whole message, is padded to a multiple of 64 bytes. The answer decides.
fn may_be_query(mut reader: Reader<'_>) -> Result<Verdict, Short> {
    let length = usize::from(reader.u16()?);
    if length <= QUERY_HEADER || ![0, QUERY_HEADER % 64].contains(&(length % 64)) {
        return Ok(Verdict::Excluded);
    }
    reader.skip(length)?;
    Ok(if reader.is_empty() { Verdict::Wait } else { Verdict::Excluded })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_the_answer() {
        let response = [RESOLVER_MAGIC, &[0xa5; 104]].concat();
        assert_named(&Exchange::udp(443).client([0x5a; 512]).server(&response), labels::DNSCRYPT);
        assert_named(&Exchange::udp(5443).server(response), labels::DNSCRYPT);
        let short = Exchange::udp(443).server(RESOLVER_MAGIC);
        assert_eq!(short.verdict_of::<Dnscrypt>(), Verdict::Excluded);
    }

    #[test]
    fn recognised_over_tcp() {
        let message = |length: u8, start: &[u8]| [&[0x01, length], start, &[0xa5; 104]].concat();
        for length in [512_u16, 580] {
            let query = [&length.to_be_bytes(), &[0x5a; 580][..length.into()]].concat();
            let exchange = Exchange::tcp(443).client(query).server(message(0x70, RESOLVER_MAGIC));
            assert_named(&exchange, labels::DNSCRYPT);
            exchange.assert_cuts_do_not_matter();
        }
        let other = [&[0x02, 0x01], &[0x5a; 512][..]].concat();
        assert_eq!(Exchange::tcp(443).client(other).verdict_of::<Dnscrypt>(), Verdict::Excluded);
        assert_named(&Exchange::tcp(8443).server(message(0, RESOLVER_MAGIC)), labels::DNSCRYPT);
        Exchange::tcp(443).server(message(0, RESOLVER_MAGIC)).assert_cuts_do_not_matter();
        for other in [message(1, b"r6fnvWj9"), [&[0, 0x30], RESOLVER_MAGIC].concat(), RESOLVER_MAGIC.to_vec()] {
            assert_eq!(Exchange::tcp(443).server(other).verdict_of::<Dnscrypt>(), Verdict::Excluded);
        }
    }
}
