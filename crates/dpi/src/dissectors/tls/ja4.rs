//! JA4: the offer of a TLS client, sorted, so that the order of extensions does not matter (`FoxIO`, 2023; BSD 3-Clause).
//!
//! `t13d1516h2_8daaf6152771_e5627efa2ab1`: carrier, version, whether there is a server name, number of ciphers and extensions, first
//! and last character of the first ALPN name; then a hash of the ciphers; then one of extensions and signature algorithms.

use sha2::{Digest, Sha256};

use super::hello::{ALPN, Carrier, ClientHello, Codes, SERVER_NAME, is_grease};
use crate::dissect::hexadecimal::push_hexadecimal;

/// Number of bytes of a SHA-256 hash that are shown.
const SHOWN: usize = 6;

/// Numbers of one list that are sorted without allocation: more than any known client sends.
const MOST_IN_PLACE: usize = 128;

/// JA4 of a client hello.
pub(crate) fn of_client(hello: &ClientHello<'_>, carrier: Carrier) -> String {
    let mut place = [0; MOST_IN_PLACE];
    let mut more = Vec::new();
    let extensions = || hello.extensions.iter().map(|(code, _)| code).filter(|code| !is_grease(*code));

    let mut text = String::with_capacity(36);
    text.push(letter(carrier));
    text.push_str(version(hello));
    text.push(if hello.host().is_some() { 'd' } else { 'i' });
    let ciphers = sorted(hello.ciphers.iter().filter(|code| !is_grease(*code)), &mut place, &mut more);
    push_count(&mut text, ciphers.len());
    push_count(&mut text, extensions().count());
    text.extend(ends_of_alpn(hello.alpn.iter().next().unwrap_or_default()));
    text.push('_');
    push_hash(&mut text, ciphers, Codes::default());

    let others = extensions().filter(|code| ![SERVER_NAME, ALPN].contains(code));
    text.push('_');
    push_hash(&mut text, sorted(others, &mut place, &mut more), hello.signature_algorithms);
    text
}

/// Sorts numbers, in the given space or in a larger one.
fn sorted<'p>(
    codes: impl Iterator<Item = u16>,
    place: &'p mut [u16; MOST_IN_PLACE],
    more: &'p mut Vec<u16>,
) -> &'p [u16] {
    more.clear();
    let mut length = 0;
    for code in codes {
        match place.get_mut(length) {
            Some(free) if more.is_empty() => *free = code,
            _ if more.is_empty() => {
                more.extend_from_slice(place);
                more.push(code);
            }
            _ => more.push(code),
        }
        length += 1;
    }
    let all = if more.is_empty() { &mut place[..length] } else { &mut more[..] };
    all.sort_unstable();
    all
}

fn letter(carrier: Carrier) -> char {
    match carrier {
        Carrier::Tls => 't',
        Carrier::Dtls => 'd',
        Carrier::Quic => 'q',
    }
}

/// The newest offered version.
fn version(hello: &ClientHello<'_>) -> &'static str {
    match hello.newest_version() {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        0xfeff => "d1",
        0xfefd => "d2",
        0xfefc => "d3",
        _ => "00",
    }
}

/// Two digits; larger numbers are 99.
fn push_count(text: &mut String, count: usize) {
    let digit = |value: usize| char::from(b'0' + (value % 10) as u8);
    let count = count.min(99);
    text.extend([digit(count / 10), digit(count)]);
}

/// First and last character of a protocol name; if one is not a letter or digit, those of the name in hexadecimal.
fn ends_of_alpn(name: &[u8]) -> [char; 2] {
    let (Some(&first), Some(&last)) = (name.first(), name.last()) else { return ['0', '0'] };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [first.into(), last.into()];
    }
    [first >> 4, last & 0x0f].map(|nibble| char::from_digit(nibble.into(), 16).unwrap_or_default())
}

/// The beginning of the hash over two lists: the numbers in hexadecimal with commas between them, `_` between the lists.
/// For
/// empty lists it is the hash of empty text. The specification has zeros there; in practice it is `e3b0c44298fc`.
fn push_hash(text: &mut String, codes: &[u16], algorithms: Codes<'_>) {
    let mut hash = Sha256::new();
    update(&mut hash, codes.iter().copied());
    let mut algorithms = algorithms.iter().filter(|code| !is_grease(*code)).peekable();
    if !codes.is_empty() && algorithms.peek().is_some() {
        hash.update(b"_");
        update(&mut hash, algorithms);
    }
    push_hexadecimal(text, &hash.finalize()[..SHOWN]);
}

fn update(hash: &mut Sha256, codes: impl Iterator<Item = u16>) {
    let digit = |value: u16| b"0123456789abcdef"[usize::from(value & 0x0f)];
    for (index, code) in codes.enumerate() {
        let digits = [b',', digit(code >> 12), digit(code >> 8), digit(code >> 4), digit(code)];
        hash.update(if index == 0 { &digits[1..] } else { &digits });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissectors::tls::hello::tests::client;

    /// The example that the specification works through, with GREASE as Chrome sends it.
    #[test]
    fn published_example() {
        let ciphers = [
            0x4a4a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
            0x009c, 0x009d, 0x002f, 0x0035,
        ];
        let algorithms = b"\0\x10\x04\x03\x08\x04\x04\x01\x05\x03\x08\x05\x05\x01\x08\x06\x06\x01";
        let mut extensions: Vec<(u16, &[u8])> = vec![
            (0x1a1a, b""),
            (SERVER_NAME, b"\0\x04\0\0\x01a"),
            (0x000d, algorithms),
            (ALPN, b"\0\x0c\x02h2\x08http/1.1"),
            (0x002b, b"\x06\x2a\x2a\x03\x04\x03\x03"),
        ];
        let others = [0x1b, 0x33, 0x4469, 0x17, 0x2d, 0x05, 0x23, 0x12, 0x0b, 0x0a, 0xff01, 0x15];
        extensions.extend(others.map(|code| (code, &b""[..])));
        let body = client(0x0303, &ciphers, &extensions);
        let hello = ClientHello::parse(&body).expect("a hello");
        assert_eq!(of_client(&hello, Carrier::Tls), "t13d1516h2_8daaf6152771_e5627efa2ab1");
        assert_eq!(of_client(&hello, Carrier::Quic), "q13d1516h2_8daaf6152771_e5627efa2ab1");
    }

    #[test]
    fn long_lists_are_sorted_too() {
        for count in [0, 1, 127, 128, 129, 300] {
            let codes = (0..count).rev();
            let (mut place, mut more) = ([0; MOST_IN_PLACE], vec![7]);
            assert_eq!(sorted(codes, &mut place, &mut more), (0..count).collect::<Vec<u16>>());
        }
    }

    #[test]
    fn what_is_not_there() {
        let body = client(0xfefd, &[0x0a0a], &[]);
        let hello = ClientHello::parse(&body).expect("a hello");
        assert_eq!(of_client(&hello, Carrier::Dtls), "dd2i000000_e3b0c44298fc_e3b0c44298fc");
        assert_eq!(ends_of_alpn(b"\xab\xcd"), ['a', 'd']);
        assert_eq!(ends_of_alpn(b"0\xab"), ['3', 'b']);
        assert_eq!(ends_of_alpn(b"h"), ['h', 'h']);
    }
}
