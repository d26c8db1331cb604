//! GLBP: load balancing among gateways (Cisco; from captures). Version 1, group, owner's hardware address, then fields with type and
//! length.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

pub(super) struct Glbp;

impl Dissector for Glbp {
    const META: Meta = Meta::udp(labels::GLBP).only_on_ports(&[3222]).starts_with(&[b"\x01"]).specification("from captures");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        Verdict::matched_if(fields(&mut segment.reader()).is_ok())
    }
}

/// Hello, request and response, authentication; the length counts type and itself.
fn fields(reader: &mut Reader<'_>) -> Result<(), Short> {
    reader.skip(1 + 1 + 2 + 2 + 6)?;
    loop {
        let [kind, length] = reader.array()?;
        if !(1..=4).contains(&kind) {
            return Err(Short);
        }
        reader.skip(usize::from(length).checked_sub(2).ok_or(Short)?)?;
        if reader.is_empty() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_fields() {
        let hello = "01 00 0001 0000 c00112340000 01 06 00010203 02 04 0001";
        assert_named(&Exchange::udp(3222).by_port(3222).client(hex(hello)), labels::GLBP);
        for (what, by) in [("02 04", "02 05"), ("02 04", "02 01"), ("01 06", "07 06")] {
            let message = hex(&hello.replacen(what, by, 1));
            assert_eq!(Exchange::udp(3222).client(message).verdict_of::<Glbp>(), Verdict::Excluded);
        }
    }
}
