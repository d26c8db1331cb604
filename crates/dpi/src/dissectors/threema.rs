//! Threema: a messenger; its chat protocol (Threema, "Cryptography Whitepaper", transport layer). Everything is encrypted: a client is
//! recognised by the lengths of the handshake, at the ports of the service.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

/// Ephemeral key and cookie.
const CLIENT_HELLO: usize = 32 + 16;
/// Cookie, and in a box: ephemeral key, the client's cookie.
const SERVER_HELLO: usize = 16 + 16 + 32 + 16;
/// The login: a box with the identity and its data; since version 5, another box with extensions behind it.
const LOGIN: usize = 128 + 16;
const LONGEST_EXTENSIONS: usize = 512;

pub(super) struct Threema;

/// Number of the three messages that have come.
#[derive(Debug, Default)]
pub(crate) struct Seen(u8);

impl Dissector for Threema {
    const META: Meta = Meta::tcp(labels::THREEMA)
        .only_on_ports(&[443, 5222])
        .max_segments(6)
        .weak()
        .specification("Threema, \"Cryptography Whitepaper\"");

    type State = Seen;

    fn inspect(seen: &mut Seen, segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let length = match seen.0 {
            0 => CLIENT_HELLO,
            1 => SERVER_HELLO,
            _ => LOGIN,
        };
        let is_of_client = seen.0 != 1;
        let is_to_server = [443, 5222].contains(&segment.dst_port);
        // The hello may be shown again together with the login, at the request of another dissector.
        let is_again = seen.0 == 2 && (CLIENT_HELLO + LOGIN..=CLIENT_HELLO + LOGIN + LONGEST_EXTENSIONS).contains(&segment.payload.len());
        let has_extensions = seen.0 == 2 && segment.payload.len() <= LOGIN + LONGEST_EXTENSIONS;
        if is_of_client != is_to_server || (segment.payload.len() > length && !is_again && !has_extensions) {
            return Verdict::Excluded;
        }
        if segment.payload.len() < length {
            return Verdict::More;
        }
        // Keys and cookies are random: text, or the zeros of a header, are something else.
        if seen.0 == 0 && !looks_random(segment.payload) {
            return Verdict::Excluded;
        }
        seen.0 = seen.0.saturating_add(1);
        if seen.0 == 3 { Verdict::DONE } else { Verdict::Wait }
    }
}

/// Of 48 random bytes, about 40 differ from all others before them, and about half are below 0x80.
fn looks_random(bytes: &[u8]) -> bool {
    let new = bytes.iter().enumerate().filter(|(at, byte)| !bytes.iter().take(*at).any(|other| other == *byte)).count();
    let low = bytes.iter().filter(|byte| **byte < 0x80).count();
    new * 4 >= bytes.len() * 3 && (bytes.len() / 6..=bytes.len() * 5 / 6).contains(&low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    fn random(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at * 167 + 13) as u8).collect()
    }

    #[test]
    fn recognised_by_its_lengths() {
        let exchange = Exchange::tcp(5222).client(random(48)).server(random(80)).client(random(144));
        assert_named(&exchange, labels::THREEMA);
        exchange.assert_cuts_do_not_matter();
        let extended = Exchange::tcp(5222).client(random(48)).server(random(80)).client(random(144 + 90));
        assert_named(&extended, labels::THREEMA);
    }

    #[test]
    fn refuses_its_neighbours() {
        for wrong in [
            Exchange::tcp(5222).client(random(49)),
            Exchange::tcp(5222).server(random(48)),
            Exchange::tcp(5222).client([0x20; 48]),
            Exchange::tcp(5222).client(random(48)).server(random(81)),
            Exchange::tcp(5222).client(random(48)).server(random(80)).client(random(1000)),
        ] {
            assert_eq!(wrong.verdict_of::<Threema>(), Verdict::Excluded);
        }
    }
}
