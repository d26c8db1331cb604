//! Gnutella: peers that share files (Gnutella Protocol Development: 0.4, 0.6; Gnutella2 over UDP). A connection opens with a
//! line of text; datagrams are messages with the header of 0.4, or of Gnutella2, which begins with `GND`.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Gnutella;

impl Dissector for Gnutella {
    const META: Meta = Meta::tcp_udp(labels::GNUTELLA)
        .ports(&[6346, 6347, 6348, 6349])
        .specification("Gnutella Protocol Development, 0.6; Gnutella2, UDP transceiver; gtk-gnutella's DHT");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        if segment.is_tcp() {
            return connection(segment);
        }
        let is_packet = is_gnutella2(segment.payload) || is_message(segment.payload).unwrap_or(false);
        Verdict::matched_if(is_packet)
    }
}

fn connection(segment: &Segment<'_>) -> Verdict {
    const BEGINNINGS: [&[u8]; 2] = [b"GNUTELLA CONNECT/0.", b"GNUTELLA/0."];
    let payload = segment.payload;
    if BEGINNINGS.iter().any(|start| payload.starts_with(start)) {
        return Verdict::DONE;
    }
    if let Some(rest) = payload.strip_prefix(b"GIV ") {
        return pushed(rest);
    }
    let may_become = b"GIV ".starts_with(payload) || BEGINNINGS.iter().any(|start| start.starts_with(payload));
    if may_become { Verdict::More } else { Verdict::Excluded }
}

/// `GIV index:servent/name`: the answer to a push; the servent's number is 32 hexadecimal digits.
fn pushed(rest: &[u8]) -> Verdict {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let Some(after) = rest.get(digits..) else { return Verdict::Excluded };
    match after.split_at_checked(34) {
        Some(([b':', servent @ .., b'/'], _)) => Verdict::matched_if(servent.iter().all(u8::is_ascii_hexdigit)),
        None if digits < 12 => Verdict::More,
        _ => Verdict::Excluded,
    }
}

/// Tag (`GND`; `GTA` where it is Gnutella that is cut in pieces), flags, sequence, part and number of parts; an
/// acknowledgement has no parts and nothing else.
fn is_gnutella2(payload: &[u8]) -> bool {
    match *payload {
        [b'G', b'N', b'D', _, _, _, part, 0] | [b'G', b'T', b'A', _, _, _, part, 0] => part > 0,
        [b'G', b'N', b'D', _, _, _, part, count, _, ..] | [b'G', b'T', b'A', _, _, _, part, count, _, ..] => {
            0 < part && part <= count
        }
        _ => false,
    }
}

/// Number of the message (16 bytes), its type, hops left and taken, and the length of what follows.
fn is_message(payload: &[u8]) -> Result<bool, Short> {
    const KADEMLIA: u8 = 0x44;
    let mut reader = Reader::new(payload);
    let number = reader.array::<16>()?;
    let is_random = number.iter().filter(|byte| **byte == 0).count() < 6;
    let kind = reader.u8()?;
    let (time_to_live, hops) = (reader.u8()?, reader.u8()?);
    let length = reader.u32_le()?;
    if usize::try_from(length) != Ok(reader.len()) || !is_random {
        return Ok(false);
    }
    // gtk-gnutella's DHT has its version where the others have hops.
    Ok(match kind {
        KADEMLIA => time_to_live <= 1 && hops <= 1,
        0x00 | 0x01 | 0x02 | 0x30 | 0x31 | 0x32 | 0x40 | 0x80 | 0x81 => {
            let path = (time_to_live & 0x7f) + (hops & 0x7f);
            (1..=15).contains(&path)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_greeting() {
        let exchange = Exchange::tcp(12556)
            .client("GNUTELLA CONNECT/0.6\r\nUser-Agent: x\r\n\r\n")
            .server("GNUTELLA/0.6 503 No\r\n\r\n");
        assert_named(&exchange, labels::GNUTELLA);
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::tcp(12556).server("GNUTELLA/0.6 200 OK\r\n"), labels::GNUTELLA);
        let push = "GIV 36:809BC12168A1852CFF5D7A785833F600/foo.txt\n\n";
        assert_named(&Exchange::tcp(12556).client(push), labels::GNUTELLA);
        for other in ["GNUTELLO CONNECT/0.6\r\n", "GIV 36:809BC12168A1852CFF5D7A785833F60x/foo", "GIVE me"] {
            assert_eq!(Exchange::tcp(6346).client(other).verdict_of::<Gnutella>(), Verdict::Excluded, "{other}");
        }
    }

    #[test]
    fn recognised_by_its_datagrams() {
        for datagram in [
            "474e4410 3ea7 01 01 540b514b52",
            "474e4400 3ea7 01 00",
            "ff7c31026d60444aff7f0ffb7719b303 00 01 00 05000000 c382514b40",
            "1aa23102c0c76fc0110bf4c25722ad4e 44 00 00 05000000 0547544b47",
        ] {
            assert_named(&Exchange::udp(28681).client(hex(datagram)), labels::GNUTELLA);
        }
        for other in [
            "474e4410 3ea7 02 01 540b514b52",
            "ff7c31026d60444aff7f0ffb7719b303 03 01 00 05000000 c382514b40",
            "ff7c31026d60444aff7f0ffb7719b303 00 01 00 06000000 c382514b40",
        ] {
            assert_eq!(Exchange::udp(6346).client(hex(other)).verdict_of::<Gnutella>(), Verdict::Excluded);
        }
    }
}
