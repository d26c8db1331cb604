//! RIP: Routing Information Protocol, versions 1 and 2 (RFC 1058, RFC 2453, RFC 4822) and, for IPv6, `RIPng` (RFC 2080). Entries of
//! 20 bytes with metrics up to 16.

use crate::dissect::{Dissector, Found, Meta, Reader, Segment, Short, Verdict};
use crate::vocabulary::labels;

const RIP_PORT: u16 = 520;
const RIPNG_PORT: u16 = 521;

/// Metric of an unreachable destination.
const INFINITY: u8 = 16;

/// RFC 2453, section 4.1: the value in the place of the address family that marks authentication.
const AUTHENTICATION: u16 = 0xffff;
const AUTHENTICATION_DATA: u16 = 1;

/// RFC 2080, section 2.1.1: an entry that only gives the next hop for the entries after it.
const NEXT_HOP: u8 = 0xff;

/// Request and response (RFC 2453, section 3.6); those of demand circuits, and their acknowledgements (RFC 2091, section 3).
const REQUEST: u8 = 1;
const RESPONSE: u8 = 2;
const TRIGGERED: std::ops::RangeInclusive<u8> = 9..=11;

pub(super) struct Rip;

impl Dissector for Rip {
    const META: Meta = Meta::udp(labels::RIP)
        .only_on_ports(&[RIP_PORT, RIPNG_PORT])
        .specification("RFC 1058; RFC 2453; RFC 2091; RFC 4822; RFC 2080");

    type State = ();

    fn inspect((): &mut (), segment: &Segment<'_>, _: &mut Found<'_>) -> Verdict {
        let is_message = if segment.has_port(RIPNG_PORT) { is_ripng } else { is_rip };
        segment.matched_if(is_message(segment.reader()))
    }
}

fn is_rip(mut reader: Reader<'_>) -> Result<bool, Short> {
    let (command, version, zero) = (reader.u8()?, reader.u8()?, reader.u16()?);
    match (command, version, zero) {
        (REQUEST | RESPONSE, 1..=2, 0) => entries_follow(reader),
        (command, 1..=2, 0) if TRIGGERED.contains(&command) => {
            // Version, whether all routes are sent again, and a sequence number.
            reader.skip(4)?;
            Ok(reader.is_empty() || entries_follow(reader)?)
        }
        _ => Ok(false),
    }
}

fn entries_follow(mut reader: Reader<'_>) -> Result<bool, Short> {
    loop {
        let (family, tag) = (reader.u16()?, reader.u16()?);
        if (family, tag) == (AUTHENTICATION, AUTHENTICATION_DATA) {
            return Ok(reader.len() >= 16);
        }
        reader.skip(12)?;
        let metric = reader.u32()?;
        let is_entry = matches!(family, 0 | 2) && metric <= INFINITY.into();
        if !is_entry && family != AUTHENTICATION {
            return Ok(false);
        }
        if reader.is_empty() {
            return Ok(true);
        }
    }
}

fn is_ripng(mut reader: Reader<'_>) -> Result<bool, Short> {
    if !matches!(reader.array()?, [REQUEST | RESPONSE, 1, 0, 0]) {
        return Ok(false);
    }
    loop {
        reader.skip(18)?;
        let (prefix_length, metric) = (reader.u8()?, reader.u8()?);
        if prefix_length > 128 || !matches!(metric, 1..=INFINITY | NEXT_HOP) {
            return Ok(false);
        }
        if reader.is_empty() {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Exchange, assert_named, hex};

    const ROUTE: &str = "0002 0000 0a000000 ff000000 00000000 00000001";

    #[test]
    fn both_versions_are_recognised() {
        for message in [
            "01 01 0000 0000 0000 00000000 00000000 00000000 00000010".to_owned(),
            format!("02 01 0000 {ROUTE} {ROUTE}"),
            format!("02 02 0000 ffff 0002 70617373 00000000 00000000 00000000 {ROUTE}"),
            format!("02 02 0000 ffff 0003 002c 01 14 00000001 00000000 00000000 {ROUTE} ffff 0001 {}", "5a".repeat(16)),
            format!("0a 02 0000 02 01 0001 {ROUTE}"),
            "0b 02 0000 02 00 0001".to_owned(),
        ] {
            assert_named(&Exchange::udp(520).by_port(520).client(hex(&message)), labels::RIP);
            let elsewhere = Exchange::udp(2520).client(hex(&message));
            assert_ne!(elsewhere.name(), "RIP");
        }
    }

    #[test]
    fn that_for_ipv6_is_recognised() {
        let zero = "00".repeat(16);
        let route = format!("20010db8{} 0000 40", "00".repeat(12));
        for message in
            [format!("01 01 0000 {zero} 0000 00 10"), format!("02 01 0000 fe80{} 0000 00 ff {route} 01", "00".repeat(14))]
        {
            assert_named(&Exchange::udp(521).by_port(521).client(hex(&message)), labels::RIP);
        }
        for message in [format!("02 01 0000 {route} 11"), format!("02 02 0000 {route} 01"), "02 01 0000".to_owned()] {
            assert_eq!(Exchange::udp(521).client(hex(&message)).verdict_of::<Rip>(), Verdict::Excluded, "{message}");
        }
    }

    #[test]
    fn refuses_its_neighbours() {
        for message in [
            format!("03 01 0000 {ROUTE}"),
            format!("02 03 0000 {ROUTE}"),
            format!("02 02 0001 {ROUTE}"),
            format!("02 02 0000 {ROUTE} 00"),
            "02 02 0000 0002 0000 0a000000 ff000000 00000000 00000011".to_owned(),
            "02 02 0000 0003 0000 0a000000 ff000000 00000000 00000001".to_owned(),
        ] {
            assert_eq!(Exchange::udp(520).client(hex(&message)).verdict_of::<Rip>(), Verdict::Excluded, "{message}");
        }
    }
}
