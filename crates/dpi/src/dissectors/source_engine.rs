//! `Source_Engine`: queries to servers of Valve's games (Valve Developer Community, "Server queries").

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const CONNECTIONLESS: &[u8] = b"\xff\xff\xff\xff";
const INFO_REQUEST: &[u8] = b"TSource Engine Query\0";
/// A challenge, alone or after a request.
const CHALLENGE: usize = 4;
/// Versions of the protocol in an answer.
const PROTOCOLS: std::ops::RangeInclusive<u8> = 0x02..=0x30;
/// Types of servers and of their operating systems.
const SERVER_TYPES: &[u8] = b"dlpDLP";
const ENVIRONMENTS: &[u8] = b"lwmoLWMO";

pub(super) struct SourceEngine;

impl Dissector for SourceEngine {
    const META: Meta = Meta::udp(labels::SOURCE_ENGINE)
        .ports(&[27015])
        .starts_with(&[CONNECTIONLESS])
        .specification("Valve Developer Community, Server queries");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let Some(message) = segment.payload.strip_prefix(CONNECTIONLESS) else { return Verdict::Excluded };
        Verdict::matched_if(match message {
            // A2S_PLAYER, A2S_RULES, and the answer that has a challenge for them.
            [b'U' | b'V' | b'A', challenge @ ..] if challenge.len() == CHALLENGE => true,
            [b'I', answer @ ..] => info(Reader::new(answer)).unwrap_or(false),
            [b'D', _, 0, ..] => segment.has_port(27015),
            message => message.starts_with(INFO_REQUEST),
        })
    }
}

/// The answer to a request for information: protocol, four texts, the game, players, type and operating system of the server.
fn info(mut reader: Reader<'_>) -> Result<bool, Short> {
    let protocol = reader.u8()?;
    for _ in 0..4 {
        let end = memchr::memchr(0, reader.rest()).ok_or(Short)?;
        reader.skip(end + 1)?;
    }
    reader.skip(5)?;
    let (server, environment) = (reader.u8()?, reader.u8()?);
    Ok(PROTOCOLS.contains(&protocol) && SERVER_TYPES.contains(&server) && ENVIRONMENTS.contains(&environment))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_requests_and_answers() {
        let info = [&b"\xff\xff\xff\xffI\x11Name\0map\0dir\0Game\0"[..], &hex("f000 05 10 00 64 6c 00 00")].concat();
        let messages = [
            [CONNECTIONLESS, INFO_REQUEST].concat(),
            [CONNECTIONLESS, INFO_REQUEST, b"1234"].concat(),
            b"\xff\xff\xff\xffU\xff\xff\xff\xff".to_vec(),
            b"\xff\xff\xff\xffA1234".to_vec(),
            info,
        ];
        for message in messages {
            assert_named(&Exchange::udp(27020).client(message), labels::SOURCE_ENGINE);
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in ["getstatus", "U12345", "I", "TSource Engine", "A123", "I\x11a\0b\0c\0d\0......"] {
            let exchange = Exchange::udp(27015).client([CONNECTIONLESS, message.as_bytes()].concat());
            assert_eq!(exchange.verdict_of::<SourceEngine>(), Verdict::Excluded, "{message}");
        }
    }
}
