//! UBNTAC2: discovery of Ubiquiti's devices (from captures). Version, command, length, then fields that fill it.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

const HOST_NAME: u8 = 0x0b;

pub(super) struct UbntDiscovery;

impl Dissector for UbntDiscovery {
    const META: Meta = Meta::udp(labels::UBNTAC2)
        .only_on_ports(&[10001])
        .starts_with(&[b"\x01", b"\x02"])
        .specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(fields(&mut segment.reader(), found).is_ok())
    }
}

fn fields(reader: &mut Reader<'_>, found: &mut Found<'_>) -> Result<(), Short> {
    let [_, command] = reader.array()?;
    let length = usize::from(reader.u16()?);
    if command > 0x10 || length != reader.len() {
        return Err(Short);
    }
    while !reader.is_empty() {
        let kind = reader.u8()?;
        let value = reader.block16()?.rest();
        if kind == HOST_NAME {
            found.field(Field::Host, value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, hex};

    #[test]
    fn recognised_by_fields_that_fill_it() {
        assert_eq!(Exchange::udp(10001).client(hex("01000000")).name(), "UBNTAC2");
        let outcome = Exchange::udp(10001).client(hex("02 06 000a 0b 0002 6170 0a 0002 0001")).outcome();
        assert_eq!((&*outcome.name, outcome.field(Field::Host)), ("UBNTAC2", "ap"));
        for message in ["02 06 000b 0b 0002 6170 0a 0002 0001", "02 06 0005 0b 0003 6170"] {
            assert_eq!(Exchange::udp(10001).client(hex(message)).verdict_of::<UbntDiscovery>(), Verdict::Excluded);
        }
    }
}
