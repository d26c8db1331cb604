//! OpenFlow: control of switches, versions 1.0 to 1.5 (Open Networking Foundation). Version, type, length; both sides say hello.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const HEADER: u16 = 8;

pub(super) struct Openflow;

impl Dissector for Openflow {
    const META: Meta = Meta::tcp(labels::OPENFLOW)
        .only_on_ports(&[6633, 6653])
        .starts_with(&[b"\x01", b"\x02", b"\x03", b"\x04", b"\x05", b"\x06"])
        .specification("OpenFlow Switch Specification 1.5.1");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_message(&mut segment.reader()))
    }
}

/// A message that ends the payload, or is followed by another.
fn is_message(reader: &mut Reader<'_>) -> Result<bool, Short> {
    let whole = *reader;
    let Some(length) = length(reader)? else { return Ok(false) };
    let [version, ..] = whole.rest() else { return Err(Short) };
    let mut behind = whole;
    behind.skip(length.into())?;
    Ok(behind.is_empty() || behind.rest().first() == Some(version))
}

/// The length in the header, if it is a header.
fn length(reader: &mut Reader<'_>) -> Result<Option<u16>, Short> {
    let [version, kind] = reader.array()?;
    let length = reader.u16()?;
    let _transaction = reader.u32()?;
    let is_kind = match kind {
        // Hello: nothing, or elements, the first of which is the bitmap of versions.
        0 => length == HEADER || length >= HEADER + 8 && reader.u16()? == 1,
        // Echo may carry anything.
        2 | 3 => true,
        5 | 7 | 20 => length == HEADER,
        1 | 4 | 6 | 8..=19 | 21..=35 => length >= HEADER,
        _ => false,
    };
    Ok(Some(length).filter(|_| (1..=6).contains(&version) && is_kind && length >= HEADER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    #[test]
    fn recognised_by_its_hello() {
        for hello in ["01000008 00000001", "06000010 00000001 0001 0008 00000040", "04020008 00000002", "01020008 00000002 01020008 00000003"] {
            let exchange = Exchange::tcp(6653).client(hex(hello));
            assert_named(&exchange, labels::OPENFLOW);
            exchange.assert_cuts_do_not_matter();
        }
        for message in ["06000010 00000001 0002 0008 00000040", "06000007 00000001", "06500008 00000001", "05050009 00000001 00"] {
            assert_eq!(Exchange::tcp(6653).client(hex(message)).verdict_of::<Openflow>(), Verdict::Excluded);
        }
    }
}
