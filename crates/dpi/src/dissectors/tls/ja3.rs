//! JA3 and JA3S: MD5 over the values that a TLS hello offers or chooses, in decimal, in their order (Salesforce, 2017).

use md5::{Digest, Md5};

use super::hello::{ClientHello, ServerHello, is_grease};
use crate::dissect::hexadecimal::push_hexadecimal;

/// JA3: version, ciphers, extensions, groups and point formats of the client, without GREASE.
pub(crate) fn of_client(hello: &ClientHello<'_>) -> String {
    let mut text = Decimal::default();
    text.list([hello.version]);
    text.next_part();
    text.list(hello.ciphers.iter().filter(|code| !is_grease(*code)));
    text.next_part();
    text.list(hello.extensions.iter().map(|(code, _)| code).filter(|code| !is_grease(*code)));
    text.next_part();
    text.list(hello.groups.iter().filter(|code| !is_grease(*code)));
    text.next_part();
    text.list(hello.point_formats.iter().copied().map(u16::from));
    text.finish()
}

/// JA3S: version, cipher and extensions of the server.
pub(crate) fn of_server(hello: &ServerHello<'_>) -> String {
    let mut text = Decimal::default();
    text.list([hello.version]);
    text.next_part();
    text.list([hello.cipher]);
    text.next_part();
    text.list(hello.extensions.iter().map(|(code, _)| code));
    text.finish()
}

/// The hashed text, passed to the hash piece by piece.
#[derive(Default)]
struct Decimal(Md5);

impl Decimal {
    /// Numbers with hyphens between them.
    fn list(&mut self, codes: impl IntoIterator<Item = u16>) {
        let mut is_first = true;
        for code in codes {
            if !std::mem::replace(&mut is_first, false) {
                self.0.update(b"-");
            }
            self.number(code);
        }
    }

    fn number(&mut self, code: u16) {
        let mut digits = [0; 5];
        let mut length = 0;
        let mut rest = code;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            length += 1;
            if rest == 0 {
                break;
            }
        }
        self.0.update(&digits[5 - length..]);
    }

    fn next_part(&mut self) {
        self.0.update(b",");
    }

    fn finish(self) -> String {
        let mut text = String::with_capacity(32);
        push_hexadecimal(&mut text, &self.0.finalize());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissectors::tls::hello::tests::{client, server};

    /// Examples that Salesforce published with JA3 and JA3S.
    #[test]
    fn published_examples() {
        let ciphers = [47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4];
        let extensions: [(u16, &[u8]); 3] =
            [(0, b"\0\x04\0\0\x01a"), (10, b"\0\x06\0\x17\0\x18\0\x19"), (11, b"\x01\0")];
        let body = client(0x0301, &ciphers, &extensions);
        let hello = ClientHello::parse(&body).expect("a hello");
        assert_eq!(of_client(&hello), "ada70206e40642a3e4461f35503241d5");

        let body = client(0x0301, &[4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99], &[]);
        let hello = ClientHello::parse(&body).expect("a hello");
        assert_eq!(of_client(&hello), "de350869b8c85de67a350c8d186f11e6");

        for (version, cipher, extensions, fingerprint) in [
            (0x0303, 49199, &[65281, 11, 15][..], "a95ca7eab4d47d051a5cd4fb7b6005dc"),
            (0x0301, 49172, &[65281, 11], "623de93db17d313345d7ea481e7443cf"),
        ] {
            let extensions: Vec<(u16, &[u8])> = extensions.iter().map(|code| (*code, &b""[..])).collect();
            let body = server(version, cipher, &extensions);
            let hello = ServerHello::parse(&body).expect("a hello");
            assert_eq!(of_server(&hello), fingerprint);
        }
    }

    #[test]
    fn grease_does_not_count() {
        let groups = b"\0\x04\x2a\x2a\0\x17";
        let with = client(0x0303, &[0x4a4a, 0x1301], &[(0x8a8a, b""), (10, groups), (0xfafa, b"")]);
        let without = client(0x0303, &[0x1301], &[(10, b"\0\x02\0\x17")]);
        let [with, without] =
            [&with, &without].map(|body| ClientHello::parse(body).map(|hello| of_client(&hello)));
        assert!(with.is_some() && with == without);
    }
}
