//! KNXnet/IP: building automation (ISO 22510, EN 13321-2): a header of six bytes, version 1.0, a service, the total length.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct KnxnetIp;

impl Dissector for KnxnetIp {
    const META: Meta = Meta::tcp_udp(labels::KNXNET_IP)
        .ports(&[3671])
        .starts_with(&[&[0x06, 0x10]])
        .specification("ISO 22510, EN 13321-2");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        match is_frame(segment) {
            Ok(is_frame) => Verdict::matched_if(is_frame),
            Err(Short) => segment.more(),
        }
    }
}

/// Services: core, management, tunnelling, routing, remote logging, configuration, object server, security.
fn is_frame(segment: &Segment<'_>) -> Result<bool, Short> {
    let mut reader: Reader<'_> = segment.reader();
    reader.skip(2)?;
    let (service, length) = (reader.u16()?, usize::from(reader.u16()?));
    let known = matches!(service, 0x0201..=0x020c | 0x0310..=0x0311 | 0x0420..=0x0425 | 0x0530..=0x0533
        | 0x0600..=0x0610 | 0x0740..=0x0743 | 0x0800..=0x08ff | 0x0950..=0x0955);
    let fits = if segment.is_tcp() { length <= segment.wire_len } else { length == segment.wire_len };
    Ok(known && length >= 6 && fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_service_and_length() {
        let search = hex("0610 0201 000e 0801c0a858e7a17f");
        assert_named(&Exchange::udp(3671).client(&search), labels::KNXNET_IP);
        let exchange = Exchange::tcp(3671).server(hex("0610 0423 000e 0401020006001087"));
        assert_named(&exchange, labels::KNXNET_IP);
        exchange.assert_cuts_do_not_matter();
        let unknown = hex("0610 1201 000e 0801c0a858e7a17f");
        assert_eq!(Exchange::udp(3671).client(unknown).verdict_of::<KnxnetIp>(), Verdict::Excluded);
        assert_eq!(Exchange::udp(3671).client(&search[..12]).verdict_of::<KnxnetIp>(), Verdict::Excluded);
    }
}
