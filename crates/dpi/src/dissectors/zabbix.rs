//! Zabbix: monitoring (Zabbix documentation, Header). Four letters, flags, the length of the data.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Zabbix;

impl Dissector for Zabbix {
    const META: Meta = Meta::tcp(labels::ZABBIX)
        .ports(&[10050, 10051])
        .starts_with(&[b"ZBXD"])
        .specification("Zabbix documentation, Header and data length");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_header(&mut segment.reader()))
    }
}

/// Flags: the protocol itself, compressed, large packet.
fn is_header(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let letters = reader.take(4)?;
    let flags = reader.u8()?;
    Ok(letters == b"ZBXD" && flags & 0x01 != 0 && flags <= 0x07)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named};

    #[test]
    fn recognised_by_its_header() {
        let exchange = Exchange::tcp(10050).client(b"ZBXD\x01\x04\0\0\0\0\0\0\0ping");
        assert_named(&exchange, labels::ZABBIX);
        exchange.assert_cuts_do_not_matter();
        assert_eq!(Exchange::tcp(10050).client(b"ZBXD\x02\x04\0\0\0").verdict_of::<Zabbix>(), Verdict::Excluded);
    }
}
