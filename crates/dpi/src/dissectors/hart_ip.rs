//! HART-IP: field devices over IP (FieldComm Group, HCF_SPEC-085): version 1, kind, identifier, and the message's length.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const PORT: u16 = 5094;

pub(super) struct HartIp;

impl Dissector for HartIp {
    const META: Meta = Meta::tcp_udp(labels::HART_IP)
        .ports(&[PORT])
        .starts_with(&[&[1, 0], &[1, 1], &[1, 2], &[1, 15]])
        .specification("FieldComm Group HCF_SPEC-085");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match is_message(segment) {
            Ok(is_message) => Verdict::matched_if(is_message),
            Err(Short) => segment.more(),
        }
    }
}

/// Requests, responses, published data and refusals, for sessions, pass-through and audit.
fn is_message(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader: Reader<'_> = segment.reader();
    let [version, kind, id, status]: [u8; 4] = reader.array()?;
    reader.skip(2)?;
    let length = usize::from(reader.u16()?);
    let known = version == 1 && matches!(kind, 0..=2 | 15) && matches!(id, 0..=5) && status <= 0x40;
    let session = id == 0 && kind <= 1;
    let plausible = if session { length == 13 } else { (8..=1024).contains(&length) };
    let is_message = known && plausible;
    match segment.wire_len {
        whole if segment.is_udp() => Ok(is_message && length == whole),
        available if is_message && available < length => Err(Short),
        // Elsewhere, a message comes alone. A session opens with the kind of master, and a time.
        available if is_message && !segment.has_port(PORT) => {
            Ok(available == length && (!session || reader.u8()? <= 1))
        }
        _ => Ok(is_message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_over_both_transports() {
        let open = hex("01 00 00 00 0002 000d 01 00007530");
        let exchange = Exchange::tcp(5094).client(&open).server(hex("01 01 00 00 0002 000d 01 0000ea60"));
        assert_named(&exchange, labels::HART_IP);
        exchange.assert_cuts_do_not_matter();
        assert_named(&Exchange::udp(5094).client(&open), labels::HART_IP);
        assert_named(&Exchange::udp(5094).client(hex("01 00 03 00 0003 000c 82 264e02")), labels::HART_IP);
        assert_named(&Exchange::tcp(40000).client(&open), labels::HART_IP);
        // Extensions of TLS: the end of one, an empty one, and the beginning of the signature algorithms.
        let extensions = hex("01 00 00 23 0000 000d 0012 0010 0403 0804 0401");
        assert_eq!(Exchange::tcp(443).client(extensions).verdict_of::<HartIp>(), Verdict::Excluded);
        for other in ["01 00 00 00 0002 000e 01 00007530", "01 00 09 00 0002 000d 01 00007530"] {
            assert_eq!(Exchange::udp(5094).client(hex(other)).verdict_of::<HartIp>(), Verdict::Excluded);
        }
    }
}
