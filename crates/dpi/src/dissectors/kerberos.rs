//! Kerberos 5 (RFC 4120), over UDP, and over TCP after a length (section 7.2.2). Messages are ASN.1: a tag for their kind, a
//! sequence, the version, and the kind again.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Kerberos;

const PORT: u16 = 88;

/// The tags of the messages: AS-REQ to AP-REP, SAFE, PRIV, CRED, ERROR, and a ticket.
const TAGS: &[&[u8]] = &[
    b"\x6a", b"\x6b", b"\x6c", b"\x6d", b"\x6e", b"\x6f", b"\x74", b"\x75", b"\x76", b"\x7e", b"\x00", b"\x61",
];

impl Dissector for Kerberos {
    const META: Meta =
        Meta::tcp_udp(labels::KERBEROS).ports(&[PORT, 464, 749]).starts_with(TAGS).specification("RFC 4120, section 5");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let mut reader = segment.reader();
        if segment.is_udp() {
            return Verdict::matched_if(message(&mut reader) == Ok(true));
        }
        match record(&mut reader, segment) {
            Ok(holds) => Verdict::matched_if(holds),
            Err(Short) => Verdict::More,
        }
    }
}

fn record(reader: &mut Reader<'_>, segment: &Segment<'_>) -> Result<bool, Short> {
    const LONGEST_RECORD: usize = 1 << 20;
    let length = reader.u32()? as usize;
    if !(16..LONGEST_RECORD).contains(&length) || reader.len() > length {
        return Ok(false);
    }
    // On the port, a message with an exact length may be of a later version.
    Ok(message(reader)? || segment.has_port(PORT) && reader.len() > 16 && segment.payload.len() == length + 4)
}

fn message(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let tag = reader.u8()?;
    let outer = length(reader)?;
    let before = reader.len();
    let sequence = reader.u8()?;
    let inner = length(reader)?;
    if sequence != 0x30 || inner + (before - reader.len()) != outer {
        return Ok(false);
    }
    // Requests to the KDC number their fields from 1, all others from 0.
    let is_request = matches!(tag, 0x6a | 0x6c);
    let first = 0xa0 + u8::from(is_request);
    let version = reader.array::<5>()? == [first, 3, 2, 1, 5];
    Ok(version && reader.array::<5>()? == [first + 1, 3, 2, 1, tag & 0x1f])
}

/// X.690, section 8.1.3: one byte, or the number of following bytes and these. 0 if it is neither.
fn length(reader: &mut Reader<'_>) -> Result<usize, Short> {
    match reader.u8()? {
        short @ 0..=0x7f => Ok(short.into()),
        0x81 => reader.u8().map(usize::from),
        0x82 => reader.u16().map(usize::from),
        0x83 => reader.u24().map(|length| length as usize),
        0x84 => reader.u32().map(|length| length as usize),
        _ => Ok(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    fn error() -> Vec<u8> {
        hex("7e 12 30 10 a003020105 a10302011e a603020119 00")
    }

    fn as_request() -> Vec<u8> {
        hex("6a 81 10 30 0e a103020105 a20302010a a4023000")
    }

    fn over_tcp(message: &[u8]) -> Vec<u8> {
        [&(message.len() as u32).to_be_bytes(), message].concat()
    }

    #[test]
    fn recognised_over_udp_and_tcp() {
        for exchange in [
            Exchange::udp(8800).client(as_request()),
            Exchange::udp(8800).server(error()),
            Exchange::tcp(8800).client(over_tcp(&as_request())),
            Exchange::tcp(8800).server(over_tcp(&error())),
        ] {
            assert_named(&exchange, labels::KERBEROS);
            exchange.assert_cuts_do_not_matter();
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for payload in [hex("6a 81 10 30 0d a103020105 a20302010a a4023000"), hex("6b 81 10 30 0e a103020105 a20302010b")] {
            assert_eq!(Exchange::udp(88).client(&payload).verdict_of::<Kerberos>(), Verdict::Excluded, "{payload:?}");
            let tcp = Exchange::tcp(8800).client(over_tcp(&payload));
            assert_eq!(tcp.verdict_of::<Kerberos>(), Verdict::Excluded, "{payload:?}");
        }
    }
}
