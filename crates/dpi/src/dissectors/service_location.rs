//! Service_Location_Protocol: SLP, versions 1 (RFC 2165) and 2 (RFC 2608). Version, function, and the message's length.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Shortest header: version 1.
const SHORTEST: u32 = 12;

pub(super) struct ServiceLocation;

impl Dissector for ServiceLocation {
    const META: Meta = Meta::tcp_udp(labels::SERVICE_LOCATION_PROTOCOL)
        .only_on_ports(&[427])
        .starts_with(&[b"\x01", b"\x02"])
        .specification("RFC 2608");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match length(&mut segment.reader()) {
            Ok(Some(length)) => {
                let has_all = segment.is_tcp() || usize::try_from(length).is_ok_and(|length| length == segment.wire_len);
                Verdict::matched_if(has_all && length >= SHORTEST)
            }
            Ok(None) => Verdict::Excluded,
            Err(Short) => segment.more(),
        }
    }
}

/// The message's length, if it is one.
fn length(reader: &mut Reader<'_>) -> Result<Option<u32>, Short> {
    let (version, function) = (reader.u8()?, reader.u8()?);
    match (version, function) {
        (1, 1..=10) => {
            let length = reader.u16()?;
            // Flags, dialect: only the lowest one is known.
            let [flags, dialect] = reader.array()?;
            Ok(Some(length.into()).filter(|_| flags & 0x07 == 0 && dialect == 0))
        }
        (2, 1..=11) => {
            let length = reader.u24()?;
            // Overflow, fresh, multicast.
            let flags = reader.u16()?;
            Ok(Some(length).filter(|_| flags & 0x1fff == 0))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const REQUEST: &str = "02 09 00001d 0000 000000 9df6 0002 656e 0000 ffff 0007 44454641554c54";

    #[test]
    fn recognised_by_its_header() {
        let exchange = Exchange::udp(427).client(hex(REQUEST));
        assert_named(&exchange, labels::SERVICE_LOCATION_PROTOCOL);
        exchange.assert_cuts_do_not_matter();
        let over_tcp = Exchange::tcp(427).client(hex(REQUEST));
        assert_named(&over_tcp, labels::SERVICE_LOCATION_PROTOCOL);
        over_tcp.assert_cuts_do_not_matter();
        let version_1 = hex("01 01 0014 00 00 656e 0003 0001 0000 000000000000");
        assert_named(&Exchange::udp(427).client(version_1), labels::SERVICE_LOCATION_PROTOCOL);
    }

    #[test]
    fn refuses_its_neighbours() {
        for (what, by) in [("02 09", "02 0c"), ("02 09", "03 09"), ("00001d", "00001c"), ("1d 0000", "1d 0001")] {
            let message = hex(&REQUEST.replacen(what, by, 1));
            assert_eq!(Exchange::udp(427).client(message).verdict_of::<ServiceLocation>(), Verdict::Excluded);
        }
    }
}
