//! `IPSec`: key exchange (`IKEv1`, RFC 2408 and 2409; `IKEv2`, RFC 7296), alone or after the non-ESP marker of port 4500, and ESP in
//! UDP (RFC 3948) and TCP (RFC 8229). A key exchange message has its length in its header.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct IpSec;

/// RFC 8229, section 4: the stream begins with it.
const STREAM_PREFIX: &[u8] = b"IKETCP";

/// Cisco's clients put ESP into UDP on another port.
const CISCO_PORT: u16 = 10000;

/// The header of an ESP packet.
#[derive(Clone, Copy)]
pub(super) struct Esp {
    from_source: bool,
    association: u32,
    sequence: u32,
}

impl Dissector for IpSec {
    const META: Meta = Meta::tcp_udp(labels::IPSEC)
        .also(&[labels::CISCOVPN])
        .ports(&[500, 4500, CISCO_PORT])
        .max_segments(6)
        .specification("RFC 2408, RFC 7296, RFC 3948, RFC 8229");

    type State = Option<Esp>;

    fn inspect(state: &mut Option<Esp>, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        let payload = segment.payload;
        if segment.is_tcp() {
            let is_whole = payload.starts_with(STREAM_PREFIX);
            let is_cut = !is_whole && STREAM_PREFIX.starts_with(payload);
            return if is_cut { Verdict::More } else { Verdict::matched_if(is_whole) };
        }
        let exchange = payload.strip_prefix(&[0; 4]).unwrap_or(payload);
        let length_on_wire = segment.wire_len - (payload.len() - exchange.len()).min(segment.wire_len);
        if is_key_exchange(Reader::new(exchange), length_on_wire).unwrap_or(false) {
            return Verdict::DONE;
        }
        if segment.has_port(4500) || segment.has_port(CISCO_PORT) {
            if segment.has_port(CISCO_PORT) {
                found.protocol(labels::CISCOVPN);
            }
            return encapsulated(state, segment).unwrap_or(Verdict::Excluded);
        }
        Verdict::Excluded
    }
}

/// Section 3.1 of either: the parties' numbers, next payload, version, kind of exchange, flags, message, length.
fn is_key_exchange(mut reader: Reader<'_>, length_on_wire: usize) -> Result<bool, Short> {
    let initiator = reader.u64()?;
    reader.skip(8)?;
    let (next_payload, version, exchange) = (reader.u8()?, reader.u8()?, reader.u8()?);
    let flags = reader.u8()?;
    reader.skip(4)?;
    let length = reader.u32()?;
    let is_sound = match version {
        0x10 => matches!(exchange, 1..=6 | 32..=33) && next_payload <= 21 | 130 && flags & 0xf8 == 0,
        0x20..=0x2f => {
            let is_payload = next_payload == 0 || (33..=60).contains(&next_payload);
            (34..=45).contains(&exchange) && is_payload && flags & 0xc7 == 0
        }
        _ => false,
    };
    Ok(is_sound && initiator != 0 && length >= 28 && usize::try_from(length) == Ok(length_on_wire))
}

/// ESP on its own port: two packets of one direction with the same association and increasing numbers. A single byte keeps a
/// NAT mapping alive.
fn encapsulated(state: &mut Option<Esp>, segment: &Segment<'_>) -> Result<Verdict, Short> {
    const KEEPALIVE: &[u8] = &[0xff];
    if segment.payload == KEEPALIVE {
        return Ok(Verdict::Wait);
    }
    let mut reader = segment.reader();
    let (association, sequence) = (reader.u32()?, reader.u32()?);
    // Numbers below are reserved (RFC 4303, section 2.1).
    if association < 256 || reader.len() < 16 {
        return Ok(Verdict::Excluded);
    }
    let now = Esp { from_source: segment.from_source, association, sequence };
    let Some(before) = state.filter(|before| before.from_source == now.from_source) else {
        state.get_or_insert(now);
        return Ok(Verdict::Wait);
    };
    let ahead = sequence.wrapping_sub(before.sequence);
    Ok(Verdict::matched_if(association == before.association && (1..64).contains(&ahead)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const PARTIES: &str = "1c1869f6d29ba0cc 0000000000000000";

    #[test]
    fn recognised_by_the_key_exchange() {
        for header in ["21202208 00000000 0000002c", "01100200 00000000 0000002c", "08102001 a5a5a5a5 0000002c"] {
            let message = [hex(&format!("{PARTIES} {header}")), vec![0xa5; 16]].concat();
            assert_named(&Exchange::udp(7000).client(&message), labels::IPSEC);
            assert_named(&Exchange::udp(4500).client([&[0; 4], &message[..]].concat()), labels::IPSEC);
            let longer = [&message[..], &[0]].concat();
            assert_eq!(Exchange::udp(500).client(longer).verdict_of::<IpSec>(), Verdict::Excluded);
        }
        let other = [hex(&format!("{PARTIES} 21302208 00000000 0000001c"))].concat();
        assert_eq!(Exchange::udp(500).client(other).verdict_of::<IpSec>(), Verdict::Excluded);
        let stream = Exchange::tcp(4500).client("IKETCP\x01\x68");
        assert_named(&stream, labels::IPSEC);
        stream.assert_cuts_do_not_matter();
    }

    #[test]
    fn recognised_by_packets_that_go_on() {
        let packet = |start: &str| [hex(start), vec![0xa5; 40]].concat();
        let exchange = |port, second| {
            Exchange::udp(port)
                .client([0xff])
                .client(packet("2360b0e3 00000007"))
                .server(packet("f0092cb5 00000004"))
                .client(packet(second))
        };
        assert_named(&exchange(4500, "2360b0e3 00000008"), labels::IPSEC);
        assert_named(&exchange(10000, "2360b0e3 00000008"), labels::CISCOVPN);
        assert_eq!(exchange(4500, "2360b0e4 00000008").verdict_of::<IpSec>(), Verdict::Excluded);
        assert_eq!(exchange(4501, "2360b0e3 00000008").verdict_of::<IpSec>(), Verdict::Excluded);
    }
}
