//! OPC UA: binary connection protocol (OPC 10000-6, section 7.1): three letters, the kind of chunk, the message's size.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct OpcUa;

/// Greatest plausible size of a message.
const LARGEST: u32 = 1 << 24;

impl Dissector for OpcUa {
    const META: Meta = Meta::tcp(labels::OPC_UA)
        .ports(&[4840])
        .starts_with(&[b"HELF", b"ACKF", b"ERRF", b"RHEF", b"OPN", b"MSG", b"CLO"])
        .specification("OPC 10000-6, section 7.1");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match is_message(&mut segment.reader()) {
            Ok(is_message) => Verdict::matched_if(is_message),
            Err(Short) => Verdict::More,
        }
    }
}

fn is_message(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let [kind @ .., chunk]: [u8; 4] = reader.array()?;
    let size = reader.u32_le()?;
    Ok(match &kind {
        b"HEL" => chunk == b'F' && (32..=4128).contains(&size),
        b"ACK" => chunk == b'F' && size == 28,
        b"ERR" | b"RHE" => chunk == b'F' && (16..=8192).contains(&size),
        b"OPN" | b"MSG" | b"CLO" => matches!(chunk, b'F' | b'C' | b'A') && (24..=LARGEST).contains(&size),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_header() {
        let hello = b"HELF\x38\0\0\0\0\0\0\0\0\0\x02\0\0\0\x02\0\0\0\x04\0\0\x40\0\0\x18\0\0\0opc.tcp://localhost:4840";
        let exchange = Exchange::tcp(4840).client(hello);
        assert_named(&exchange, labels::OPC_UA);
        exchange.assert_cuts_do_not_matter();
        assert_eq!(Exchange::tcp(4840).client("HELO relay\r\n").verdict_of::<OpcUa>(), Verdict::Excluded);
        assert_eq!(Exchange::tcp(4840).client("MSG hello there").verdict_of::<OpcUa>(), Verdict::Excluded);
    }
}
