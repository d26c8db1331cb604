//! TeamSpeak: voice of versions 2 and 3 (public descriptions of its protocols): the client's handshake, the text of the query
//! port, and the registration of a server in the public list.

use crate::dissect::{Dissector, Found, Meta, Segment, Verdict};
use crate::vocabulary::labels;

/// The value in the place of the signature of version 3, before there is a key.
const INIT: &[u8] = b"TS3INIT1";
/// Number of all packets of that handshake.
const INIT_NUMBER: &[u8] = b"\x00\x65";
/// Version 2: class of packets outside of connections; login and its answer, and their lengths.
const LOGIN: &[u8] = b"\xf4\xbe\x03\x00";
const LOGIN_LENGTH: usize = 180;
const LOGIN_ANSWER: &[u8] = b"\xf4\xbe\x04\x00";
const LOGIN_ANSWER_LENGTH: usize = 436;
/// Greeting of query ports.
const QUERY: &[u8] = b"TS3\n\r";
const QUERY_OF_VERSION_2: &[u8] = b"[TS]\r\n";
/// The public list of servers, and the version of its protocol.
const LIST_PORT: u16 = 2010;
const LIST_VERSION: u8 = 1;

pub(super) struct TeamSpeak;

impl Dissector for TeamSpeak {
    const META: Meta = Meta::tcp_udp(labels::TEAMSPEAK)
        .ports(&[9987, 8767, 10011, LIST_PORT])
        .starts_with(&[INIT, LOGIN, LOGIN_ANSWER, QUERY, QUERY_OF_VERSION_2, &[LIST_VERSION]])
        .specification("public descriptions of its protocols");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let payload = segment.payload;
        if segment.is_tcp() {
            return match [QUERY, QUERY_OF_VERSION_2] {
                greetings if greetings.iter().any(|greeting| payload.starts_with(greeting)) => Verdict::DONE,
                greetings if greetings.iter().any(|greeting| greeting.starts_with(payload)) => Verdict::More,
                _ => Verdict::Excluded,
            };
        }
        if let Some(rest) = payload.strip_prefix(INIT) {
            return Verdict::matched_if(rest.starts_with(INIT_NUMBER));
        }
        Verdict::matched_if(match segment.wire_len {
            LOGIN_LENGTH => payload.starts_with(LOGIN),
            LOGIN_ANSWER_LENGTH => payload.starts_with(LOGIN_ANSWER),
            _ => segment.has_port(LIST_PORT) && is_registration(payload),
        })
    }
}

/// A server requests a key and gets it; then it sends its port and its number of places, and gets a result.
fn is_registration(payload: &[u8]) -> bool {
    const ASK: u8 = 1;
    const REGISTER: u8 = 2;
    match payload {
        [LIST_VERSION, _, _, ASK, key @ ..] => matches!(key.len(), 0 | 4),
        [LIST_VERSION, _, _, REGISTER, rest @ ..] => matches!(rest.len(), 1 | 12),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_what_begins_it() {
        let init = [INIT, &hex("0065 0000 88 0dd05766 00")].concat();
        assert_named(&Exchange::udp(5000).client(init), labels::TEAMSPEAK);
        assert_named(&Exchange::udp(8767).client([LOGIN, &[0; 176]].concat()), labels::TEAMSPEAK);
        assert_named(&Exchange::udp(8767).server([LOGIN_ANSWER, &[0; 432]].concat()), labels::TEAMSPEAK);
        let query = Exchange::tcp(10011).server("TS3\n\rWelcome to the TeamSpeak 3 ServerQuery interface\n\r");
        assert_named(&query, labels::TEAMSPEAK);
        query.assert_cuts_do_not_matter();
    }

    #[test]
    fn recognised_by_a_registration() {
        let messages = ["01808401", "01808401 01020304", "01818402 01020304 0327 2000 00000000", "01818402 00"];
        for message in messages {
            assert_named(&Exchange::udp(LIST_PORT).by_port(2011).client(hex(message)), labels::TEAMSPEAK);
            assert_eq!(Exchange::udp(5000).client(hex(message)).verdict_of::<TeamSpeak>(), Verdict::Excluded);
        }
        for message in ["01808403", "01808401 0102", "01818402"] {
            assert_eq!(Exchange::udp(LIST_PORT).client(hex(message)).verdict_of::<TeamSpeak>(), Verdict::Excluded);
        }
    }
}
