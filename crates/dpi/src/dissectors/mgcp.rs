//! MGCP: Media Gateway Control Protocol (RFC 3435, and NCS of cable networks). Commands of verb, transaction, endpoint and version;
//! responses of code and transaction.

use crate::dissect::{Dissector, Found, Meta, Segment, Then, Verdict};
use crate::dissectors::sdp;
use crate::vocabulary::labels;

pub(super) struct Mgcp;

const LONGEST_LINE: usize = 512;

impl Dissector for Mgcp {
    const META: Meta = Meta::tcp_udp(labels::MGCP).ports(&[2427, 2727]).specification("RFC 3435");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let (line, is_whole) = first_line(segment.payload);
        if let Some(endpoint) = command(line) {
            if let Some(at) = endpoint.iter().position(|byte| *byte == b'@')
                && let Some(host) = endpoint.get(at + 1..)
            {
                found.server_name(host);
            }
            sdp::teach(segment.payload, found);
            return Verdict::DONE;
        }
        let is_usual = segment.has_port(2427) || segment.has_port(2727);
        if is_usual && is_response(line) {
            sdp::teach(segment.payload, found);
            return Verdict::Matched(Then::Wait);
        }
        let may_be = line.iter().take(4).all(u8::is_ascii_uppercase) || is_usual && line.is_ascii();
        if !is_whole && may_be && line.len() < LONGEST_LINE { segment.more() } else { Verdict::Excluded }
    }
}

/// Lines end in carriage return, line feed or both (RFC 3435, section 3).
fn first_line(payload: &[u8]) -> (&[u8], bool) {
    let end = payload.iter().take(LONGEST_LINE).position(|byte| matches!(byte, b'\r' | b'\n'));
    (payload.get(..end.unwrap_or(LONGEST_LINE)).unwrap_or(payload), end.is_some())
}

/// `RQNT 1201 aaln/1@gateway.example.net MGCP 1.0`, possibly with a profile after it: gives the endpoint.
fn command(line: &[u8]) -> Option<&[u8]> {
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let (verb, transaction, endpoint, name) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let is_command = verb.len() == 4
        && verb.iter().all(u8::is_ascii_alphanumeric)
        && (1..=9).contains(&transaction.len())
        && transaction.iter().all(u8::is_ascii_digit)
        && name.eq_ignore_ascii_case(b"MGCP");
    (is_command && matches!(words.next()?, b"1.0" | b"0.1")).then_some(endpoint)
}

/// `200 1201 OK`, `000 1201` for an acknowledgement.
fn is_response(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ');
    let code = words.next().unwrap_or_default();
    let transaction = words.next().unwrap_or_default();
    matches!(code, [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9'])
        && (1..=9).contains(&transaction.len())
        && transaction.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn commands_and_responses() {
        let exchange = Exchange::udp(9999).client("RSIP 7 *@gw.example.net MGCP 1.0\r\nRM: restart\r\n");
        assert_named(&exchange, labels::MGCP);
        assert_eq!(exchange.outcome().server_name(), "gw.example.net");
        assert_named(&Exchange::udp(2427).client("RQNT 1 a MGCP 0.1\rX: 1\r"), labels::MGCP);
        assert_named(&Exchange::udp(2427).server("200 7 OK\n"), labels::MGCP);
        Exchange::tcp(2427).client("RSIP 7 *@gw MGCP 1.0 NCS 1.0\n").assert_cuts_do_not_matter();
    }

    #[test]
    fn refuses_its_neighbours() {
        for line in ["RSIP 7 a MGCP 3.0\n", "RSIP x a MGCP 1.0\n", "200 OK\n", "200 7 OK\n"] {
            assert_eq!(Exchange::udp(9999).client(line).verdict_of::<Mgcp>(), Verdict::Excluded, "{line}");
        }
    }
}
