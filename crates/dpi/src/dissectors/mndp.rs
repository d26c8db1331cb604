//! Mikrotik: neighbour discovery of MikroTik's routers (MNDP; from captures). A sequence, then fields that fill the datagram, the
//! hardware address first.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::metadata::Field;
use crate::vocabulary::labels;

const HARDWARE_ADDRESS: u16 = 1;
const IDENTITY: u16 = 5;
const VERSION: u16 = 7;

pub(super) struct Mndp;

impl Dissector for Mndp {
    const META: Meta = Meta::udp(labels::MIKROTIK).only_on_ports(&[5678]).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        // A router that asks for other routers.
        let is_request = segment.payload == [0; 4];
        Verdict::matched_if(is_request || fields(&mut segment.reader(), found).is_ok())
    }
}

fn fields(reader: &mut Reader<'_>, found: &mut Found<'_>) -> Result<(), Short> {
    reader.skip(4)?;
    if (reader.u16()?, reader.block16()?.len()) != (HARDWARE_ADDRESS, 6) {
        return Err(Short);
    }
    while !reader.is_empty() {
        let kind = reader.u16()?;
        let value = reader.block16()?.rest();
        match kind {
            IDENTITY => found.field(Field::Host, value),
            VERSION => found.field(Field::ClientSoftware, value),
            0x0002..=0x0020 => {}
            _ => return Err(Short),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, hex};

    #[test]
    fn recognised_by_its_fields() {
        let announcement = "0000 a91d 0001 0006 4c5e0cea0388 0005 0002 7274 0007 0003 362e33";
        let outcome = Exchange::udp(5678).by_port(5678).client(hex(announcement)).outcome();
        assert_eq!((&*outcome.name, outcome.field(Field::Host)), ("Mikrotik", "rt"));
        assert_eq!(outcome.field(Field::ClientSoftware), "6.3");
        assert_eq!(Exchange::udp(5678).client([0; 4]).name(), "Mikrotik");
        for (what, by) in [("0001 0006", "0001 0005"), ("0007 0003", "0007 0004"), ("0007 0003", "0777 0003")] {
            let other = hex(&announcement.replacen(what, by, 1));
            assert_eq!(Exchange::udp(5678).client(other).verdict_of::<Mndp>(), Verdict::Excluded);
        }
    }
}
