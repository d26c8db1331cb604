//! Geneve: Generic Network Virtualization Encapsulation (RFC 8926). Eight bytes, options whose lengths add up, and the payload with its
//! Ethernet type.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

/// Both addresses and the type.
const ETHERNET_HEADER: usize = 14;

/// Bit of control messages, which carry no data of a tenant.
const CONTROL: u8 = 0x80;

/// Flags of the second byte; the rest is reserved.
const CONTROL_AND_CRITICAL: u8 = 0xc0;

pub(super) struct Geneve;

impl Dissector for Geneve {
    const META: Meta = Meta::udp(labels::GENEVE).only_on_ports(&[6081]).specification("RFC 8926");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        segment.matched_if(is_encapsulated(segment.reader()))
    }
}

/// Section 3.4: version 0, lengths in units of four bytes, and a network identifier of 24 bits.
fn is_encapsulated(mut reader: Reader<'_>) -> Result<bool, Short> {
    let (options, flags, kind) = (reader.u8()?, reader.u8()?, reader.u16()?);
    let [_, _, _, reserved] = reader.array()?;
    if options >= 0x40 || flags & !CONTROL_AND_CRITICAL != 0 || reserved != 0 {
        return Ok(false);
    }
    let options = reader.take(usize::from(options) * 4)?;
    Ok(add_up(Reader::new(options))? && (carries(kind, reader.rest()) || flags & CONTROL != 0))
}

/// Section 3.5: class, type, and a length of five bits.
fn add_up(mut options: Reader<'_>) -> Result<bool, Short> {
    while !options.is_empty() {
        let [_, _, _, length] = options.array()?;
        if length >= 0x20 || options.skip(usize::from(length) * 4).is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Ethernet in Ethernet, IPv4, IPv6, MPLS, network service headers (IANA, IEEE 802 Numbers).
fn carries(kind: u16, inner: &[u8]) -> bool {
    match kind {
        0x6558 => inner.len() >= ETHERNET_HEADER,
        0x0800 => matches!(inner, [0x45..=0x4f, ..]),
        0x86dd => matches!(inner, [0x60..=0x6f, ..]),
        0x8847 | 0x8848 | 0x894f => inner.len() >= 4,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const FRAME: &str = "667a50aaff9a 1eea692a6fcf 0800 45";

    #[test]
    fn recognised_by_its_header() {
        for packet in [
            format!("00 00 6558 00045700 {FRAME}"),
            format!("03 40 6558 00045700 0102 80 01 00000001 0103 00 00 {FRAME}"),
            "00 00 0800 00000100 45000054".into(),
            "00 00 86dd 00000100 60000000".into(),
            "00 80 0000 00000100".into(),
        ] {
            assert_named(&Exchange::udp(6081).client(hex(&packet)), labels::GENEVE);
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for packet in [
            format!("40 00 6558 00045700 {FRAME}"),
            format!("00 01 6558 00045700 {FRAME}"),
            format!("00 00 6558 00045701 {FRAME}"),
            format!("01 00 6558 00045700 0102 80 01 {FRAME}"),
            "00 00 0800 00000100 60000000".into(),
            "00 00 6558 00045700 667a50".into(),
        ] {
            assert_eq!(Exchange::udp(6081).client(hex(&packet)).verdict_of::<Geneve>(), Verdict::Excluded, "{packet}");
        }
    }
}
